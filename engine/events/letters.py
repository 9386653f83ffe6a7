"""Events of the letters between the company and a client: what they say is not in the history, only that they went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class ClientLetterWritten(Event):
    """Somebody wrote to the client. ``to`` are addresses; ``files`` the references of what goes with it."""

    letter_id: int
    to: Sequence[str]
    subject: str
    files: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ClientLetterSentAgain(Event):
    """Somebody had a letter tried again that had not left, or had come back."""

    letter_id: int
    to: Sequence[str]
    subject: str


@dataclass(frozen=True, slots=True)
class ClientLetterSent(Event):
    """A mail server has taken the letter, for the addresses ``to``."""

    letter_id: int
    to: Sequence[str]
    subject: str


@dataclass(frozen=True, slots=True)
class ClientLetterHeldBack(Event):
    """A letter has not left, because ``missing`` files that were to go with it are gone."""

    letter_id: int
    to: Sequence[str]
    subject: str
    missing: int


@dataclass(frozen=True, slots=True)
class ClientLetterReturned(Event):
    """A letter did not leave, or came back; ``error`` is what the mail server said."""

    letter_id: int
    to: Sequence[str]
    subject: str
    error: str


@dataclass(frozen=True, slots=True)
class ClientLetterReceived(Event):
    """A letter came in answer to one of ours. ``is_known``: from an address that we knew as the client's."""

    letter_id: int
    sender: str
    subject: str
    is_known: bool
    is_automatic: bool
    files: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class LetterTemplateAdded(Event):
    """The company has another text for letters to clients."""

    template_id: int
    name: str


@dataclass(frozen=True, slots=True)
class LetterTemplateChanged(Event):
    template_id: int
    name: str
    previous: str


@dataclass(frozen=True, slots=True)
class LetterTemplateRemoved(Event):
    template_id: int
    name: str
