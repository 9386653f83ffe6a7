"""The rows of a file of deals: what is wrong with each, then opening what is sound. A worker performs these.

A deal is opened in the transaction that says so of its row: killed in between, a worker loses none and doubles none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.clock import Clock
from engine.commands.client_import_rows import CHECKED_AT_ONCE, ListTooLong, RowNotTaken, ensure_of_rows
from engine.commands.client_imports import MOST_ROWS
from engine.commands.deal_import_files import (
    DEAL_IMPORT,
    DEALS,
    end_early,
    forget_rows_of_deals,
    open_large_sheet,
    start_opening,
)
from engine.commands.deal_imports import ImportedRow, check_rows, open_rows
from engine.commands.deal_sheets import Locale, SheetRow, UnderstoodRow, understood
from engine.commands.incidents import perform
from engine.commands.moved_deals import reason_of
from engine.commands.notifications import notify
from engine.db import outbox
from engine.db.session import Database
from engine.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from engine.model.client_import import ImportState, RowState
from engine.model.deal_import import DealImport, DealImportRow
from engine.model.notice import NoticeKind
from engine.policy.imported_rows import storable
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.actors import actor_of
from engine.queries.sheet_columns import own_columns

OPENED_AT_ONCE = 25
"""Deals of one transaction: nobody else who writes waits for long."""
_TRIES = 4  # of a row that meets what somebody else writes at that very moment


# checking ---------------------------------------------------------------------------------------------------------


class _Superseded(Exception):
    """Another job reads the file by now, or somebody has forgotten it."""


def check_deals(
    database: Database, import_id: int, job_id: str, *, clock: Clock, between: Callable[[], object] = lambda: None
) -> None:
    """Read the whole file and say of each row what is wrong with it. Done again, all of it is said anew.

    ``job_id`` is the outbox job under which it happens: its lease is held for as long as this takes. ``between``
    portions others may have their turn.
    """
    with database.write() as session:
        brought = session.get(DealImport, import_id, with_for_update=True)
        if brought is None or brought.state is not ImportState.CHECKING or brought.content is None:
            return
        brought.checking_id, brought.total, content = job_id, 0, brought.content
        forget_rows_of_deals(session, import_id)
        reading = _reading_of(session, brought)
    checking = _Checking(database, import_id, job_id, reading, clock)
    try:
        rows = open_large_sheet(content, reading.own).rows
        read = 0
        while some := list(islice(rows, CHECKED_AT_ONCE)):
            read += len(some)
            if read > MOST_ROWS:
                raise ListTooLong(maximum=MOST_ROWS)
            checking.portion(some)
            between()
        checking.finish(None)
    except _Superseded:
        return
    except DomainError as fault:
        with suppress(_Superseded):
            checking.finish(fault)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the cells of a file are understood."""

    definition_key: str
    locale: Locale
    own: Mapping[str, FieldDefinition]

    def understood(self, row: SheetRow) -> UnderstoodRow:
        return understood(row, self.definition_key, self.locale, self.own)


def _reading_of(session: Session, brought: DealImport) -> _Reading:
    own = own_columns(session, brought.definition_key)
    return _Reading(brought.definition_key, "en" if brought.locale == "en" else "uk", own)


@dataclass(frozen=True, slots=True)
class _Checking:
    """One pass over a file."""

    database: Database
    import_id: int
    job_id: str
    reading: _Reading
    clock: Clock

    def portion(self, rows: Sequence[SheetRow]) -> None:
        """Raises _Superseded, and NotFound, NotAllowed where who brought the file may open no deals any more."""
        told = [self.reading.understood(row) for row in rows]
        with self.database.write() as session:
            brought = self._locked(session)
            errors = check_rows(session, [one.row for one in told], actor=_requester(session, brought, self.clock))
            session.execute(
                insert(DealImportRow),
                [_row(self.import_id, *one) for one in zip(rows, told, errors, strict=True)],
            )
            brought.total += len(rows)
            outbox.hold_job(session, self.job_id, at=self.clock.now())

    def finish(self, fault: DomainError | None) -> None:
        """Of a file that is refused as a whole no row is kept: those that were read say nothing of how many it has.

        Raises _Superseded; NotFound, NotAllowed as ``portion`` does.
        """
        with self.database.write() as session:
            brought = self._locked(session)
            brought.content = None
            if fault is not None:
                brought.state, brought.fault, brought.total = ImportState.UNREADABLE, reason_of(fault), 0
                forget_rows_of_deals(session, self.import_id)
                return
            brought.state, brought.fault = ImportState.CHECKED, None
            if brought.opens and not start_opening(
                session, brought, actor=_requester(session, brought, self.clock), clock=self.clock
            ):
                brought.state, brought.finished_at = ImportState.DONE, self.clock.now()

    def _locked(self, session: Session) -> DealImport:
        """Raises _Superseded."""
        brought = session.get(DealImport, self.import_id, with_for_update=True)
        if brought is None or brought.checking_id != self.job_id or brought.state is not ImportState.CHECKING:
            raise _Superseded
        return brought


def _row(import_id: int, row: SheetRow, told: UnderstoodRow, error: DomainError | None) -> Mapping[str, object]:
    faults = {**_faults_of(error), **told.faults}
    return {
        "import_id": import_id,
        "number": row.number,
        "texts": {column: storable(text) for column, text in row.texts.items() if text},
        "state": RowState.REFUSED if faults else RowState.NEW,
        "faults": {name: reason_of(fault) for name, fault in faults.items()},
    }


def _faults_of(error: DomainError | None) -> Mapping[str, DomainError]:
    """By field; of an error that is no field's, by an empty name."""
    if error is None:
        return {}
    return dict(error.errors) if isinstance(error, InvalidInput) else {"": error}


def _requester(session: Session, brought: DealImport, clock: Clock) -> Actor:
    """Who brought the file. Raises NotFound, NotAllowed for who may open no deals any more."""
    actor = actor_of(session, brought.requested_by_id, clock.now())
    ensure_may(actor, Ability.OPEN_DEAL)
    return actor


# opening ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DealTurns:
    """Opens row after row of an import that is at work."""

    database: Database
    import_id: int
    clock: Clock

    def take(self) -> int:
        """Open the next few rows. How many had their turn: 0 where none is left, or the import is at work no more."""
        with self.database.read() as session:
            numbers = _waiting(session, self.import_id, OPENED_AT_ONCE)
        try:
            with self.database.write() as session:
                self._open(session, numbers=numbers)
        except (DomainError, SQLAlchemyError) as failure:
            _ensure_of_rows(failure)
            # The map failed on one of them, or it cannot be stored: each by itself, so that it fails alone.
            for number in numbers:
                self._open_alone(number)
        return len(numbers)

    def _open_alone(self, number: int) -> None:
        """A row that lost to somebody who wrote the same at that moment is no worse than others: it is tried again."""
        error: DomainError = RowNotTaken()
        for _ in range(_TRIES):
            try:
                perform(self.database, partial(self._open, numbers=[number]), actor=Actor.system(), clock=self.clock)
            except (DomainError, SQLAlchemyError) as failure:
                _ensure_of_rows(failure)
                error = failure if isinstance(failure, DomainError) else RowNotTaken()
                if type(error) is not Conflict:
                    break
            else:
                return
        with self.database.write() as session:
            for row in self._locked_rows(session, [number])[1]:
                self._settle(row, ImportedRow(number, error=error))

    def _open(self, session: Session, *, numbers: Sequence[int]) -> None:
        brought, rows = self._locked_rows(session, numbers)
        if brought is None or not rows:
            return
        try:
            actor = _requester(session, brought, self.clock)
        except (NotFound, NotAllowed):
            end_early(session, brought, actor=Actor.system(), clock=self.clock)
            return
        reading = _reading_of(session, brought)
        told = {row.number: reading.understood(SheetRow(row.number, row.texts)) for row in rows}
        sound = [one.row for one in told.values() if not one.faults]
        done = {
            one.number: one for one in open_rows(session, rows=sound, command_id=None, actor=actor, clock=self.clock)
        }
        for row in rows:
            self._settle(
                row, done.get(row.number) or ImportedRow(row.number, error=InvalidInput(told[row.number].faults))
            )

    def _locked_rows(
        self, session: Session, numbers: Sequence[int]
    ) -> tuple[DealImport | None, Sequence[DealImportRow]]:
        """The import, and those of the rows whose turn has not come; neither while it is not at work."""
        brought = session.get(DealImport, self.import_id, with_for_update=True)
        if brought is None or brought.state is not ImportState.RUNNING:
            return None, ()
        rows = select(DealImportRow).where(
            DealImportRow.import_id == self.import_id,
            DealImportRow.number.in_(numbers),
            DealImportRow.state == RowState.NEW,
        )
        return brought, session.scalars(rows.order_by(DealImportRow.number).with_for_update()).all()

    def _settle(self, row: DealImportRow, done: ImportedRow) -> None:
        row.settled_at, row.deal_id = self.clock.now(), done.deal_id
        if done.error is None:
            row.state, row.texts = RowState.ADDED, {}
        else:
            row.state = RowState.REFUSED
            row.faults = {name: reason_of(fault) for name, fault in _faults_of(done.error).items()}


def _ensure_of_rows(failure: DomainError | SQLAlchemyError) -> None:
    """Raises ``failure`` where it says nothing of a row: the database was away."""
    if isinstance(failure, SQLAlchemyError):
        ensure_of_rows(failure)


def _waiting(session: Session, import_id: int, limit: int) -> Sequence[int]:
    """The numbers of the next rows of an import that is at work, in the order of the file."""
    rows = (
        select(DealImportRow.number)
        .join(DealImport, DealImport.id == DealImportRow.import_id)
        .where(
            DealImportRow.import_id == import_id,
            DealImportRow.state == RowState.NEW,
            DealImport.state == ImportState.RUNNING,
        )
    )
    return session.scalars(rows.order_by(DealImportRow.number).limit(limit)).all()


def finish_opening(session: Session, import_id: int, *, clock: Clock) -> None:
    """Close an import of which every row has had its turn and tell who brought it, else let a worker go on."""
    brought = session.get(DealImport, import_id, with_for_update=True)
    if brought is None or brought.state is not ImportState.RUNNING:
        return
    at = clock.now()
    if _waiting(session, import_id, 1):
        outbox.enqueue(session, DEAL_IMPORT, {"import_id": import_id}, at=at)
        return
    brought.state, brought.finished_at = ImportState.DONE, at
    rows = select(DealImportRow.state, func.count()).where(DealImportRow.import_id == import_id)
    counts = {state.value: count for state, count in session.execute(rows.group_by(DealImportRow.state))}
    told = {"id": import_id, "of": DEALS, "file": brought.file_name, **counts}
    notify(session, NoticeKind.IMPORT_DONE, to=[brought.requested_by_id], at=at, brought=told)
