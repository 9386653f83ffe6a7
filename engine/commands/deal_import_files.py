"""Files of deals: bring one, have its rows opened by a worker, stop, forget it.

A thousand deals take minutes. Nothing is opened before somebody has seen what each row would do, unless a program says
so when it brings the file. Until then the file and what was read of it are kept for a short while, see upkeep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine.adapters.spreadsheets import sheet_rows
from engine.bpmn.compiled import FieldDefinition
from engine.clock import Clock
from engine.commands.client_imports import (
    MOST_BYTES,
    MOST_UNPACKED,
    MOST_WAITING,
    FileTooLarge,
    ImportMovedOn,
    NothingInFile,
    NothingToTakeOver,
    TooManyLists,
)
from engine.commands.deal_sheets import Locale, OpenSheet, open_sheet
from engine.commands.deals import MapNotPublished
from engine.commands.history import record
from engine.db import outbox
from engine.db.session import UNSYNCHRONISED
from engine.errors import InvalidInput, NotFound
from engine.events import ImportStarted, ImportStopped
from engine.model.client_import import BEFORE_TAKING_OVER, ImportState, RowState
from engine.model.deal_import import DealImport, DealImportRow
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.imported_rows import storable
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.deal_imports import visible_deal_imports

DEAL_IMPORT = "deal_import"
"""The kind of an outbox job: payload ``import_id``. It does whatever the import's state says is to be done."""
DEALS = "deals"
"""What such an import holds, as history and notices tell it."""
_MOST_UNUSED = 50
_LONGEST_HEADING = 150


@dataclass(frozen=True, slots=True)
class BroughtDeals:
    """A file whose headings were understood; ``unused`` are those that mean nothing here."""

    name: str
    content: bytes = field(repr=False)
    unused: Sequence[str] = ()


def look_into_deals(content: bytes, file_name: str, own: Mapping[str, FieldDefinition]) -> BroughtDeals:
    """Read the headings, outside of any transaction: opening a large book takes seconds.

    ``own`` are the columns of the map's fields.
    Raises FileTooLarge, SheetNotUnderstood, SheetWithoutColumns, SheetTooTall, NothingInFile.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge(megabytes=MOST_BYTES // 1024 // 1024)
    sheet = open_large_sheet(content, own)
    if not list(islice(sheet.rows, 1)):
        raise NothingInFile
    return BroughtDeals(file_name, content, sheet.unused)


def open_large_sheet(content: bytes, own: Mapping[str, FieldDefinition]) -> OpenSheet:
    """A file with more rows than one call answers for. Raises SheetNotUnderstood, SheetWithoutColumns."""
    return open_sheet(sheet_rows(content, most_unpacked=MOST_UNPACKED), own)


def bring_deals(
    session: Session,
    file: BroughtDeals,
    definition_key: str,
    *,
    locale: Locale,
    opens: bool = False,
    actor: Actor,
    clock: Clock,
) -> DealImport:
    """Keep a file and let a worker say of each row what is wrong with it; ``opens``: and then open what is sound.

    Raises AbilityMissing, TooManyLists, InvalidInput where no such map is published.
    """
    ensure_may(actor, Ability.OPEN_DEAL)
    _ensure_few(session, actor)
    _ensure_published(session, definition_key)
    at = clock.now()
    brought = DealImport(
        file_name=storable(file.name)[-200:],
        content=file.content,
        definition_key=definition_key,
        locale=locale,
        unused=[storable(heading)[:_LONGEST_HEADING] for heading in file.unused[:_MOST_UNUSED]],
        opens=opens,
        state=ImportState.CHECKING,
        requested_by_id=actor.person_id,
        uploaded_at=at,
    )
    session.add(brought)
    session.flush()
    outbox.enqueue(session, DEAL_IMPORT, {"import_id": brought.id}, at=at)
    return brought


def _ensure_few(session: Session, actor: Actor) -> None:
    """Raises TooManyLists."""
    waiting = select(func.count()).where(
        DealImport.requested_by_id == actor.person_id, DealImport.state.in_(BEFORE_TAKING_OVER)
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise TooManyLists(most=MOST_WAITING)


def _ensure_published(session: Session, definition_key: str) -> None:
    """Raises InvalidInput."""
    published = ProcessDefinition.key == definition_key, ProcessDefinition.state == DefinitionState.PUBLISHED
    if session.scalar(select(ProcessDefinition.id).where(*published)) is None:
        raise InvalidInput({"definition_key": MapNotPublished(key=definition_key)})


def open_brought(session: Session, import_id: int, *, actor: Actor, clock: Clock) -> DealImport:
    """Let a worker open the rows that are sound. Pressed again, it goes on as it goes.

    Raises NotFound, NotAllowed, ImportMovedOn where it was not looked at, NothingToTakeOver.
    """
    brought = locked_deal_import(session, import_id, actor)
    if brought.state in (ImportState.RUNNING, ImportState.DONE):
        return brought
    if brought.state is not ImportState.CHECKED:
        raise ImportMovedOn
    if not start_opening(session, brought, actor=actor, clock=clock):
        raise NothingToTakeOver
    outbox.enqueue(session, DEAL_IMPORT, {"import_id": brought.id}, at=clock.now())
    return brought


def start_opening(session: Session, brought: DealImport, *, actor: Actor, clock: Clock) -> int:
    """Say of an import that the caller has locked that what is sound of it is opened now: how many rows that are.

    A worker is to be told, unless the caller is the one who goes on with it.
    """
    sound = select(func.count()).where(DealImportRow.import_id == brought.id, DealImportRow.state == RowState.NEW)
    rows = session.scalar(sound) or 0
    if rows:
        at = clock.now()
        brought.state, brought.started_at = ImportState.RUNNING, at
        record(session, ImportStarted(import_id=brought.id, content=DEALS, rows=rows), actor=actor, at=at)
    return rows


def stop_opening(session: Session, import_id: int, *, actor: Actor, clock: Clock) -> DealImport:
    """Rows whose turn has not come are left; what is open stays. Raises NotFound, NotAllowed, ImportMovedOn."""
    brought = locked_deal_import(session, import_id, actor)
    if brought.state is not ImportState.RUNNING:
        raise ImportMovedOn
    end_early(session, brought, actor=actor, clock=clock)
    return brought


def end_early(session: Session, brought: DealImport, *, actor: Actor, clock: Clock) -> None:
    """Leave the rows of a locked import whose turn has not come."""
    at = clock.now()
    brought.state, brought.finished_at = ImportState.STOPPED, at
    rows = delete(DealImportRow).where(DealImportRow.import_id == brought.id, DealImportRow.state == RowState.NEW)
    session.execute(rows, execution_options=UNSYNCHRONISED)
    record(session, ImportStopped(import_id=brought.id, content=DEALS), actor=actor, at=at)


def forget_deals(session: Session, import_id: int, *, actor: Actor) -> None:
    """Forget a file of which nothing was opened. Raises NotFound, NotAllowed, ImportMovedOn."""
    brought = locked_deal_import(session, import_id, actor)
    if brought.state not in BEFORE_TAKING_OVER:
        raise ImportMovedOn
    forget_rows_of_deals(session, import_id)
    session.delete(brought)


def forget_rows_of_deals(session: Session, import_id: int) -> None:
    """All that was read of a file."""
    rows = delete(DealImportRow).where(DealImportRow.import_id == import_id)
    session.execute(rows, execution_options=UNSYNCHRONISED)


def locked_deal_import(session: Session, import_id: int, actor: Actor) -> DealImport:
    """Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.OPEN_DEAL)
    brought = session.scalar(
        select(DealImport)
        .where(DealImport.id == import_id, visible_deal_imports(actor))
        .with_for_update(of=DealImport)
        .execution_options(populate_existing=True)
    )
    if brought is None:
        raise NotFound
    return brought
