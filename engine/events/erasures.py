"""Events of erasing what is known of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class TextsErased(Event):
    """Texts were erased from entries of the same history; their commitments stay, and are ``texts``.

    ``entries`` are the numbers of the entries within the deal; of the company's entries, their ids; none where the
    texts stood in the deal's fields only. ``of`` says whose
    they were: ``contact``, ``client``, ``entry``, ``file`` or ``person``, with ``client_id`` where it was a client's.
    ``basis`` is what the erasure rests on, such as the number of the person's letter: no personal text itself.
    ``outdated`` are the entries of approvals that were given for another content than the deal had just before: behind
    the erasure nobody could see that any more.
    """

    of: str
    basis: str
    entries: Sequence[int]
    texts: Sequence[str]
    client_id: int | None = None
    contact_id: int | None = None
    outdated: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class FileErased(Event):
    """The content of a file was erased in all its versions; they are known by id, hash and size only.

    ``versions`` are of ``{"id", "version", "sha256", "size"}``. ``of`` is ``file``, or ``contact`` or ``client`` where
    it was erased along with a person. ``basis``: see TextsErased.
    """

    of: str
    basis: str
    versions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class PersonErased(Event):
    """A contact of a client, or a client with all contacts, was erased.

    ``kept`` is how many entries from before salted texts hold the person still.
    """

    of: str
    client_id: int
    contact_id: int | None
    basis: str
    kept: int


@dataclass(frozen=True, slots=True)
class EmployeeErased(Event):
    """Of somebody of the company who has left, everything was erased but the name under which they decided."""

    person_id: int
    basis: str
