"""The rows of a list that was brought: what each would do, then doing it, then taking it back. A worker performs these.

A row is taken over in the transaction that says so of it: killed in between, a worker loses none and doubles none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, ClassVar

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError, TimeoutError  # noqa: A004  # of the pool
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.client_import_judging import Judged, Judging, Surroundings
from engine.commands.client_import_taking import Taking, requester_of
from engine.commands.client_import_undoing import undo_row
from engine.commands.client_imports import CLIENT_IMPORT, MOST_ROWS, forget_rows, headings_of, rows_in
from engine.commands.moved_deals import reason_of
from engine.commands.notifications import notify
from engine.db import outbox
from engine.db.session import Database
from engine.errors import N_, DomainError
from engine.model.client_import import (
    TAKEN,
    WAITING,
    ClientImport,
    ClientImportRow,
    ImportKind,
    ImportState,
    RowState,
)
from engine.model.notice import NoticeKind
from engine.policy.imported_rows import ReadRow, storable
from engine.queries.client_imports import clients_named_in_fields
from engine.queries.same_clients import KnownClient, KnownClients

CHECKED_AT_ONCE = 250
TAKEN_AT_ONCE = 25
"""Rows of one transaction: nobody else who writes waits for long."""
_LIMIT_EXCEEDED = "54"
"""The class of PostgreSQL's codes for what is too large for it: of all operational errors, the one that is a row's."""
_NUMBERED = Sequence[tuple[int, Sequence[str]]]


class ListTooLong(DomainError):
    code: ClassVar[str] = "import_too_long"
    template: ClassVar[str] = N_("A file may have up to %(maximum)s rows. Divide it.")


class RowNotTaken(DomainError):
    """Something that nobody foresaw; the other rows are none the worse."""

    code: ClassVar[str] = "row_not_taken"
    template: ClassVar[str] = N_("This row could not be stored. Look for unusual characters or very long texts in it.")


# checking ---------------------------------------------------------------------------------------------------------


class _Superseded(Exception):
    """Another job reads the list by now, or somebody has thrown it away."""


def check_rows(
    database: Database,
    import_id: int,
    job_id: str,
    *,
    zone: str,
    clock: Clock,
    between: Callable[[], object] = lambda: None,
) -> None:
    """Read the whole file and say of each row what it would do. Done again, all of it is said anew.

    ``job_id`` is the outbox job under which it happens: its lease is held for as long as this takes. Times in the file
    that name no zone are those of ``zone``. ``between`` portions others may have their turn.
    """
    with database.write() as session:
        brought = session.get(ClientImport, import_id, with_for_update=True)
        if brought is None or brought.state is not ImportState.CHECKING or brought.content is None:
            return
        brought.checking_id, brought.total, content = job_id, 0, brought.content
        forget_rows(session, import_id)
        headings, is_notes = list(brought.headings), brought.kind is ImportKind.NOTES
        checking = _Checking(
            import_id,
            job_id,
            Judging(brought, zone),
            is_notes=is_notes,
            fills=brought.fills and not is_notes,
            width=len(headings),
        )
    try:
        below = _below(rows_in(content), headings)
        while some := list(islice(below, CHECKED_AT_ONCE)):
            checking.portion(database, some, clock)
            between()
        _finish_checking(database, import_id, job_id, None)
    except _Superseded:
        return
    except DomainError as fault:
        _finish_checking(database, import_id, job_id, fault)


def _below(rows: Iterator[tuple[int, Sequence[str]]], headings: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows below the headings. Raises ListTooLong."""
    for _, cells in rows:
        if headings_of(cells) == headings:
            break
    for count, row in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise ListTooLong(maximum=MOST_ROWS)
        yield row


def _finish_checking(database: Database, import_id: int, job_id: str, fault: DomainError | None) -> None:
    """Of a file that is refused as a whole no row is kept: those that were read say nothing of how many it has."""
    with database.write() as session:
        brought = session.get(ClientImport, import_id, with_for_update=True)
        if brought is None or brought.checking_id != job_id or brought.state is not ImportState.CHECKING:
            return
        if fault is None:
            brought.state, brought.fault = ImportState.CHECKED, None
            return
        brought.state, brought.fault, brought.total = ImportState.UNREADABLE, reason_of(fault), 0
        forget_rows(session, import_id)


@dataclass(slots=True)
class _Checking:
    """One pass over a list. Whoever an earlier row would add is known to the later ones."""

    import_id: int
    job_id: str
    judging: Judging
    is_notes: bool
    fills: bool
    width: int
    _known: KnownClients = field(default_factory=KnownClients)
    _surroundings: Surroundings = field(default_factory=Surroundings)

    def portion(self, database: Database, some: _NUMBERED, clock: Clock) -> None:
        """Raises _Superseded."""
        read = [self.judging.read(cells) for _, cells in some]
        with database.write() as session:
            brought = session.get(ClientImport, self.import_id, with_for_update=True)
            if brought is None or brought.checking_id != self.job_id or brought.state is not ImportState.CHECKING:
                raise _Superseded
            self._known.read(session, read)
            judged = []
            for (number, _), row in zip(some, read, strict=True):
                one = self.judging.judge(session, row, self._known)
                judged.append(one)
                if one.same is None and not one.faults:
                    self._keep(number, row)
            self._surroundings.read(session, (one.same.client.id for one in judged if one.same and one.same.client.id))
            session.execute(insert(ClientImportRow), [self._row(*both) for both in zip(some, judged, strict=True)])
            brought.total += len(some)
            outbox.hold_job(session, self.job_id, at=clock.now())

    def _keep(self, number: int, row: ReadRow) -> None:
        phone, email = next(iter(row.phones), ""), next(iter(row.emails), "")
        client = KnownClient(row.name, row.edrpou, phone, email, row=number)
        self._known.keep(client, row.contact_phones[:1], row.contact_emails[:1])

    def _row(self, numbered: tuple[int, Sequence[str]], judged: Judged) -> dict[str, Any]:
        number, cells = numbered
        told: dict[str, Any] = {}
        if judged.remarks:
            told["remarks"] = [reason_of(one) for one in judged.remarks]
        client_id, key = None, object()
        if judged.same is not None:
            client = judged.same.client
            client_id, key = client.id, client.id if client.id is not None else ("row", client.row)
            told |= {"by": judged.same.by, "row": client.row}
        elif not judged.faults:
            key = ("row", number)
        if judged.faults:
            told["faults"] = {meaning: reason_of(fault) for meaning, fault in judged.faults.items()}
            state = RowState.REFUSED
        else:
            notes = self._surroundings.new_notes(key, judged.read.notes)
            contact = not self.is_notes and self._surroundings.adds_contact(key, judged.read)
            told |= {"contact": contact, "notes": len(notes)}
            state = self._state(judged, adds=contact or bool(notes))
        return {
            "import_id": self.import_id,
            "number": number,
            "cells": [storable(cell) for cell in cells[: self.width]],
            "state": state,
            "told": told,
            "client_id": client_id,
            "note_ids": [],
        }

    def _state(self, judged: Judged, *, adds: bool) -> RowState:
        if judged.same is None or (self.is_notes and adds):
            return RowState.NEW
        if adds or (self.fills and judged.same.client.id is not None and _may_fill(judged.read, judged.same.client)):
            return RowState.COMPLETES
        return RowState.SAME


def _may_fill(row: ReadRow, client: KnownClient) -> bool:
    """Whether the row says something that may be empty in the client; what own fields hold is not known here."""
    keys = ((row.edrpou, client.edrpou), (bool(row.phones), client.phone), (bool(row.emails), client.email))
    return any(said and not held for said, held in keys) or bool(row.segment or row.source or row.own)


# taking over, taking back -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class ImportTurns:
    """Takes over, or back, row after row of an import that is at work."""

    database: Database
    import_id: int
    zone: str
    clock: Clock
    _named: frozenset[int] | None = None

    def take(self) -> bool:
        """The next few rows. False where none is left, or the import is not at work any more."""
        try:
            return self._take(TAKEN_AT_ONCE)
        except SQLAlchemyError as failure:
            ensure_of_rows(failure)
            # One of them cannot be stored: each by itself, so that it fails alone.
            return all(self._take_alone() for _ in range(TAKEN_AT_ONCE))

    def _take_alone(self) -> bool:
        try:
            return self._take(1)
        except SQLAlchemyError as failure:
            ensure_of_rows(failure)
            with self.database.write() as session:
                for row in _next(session, self.import_id, 1):
                    row.state = RowState.KEPT if row.state in TAKEN else RowState.REFUSED
                    row.told = {**row.told, "faults": {"": reason_of(RowNotTaken())}}
                    row.settled_at = self.clock.now()
            return True

    def _take(self, limit: int) -> bool:
        with self.database.write() as session:
            _be_alone(session)
            rows, at = _next(session, self.import_id, limit), self.clock.now()
            if not rows:
                return False
            perform = self._performing(session, rows, at)
            for row in rows:
                perform(row)
                row.settled_at = at
        return True

    def _performing(
        self, session: Session, rows: Sequence[ClientImportRow], at: datetime
    ) -> Callable[[ClientImportRow], None]:
        brought = session.get_one(ClientImport, self.import_id)
        if brought.state is ImportState.RUNNING:
            return Taking(session, brought, rows, self.zone, at).take
        if self._named is None:  # who is named in the seconds after this look is named by a number that finds nobody
            self._named = clients_named_in_fields(session)
        actor = requester_of(session, brought, at)
        return partial(undo_row, session, brought, named=self._named, actor=actor, at=at)


def ensure_of_rows(failure: SQLAlchemyError) -> None:
    """A database that was away says nothing of a row, which has its turn when the job is done again.

    Raises ``failure``.
    """
    is_passing = isinstance(failure, (OperationalError, TimeoutError)) or (
        isinstance(failure, DBAPIError) and failure.connection_invalidated
    )
    too_long = str(getattr(getattr(failure, "orig", None), "sqlstate", "")).startswith(_LIMIT_EXCEEDED)
    if is_passing and not too_long:
        raise failure


def _be_alone(session: Session) -> None:
    """Of two imports at once, each sees what the other has added: whoever is on both lists is added once."""
    running = select(ClientImport.id).where(ClientImport.state == ImportState.RUNNING).order_by(ClientImport.id)
    session.execute(running.with_for_update())


def _next(session: Session, import_id: int, limit: int) -> list[ClientImportRow]:
    """The next rows of an import that is at work, in the order of the file; taken back from its end."""
    brought = session.get(ClientImport, import_id, with_for_update=True)
    if brought is None or brought.state not in (ImportState.RUNNING, ImportState.UNDOING):
        return []
    forth = brought.state is ImportState.RUNNING
    order = ClientImportRow.number if forth else ClientImportRow.number.desc()
    states = WAITING if forth else TAKEN
    rows = select(ClientImportRow).where(ClientImportRow.import_id == import_id, ClientImportRow.state.in_(states))
    return list(session.scalars(rows.order_by(order).limit(limit).with_for_update()))


def finish_turns(session: Session, import_id: int, *, clock: Clock) -> None:
    """Close an import of which every row has had its turn, else let a worker go on."""
    brought = session.get(ClientImport, import_id, with_for_update=True)
    if brought is None or brought.state not in (ImportState.RUNNING, ImportState.UNDOING):
        return
    if _next(session, import_id, 1):
        outbox.enqueue(session, CLIENT_IMPORT, {"import_id": import_id}, at=clock.now())
        return
    brought.state = ImportState.DONE if brought.state is ImportState.RUNNING else ImportState.UNDONE
    brought.finished_at = at = clock.now()
    if brought.state is ImportState.DONE:
        rows = select(ClientImportRow.state, func.count()).where(ClientImportRow.import_id == import_id)
        counts = {state.value: count for state, count in session.execute(rows.group_by(ClientImportRow.state))}
        told = {"id": import_id, "file": brought.file_name, **counts}
        notify(session, NoticeKind.IMPORT_DONE, to=[brought.requested_by_id], at=at, brought=told)
