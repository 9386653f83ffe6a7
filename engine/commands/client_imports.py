"""Lists of clients and old notes: bring one, say what its columns mean, take it over, stop, take it back.

Nothing of a list is a client before somebody has seen what each row would do and agreed. Until then the file and what
was read of it are kept for a short while, see upkeep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine.adapters.spreadsheets import SheetNotUnderstood, sheet_rows
from engine.clock import Clock
from engine.commands.clients import ensure_works_here
from engine.commands.history import record
from engine.commands.own_values import Spelling
from engine.db import outbox
from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, Conflict, DomainError, InvalidInput, NotFound
from engine.events import ImportStarted, ImportStopped, ImportTakenBack
from engine.model.client_import import (
    BEFORE_TAKING_OVER,
    PROMISING,
    TAKEN,
    WAITING,
    ClientImport,
    ClientImportRow,
    ImportKind,
    ImportState,
)
from engine.policy.client_columns import SEVERAL, guessed_columns, heading_row, offered_columns
from engine.policy.imported_rows import storable
from engine.policy.own_fields import KnownField
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.client_imports import visible_imports
from engine.queries.organisation import organisation

CLIENT_IMPORT = "client_import"
"""The kind of an outbox job: payload ``import_id``. It does whatever the import's state says is to be done."""
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000
MOST_WAITING = 20
"""Lists of one person that are kept without having been taken over."""
MOST_UNPACKED = 200 * 1024 * 1024
_MOST_LINES = 200_000
_HEADINGS_SOUGHT = 10
_REMEMBERED = 10  # imports whose columns are looked at
_SAMPLES = 3
_LONGEST_SAMPLE = 80
_LONGEST_HEADING = 150


class FileTooLarge(DomainError):
    code: ClassVar[str] = "import_too_large"
    template: ClassVar[str] = N_("A file may have up to %(megabytes)s MB. Divide it.")


class ListTooTall(DomainError):
    code: ClassVar[str] = "import_too_tall"
    template: ClassVar[str] = N_("The sheet has more than %(maximum)s rows. Delete the empty rows below the list.")


class NothingInFile(DomainError):
    code: ClassVar[str] = "import_empty"
    template: ClassVar[str] = N_("The file has no rows below its headings.")


class TooManyLists(DomainError):
    """Each is kept in the database with its whole file."""

    code: ClassVar[str] = "import_too_many"
    template: ClassVar[str] = N_(
        "%(most)s of your files wait already, which were brought and not taken over. Forget some of them first."
    )


class ColumnMissing(DomainError):
    code: ClassVar[str] = "column_missing"
    template: ClassVar[str] = N_("Say which column holds: %(label)s.")


class ColumnTwice(DomainError):
    code: ClassVar[str] = "column_twice"
    template: ClassVar[str] = N_("Two columns cannot both be: %(label)s.")


class ImportMovedOn(Conflict):
    code: ClassVar[str] = "import_moved_on"
    template: ClassVar[str] = N_("This import has gone on meanwhile. Look at how it stands now.")


class NothingToTakeOver(Conflict):
    code: ClassVar[str] = "nothing_to_take_over"
    template: ClassVar[str] = N_("No row of this file would add anything.")


class NothingToTakeBack(Conflict):
    code: ClassVar[str] = "nothing_to_take_back"
    template: ClassVar[str] = N_("Nothing of this import is left to be taken back.")


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What somebody chose for a list. ``columns`` are meanings, one per column, empty for what is not used."""

    columns: Sequence[str]
    fills: bool = False
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file whose ``first`` rows that hold something have been read."""

    name: str
    content: bytes = field(repr=False)
    first: Sequence[Sequence[str]] = field(repr=False)


def look_into(content: bytes, file_name: str) -> BroughtFile:
    """Read the first rows of a file, outside of any transaction: opening a large book takes seconds.

    Raises SheetNotUnderstood, FileTooLarge, ListTooTall.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge(megabytes=MOST_BYTES // 1024 // 1024)
    first = [row for _, row in islice(rows_in(content), _HEADINGS_SOUGHT + _SAMPLES)]
    return BroughtFile(file_name, content, first)


def bring_list(
    session: Session,
    kind: ImportKind,
    file: BroughtFile,
    *,
    actor: Actor,
    clock: Clock,
    spelling: Spelling = Spelling(),  # noqa: B008  # frozen
) -> ClientImport:
    """Keep a file and guess what its columns mean.

    Raises NotAllowed, SheetNotUnderstood, NothingInFile, TooManyLists.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    _ensure_few(session, actor)
    first = file.first
    own, notes = organisation(session).own_fields, kind is ImportKind.NOTES
    used = [one for one in own if not one.is_retired]
    place = heading_row(first[:_HEADINGS_SOUGHT], used, notes=notes)
    if len(first) <= place + 1:
        raise NothingInFile if first else SheetNotUnderstood
    headings = headings_of(first[place])
    brought = ClientImport(
        kind=kind,
        file_name=storable(file.name)[-200:],
        content=file.content,
        headings=headings,
        samples=[
            [storable(cell)[:_LONGEST_SAMPLE] for cell in row[: len(headings)]] for row in first[place + 1 :][:_SAMPLES]
        ],
        columns=_columns_of(session, kind, headings, used, actor),
        locale=spelling.locale,
        requested_by_id=actor.person_id,
        uploaded_at=clock.now(),
    )
    session.add(brought)
    session.flush()
    return brought


def _ensure_few(session: Session, actor: Actor) -> None:
    """Raises TooManyLists."""
    waiting = select(func.count()).where(
        ClientImport.requested_by_id == actor.person_id, ClientImport.state.in_(BEFORE_TAKING_OVER)
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise TooManyLists(most=MOST_WAITING)


def _columns_of(
    session: Session, kind: ImportKind, headings: Sequence[str], own: Sequence[KnownField], actor: Actor
) -> list[str]:
    """What the columns mean: as the actor said of the same headings before, else as they are usually meant."""
    notes = kind is ImportKind.NOTES
    guessed, offered = guessed_columns(headings, own, notes=notes), offered_columns(own, notes=notes)
    earlier = session.execute(
        select(ClientImport.headings, ClientImport.columns)
        .where(
            ClientImport.requested_by_id == actor.person_id,
            ClientImport.kind == kind,
            ClientImport.state != ImportState.CHOOSING,
        )
        .order_by(ClientImport.id.desc())
        .limit(_REMEMBERED)
    )
    said: dict[str, str] = {}
    for known, meant in earlier:
        for heading, meaning in zip(known, meant, strict=True):
            said.setdefault(heading, meaning)
    columns = [said.get(heading, guess) for heading, guess in zip(headings, guessed, strict=True)]
    single = [one for one in columns if one and one not in SEVERAL]
    is_sound = len(single) == len(set(single)) and all(one in offered for one in columns if one)
    return columns if is_sound else guessed


def rows_in(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of a file that hold something, with their numbers in it from 1.

    A sheet of a few kilobytes can claim to have endlessly many empty ones. Raises SheetNotUnderstood, ListTooTall.
    """
    rows = sheet_rows(content, most_unpacked=MOST_UNPACKED, with_time=True)
    for number, row in enumerate(rows, start=1):
        if number > _MOST_LINES:
            raise ListTooTall(maximum=_MOST_LINES)
        if any(cell.strip() for cell in row):
            yield number, row


def headings_of(cells: Sequence[str]) -> list[str]:
    """A row as headings, each in one line, without what stands empty at its end."""
    headings = [" ".join(storable(cell).split())[:_LONGEST_HEADING] for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    return headings


def check_list(session: Session, import_id: int, choices: ImportChoices, *, actor: Actor, clock: Clock) -> ClientImport:
    """Let a worker say of each row what it would do, with these choices. What was said before is said anew.

    Raises NotFound, NotAllowed, InvalidInput (by ``columns`` or ``owner_id``), ImportMovedOn.
    """
    brought = locked_import(session, import_id, actor)
    if brought.state not in BEFORE_TAKING_OVER:
        raise ImportMovedOn
    _ensure_sound(session, brought, choices)
    brought.columns, brought.fills, brought.owner_id = list(choices.columns), choices.fills, choices.owner_id
    brought.state, brought.fault, brought.total = ImportState.CHECKING, None, 0
    outbox.enqueue(session, CLIENT_IMPORT, {"import_id": brought.id}, at=clock.now())
    return brought


def choose_again(session: Session, import_id: int, *, actor: Actor) -> None:
    """Back to what the columns mean. Raises NotFound, NotAllowed, ImportMovedOn."""
    brought = locked_import(session, import_id, actor)
    if brought.state not in BEFORE_TAKING_OVER:
        raise ImportMovedOn
    brought.state = ImportState.CHOOSING


def take_over(session: Session, import_id: int, *, actor: Actor, clock: Clock) -> ClientImport:
    """Let a worker take over the rows as they were shown. Pressed again, it goes on as it goes.

    Raises NotFound, NotAllowed, ImportMovedOn where it was not looked at, NothingToTakeOver.
    """
    brought = locked_import(session, import_id, actor)
    if brought.state in (ImportState.RUNNING, ImportState.DONE):
        return brought
    if brought.state is not ImportState.CHECKED:
        raise ImportMovedOn
    rows = _count(session, brought.id, PROMISING)
    if not rows:
        raise NothingToTakeOver
    at = clock.now()
    brought.state, brought.started_at = ImportState.RUNNING, at
    brought.content, brought.samples = None, []
    outbox.enqueue(session, CLIENT_IMPORT, {"import_id": brought.id}, at=at)
    record(session, ImportStarted(import_id=brought.id, content=brought.kind.value, rows=rows), actor=actor, at=at)
    return brought


def stop(session: Session, import_id: int, *, actor: Actor, clock: Clock) -> ClientImport:
    """Rows whose turn has not come are left. Raises NotFound, NotAllowed, ImportMovedOn."""
    brought = locked_import(session, import_id, actor)
    if brought.state is not ImportState.RUNNING:
        raise ImportMovedOn
    at = clock.now()
    brought.state, brought.finished_at = ImportState.STOPPED, at
    forget_waiting(session, brought.id)
    record(session, ImportStopped(import_id=brought.id, content=brought.kind.value), actor=actor, at=at)
    return brought


def forget_waiting(session: Session, import_id: int) -> None:
    """Rows that nobody will take over."""
    rows = delete(ClientImportRow).where(ClientImportRow.import_id == import_id, ClientImportRow.state.in_(WAITING))
    session.execute(rows, execution_options=UNSYNCHRONISED)


def take_back(session: Session, import_id: int, *, actor: Actor, clock: Clock) -> ClientImport:
    """Let a worker remove what the import has made, as far as nobody uses it.

    Raises NotFound, NotAllowed, ImportMovedOn while it is at work, NothingToTakeBack.
    """
    brought = locked_import(session, import_id, actor)
    if brought.state not in (ImportState.DONE, ImportState.STOPPED, ImportState.UNDONE):
        raise ImportMovedOn
    if not _count(session, brought.id, TAKEN):
        raise NothingToTakeBack
    at = clock.now()
    brought.state, brought.finished_at = ImportState.UNDOING, None
    outbox.enqueue(session, CLIENT_IMPORT, {"import_id": brought.id}, at=at)
    record(session, ImportTakenBack(import_id=brought.id), actor=actor, at=at)
    return brought


def throw_away(session: Session, import_id: int, *, actor: Actor) -> None:
    """Forget a list that was not taken over. Raises NotFound, NotAllowed, ImportMovedOn."""
    brought = locked_import(session, import_id, actor)
    if brought.state not in BEFORE_TAKING_OVER:
        raise ImportMovedOn
    forget_rows(session, brought.id)
    session.delete(brought)


def forget_rows(session: Session, import_id: int) -> None:
    """All that was read of a file."""
    rows = delete(ClientImportRow).where(ClientImportRow.import_id == import_id)
    session.execute(rows, execution_options=UNSYNCHRONISED)


def locked_import(session: Session, import_id: int, actor: Actor) -> ClientImport:
    """Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    brought = session.scalar(
        select(ClientImport)
        .where(ClientImport.id == import_id, visible_imports(actor))
        .with_for_update(of=ClientImport)
        .execution_options(populate_existing=True)
    )
    if brought is None:
        raise NotFound
    return brought


def _count(session: Session, import_id: int, states: Sequence[object]) -> int:
    rows = select(func.count()).where(ClientImportRow.import_id == import_id, ClientImportRow.state.in_(states))
    return session.scalar(rows) or 0


_NEEDED: Mapping[ImportKind, tuple[tuple[str, ...], ...]] = {
    ImportKind.CLIENTS: (("name", "contact_name", "contact_last", "contact_first"),),
    ImportKind.NOTES: (("note",), ("name", "edrpou", "phone", "email", "contact_name")),
}
"""Of each group of meanings at least one is needed."""


def _ensure_sound(session: Session, brought: ClientImport, choices: ImportChoices) -> None:
    """Raises InvalidInput."""
    own = [one for one in organisation(session).own_fields if not one.is_retired]
    offered = offered_columns(own, notes=brought.kind is ImportKind.NOTES)
    columns = list(choices.columns)
    fault: DomainError | None = None
    if len(columns) != len(brought.headings) or any(one and one not in offered for one in columns):
        fault = ImportMovedOn()
    elif twice := next((one for one in columns if one and one not in SEVERAL and columns.count(one) > 1), None):
        fault = ColumnTwice(label=offered[twice])
    else:
        missing = (group for group in _NEEDED[brought.kind] if not set(group) & set(columns))
        fault = next((ColumnMissing(label=offered[group[0]]) for group in missing), None)
    if fault is not None:
        raise InvalidInput({"columns": fault})
    ensure_works_here(session, choices.owner_id)
