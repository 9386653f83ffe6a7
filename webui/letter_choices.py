"""What a letter to a client can go to and with: the choices that matter, what is ticked, and what is looked for.

A client can have thousands of contacts and a deal hundreds of files: a page with a box for each would not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from engine.queries.client_letters import LetterDesk, Receiver
from engine.queries.deal_files import FileChoice, files_by_id, latest_files
from engine.queries.letter_receivers import found_receivers, likely_receivers, named_receivers

FIRST_SHOWN = 10
"""Of receivers and of files, until somebody looks for others."""
_FOUND_SHOWN = 20
LONGEST_SEARCH = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choices(Generic[T]):
    """``ticked`` is what is chosen and not among ``others``; ``is_cut``: there are more than these.

    ``q`` is what was looked for, empty where nothing was.
    """

    ticked: tuple[T, ...]
    others: tuple[T, ...]
    is_cut: bool
    q: str

    @property
    def shown(self) -> tuple[T, ...]:
        return (*self.ticked, *self.others)

    @property
    def can_be_searched(self) -> bool:
        return self.is_cut or bool(self.q)


def receiver_choices(session: Session, desk: LetterDesk, chosen: Sequence[str], q: str) -> Choices[Receiver]:
    """``chosen`` are addresses. One that is not on the client's card any more stays chosen, without a name."""
    q = _sought(q)
    if q:
        found = found_receivers(session, desk, q, limit=_FOUND_SHOWN)
    else:
        found = likely_receivers(session, desk, limit=FIRST_SHOWN)
    listed = {one.address for one in found.receivers}
    apart = [one for one in dict.fromkeys(chosen) if one not in listed]
    names = {one.address: one for one in named_receivers(session, desk, apart)}
    ticked = tuple(names.get(one, Receiver(one, "")) for one in apart)
    return Choices(ticked, found.receivers, found.is_cut, q)


def file_choices(session: Session, deal_id: int, chosen: Sequence[int], q: str) -> Choices[FileChoice]:
    """``chosen`` are ids. A file that was removed or erased meanwhile is not chosen any more."""
    q = _sought(q)
    found = latest_files(session, deal_id, q, limit=_FOUND_SHOWN if q else FIRST_SHOWN)
    listed = {one.id for one in found.files}
    apart = [one for one in dict.fromkeys(chosen) if one not in listed]
    there = files_by_id(session, deal_id, apart) if apart else {}
    ticked = tuple(FileChoice(one, there[one].name, there[one].size) for one in apart if one in there)
    return Choices(ticked, found.files, found.is_cut, q)


def _sought(typed: str) -> str:
    return typed.strip()[:LONGEST_SEARCH]
