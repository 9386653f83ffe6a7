"""Files of deals: added, hidden, shown again; never changed. A file of the same name is a new version of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType, StepKind
from engine.clock import Clock
from engine.commands.file_fields import ensure_wanted
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_deal, lock_work_item
from engine.commands.stored_files import BroughtFile, ensure_kept, keep_bytes
from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, NotAllowed, NotFound
from engine.events import FileAdded, FileHidden, FileShown
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.draft import Draft
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.field_values import read_value
from engine.policy.file_limits import FileLimits
from engine.policy.history_chain import content_hash
from engine.policy.permissions import Ability, Actor, may, may_edit_deal
from engine.queries.approved_contents import files_changed, present_content
from engine.queries.processes import process_of
from engine.queries.stored_files import bytes_of_deal


class FileNotYours(NotAllowed):
    code: ClassVar[str] = "file_not_yours"
    template: ClassVar[str] = N_("A file is removed by who added it, by the deal's owner or by a head.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where files are added: to a deal; at one of its steps; into a field of that step's form, for its draft."""

    deal_id: int = 0
    work_item_id: int | None = None
    field: str = ""


def add_files(
    session: Session,
    place: Place,
    files: Sequence[BroughtFile],
    *,
    actor: Actor,
    clock: Clock,
    limits: FileLimits,
    command_id: str | None = None,
) -> tuple[int, ...]:
    """Add files that were brought; the ids of their versions, in their order.

    A file that is already the latest version, at the same place, is not added again. Raises NotFound,
    AlreadyCompleted and AlreadyCancelled for a step, FileKindNotWanted and OneFileOnly for its field, DealHoldsTooMuch,
    ContentGone, KeyReused.
    """
    at = clock.now()
    told = {
        "place": [place.deal_id, place.work_item_id, place.field],
        "files": [[one.name, one.sha256] for one in files],
    }
    done = already_performed(session, command_id, "add_files", told, actor=actor, at=at)
    if done is not None:
        return tuple(done["ids"])
    if place.work_item_id is None:
        deal, work_item, field = lock_deal(session, place.deal_id, actor)[0], None, None
    else:
        work_item, instance = lock_work_item(session, place.work_item_id, actor)
        work_item.ensure_live()
        deal = instance.deal
        field = _file_field(session, instance, work_item, place.field)
    if field is not None:
        ensure_wanted(field, [one.name for one in files])
    ids = tuple(
        one.id for one in put_files(session, deal, files, work_item=work_item, actor=actor, at=at, limits=limits)
    )
    if work_item is not None and field is not None:
        _into_draft(session, work_item, field, ids, actor=actor, at=at)
    remember(session, command_id, {"ids": list(ids)}, actor=actor)
    return ids


def decided_on(session: Session, work_item_id: int | None, actor: Actor) -> str:
    """The hash of what a decision at a live approval would be bound to, its deal locked; empty for any other place.

    Asked before and behind a file that an approver adds, it tells what they have before them: what they saw, and their
    own file. Raises NotFound.
    """
    if work_item_id is None:
        return ""
    work_item, instance = lock_work_item(session, work_item_id, actor)
    step = process_of(session, instance.definition_id).steps[work_item.element_id]
    if step.kind is not StepKind.APPROVAL or not work_item.is_live:
        return ""
    return content_hash(present_content(session, step, instance.deal, instance.deal.client))


def put_files(
    session: Session,
    deal: Deal,
    files: Sequence[BroughtFile],
    *,
    work_item: WorkItem | None,
    actor: Actor,
    at: datetime,
    limits: FileLimits,
) -> list[DealFile]:
    """Add files to a deal whose instance is locked, flushed and recorded. Raises DealHoldsTooMuch, ContentGone."""
    put = []
    for file in files:
        latest = _latest(session, deal.id, file.name)
        if latest is not None and _is_the_same(latest, file, work_item):
            put.append(latest)
            continue
        limits.ensure_deal_has_room(file.name, file.size, used=bytes_of_deal(session, deal.id))
        ensure_kept(session, file, at=at)
        added = _add(session, deal, file, after=latest, work_item=work_item, actor=actor, at=at)
        event = FileAdded(
            name=file.name,
            version=added.version,
            sha256=file.sha256,
            size=file.size,
            step="",
            file_id=added.id,
            at_step=work_item.name if work_item is not None else "",
        )
        item_id = work_item.id if work_item is not None else None
        record(session, event, actor=actor, at=at, deal=deal, work_item_id=item_id)
        put.append(added)
    return put


def add_made_file(
    session: Session, deal: Deal, name: str, content: bytes, *, media_type: str, step: str, actor: Actor, at: datetime
) -> DealFile:
    """Add what a step of the map has made to a deal whose instance is locked; flushed."""
    made = BroughtFile(name, media_type, len(content), hashlib.sha256(content).hexdigest())
    keep_bytes(session, made.sha256, content, at=at)
    file = _add(session, deal, made, after=_latest(session, deal.id, name), step=step, actor=actor, at=at)
    event = FileAdded(name=name, version=file.version, sha256=made.sha256, size=file.size, step=step, file_id=file.id)
    record(session, event, actor=actor, at=at, deal=deal)
    return file


def hide_file(session: Session, file_id: int, *, actor: Actor, clock: Clock) -> Deal:
    """Take a file with all its versions off the lists. It stays where it was approved. Raises NotFound, NotAllowed."""
    deal, file = _locked(session, file_id, actor)
    at = clock.now()
    if _set_hidden(session, file, at):
        record(session, FileHidden(**_named(session, file)), actor=actor, at=at, deal=deal)
    return deal


def show_file(session: Session, file_id: int, *, actor: Actor, clock: Clock) -> Deal:
    """Put a removed file back on the lists. Raises NotFound, NotAllowed."""
    deal, file = _locked(session, file_id, actor)
    if _set_hidden(session, file, None):
        record(session, FileShown(**_named(session, file)), actor=actor, at=clock.now(), deal=deal)
    return deal


def hide_new_file(session: Session, file: DealFile, *, at: datetime) -> None:
    """Keep a file of a locked deal off its lists that nobody has put there yet; a person may."""
    _set_hidden(session, file, at)
    session.refresh(file)


def may_hide(actor: Actor, *, added_by_id: int | None, owner_id: int) -> bool:
    """May the actor remove a file of a visible deal from its lists, and put it back."""
    return (
        may(actor, Ability.DIRECT_WORK)
        or may_edit_deal(actor, owner_id=owner_id)
        or (added_by_id is not None and added_by_id in actor.people_acted_for)
    )


def _add(
    session: Session,
    deal: Deal,
    file: BroughtFile,
    *,
    after: DealFile | None,
    actor: Actor,
    at: datetime,
    work_item: WorkItem | None = None,
    step: str = "",
) -> DealFile:
    added = DealFile(
        deal_id=deal.id,
        name=file.name,
        version=(after.version if after is not None else 0) + 1,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        step_name=step,
        added_by_id=actor.recorded_id,
        added_at=at,
        work_item_id=work_item.id if work_item is not None else None,
    )
    session.add(added)
    session.flush()
    files_changed(session)
    return added


def _latest(session: Session, deal_id: int, name: str) -> DealFile | None:
    return session.scalar(
        select(DealFile)
        .where(DealFile.deal_id == deal_id, DealFile.name == name)
        .order_by(DealFile.version.desc())
        .limit(1)
    )


def _is_the_same(latest: DealFile, file: BroughtFile, work_item: WorkItem | None) -> bool:
    """Who sends a file twice by mistake makes no version of it."""
    place = work_item.id if work_item is not None else None
    return latest.sha256 == file.sha256 and latest.hidden_at is None and latest.work_item_id == place


def _file_field(session: Session, instance: ProcessInstance, work_item: WorkItem, name: str) -> FieldDefinition | None:
    """The field of the step's form that files are added into; None where they are added at the step itself."""
    if not name:
        return None
    fields = process_of(session, instance.definition_id).steps[work_item.element_id].fields
    found = next((one for one in fields if one.name == name and one.type is FieldType.FILE), None)
    if found is None:
        raise NotFound
    return found


def _into_draft(
    session: Session, work_item: WorkItem, field: FieldDefinition, ids: Sequence[int], *, actor: Actor, at: datetime
) -> None:
    """A half-filled form keeps its files as it keeps what was typed, on every device."""
    draft = session.get(Draft, (work_item.id, actor.person_id))
    if draft is None:
        draft = Draft(work_item_id=work_item.id, person_id=actor.person_id, typed={})
        session.add(draft)
    typed = draft.typed or {}
    before = typed.get(field.name, work_item.deal.fields.get(field.name.removeprefix("deal."))) or []
    kept = read_value(field.model_copy(update={"required": False}), before, "uk") if field.several else []
    draft.typed = {**typed, field.name: [str(one) for one in dict.fromkeys([*kept, *ids])]}
    draft.saved_at = at


def _locked(session: Session, file_id: int, actor: Actor) -> tuple[Deal, DealFile]:
    """The file and its locked deal. Raises NotFound, FileNotYours."""
    deal_id = session.scalar(select(DealFile.deal_id).where(DealFile.id == file_id))
    if deal_id is None:
        raise NotFound
    deal, _ = lock_deal(session, deal_id, actor)
    file = session.get_one(DealFile, file_id, populate_existing=True)
    if not may_hide(actor, added_by_id=file.added_by_id, owner_id=deal.owner_id):
        raise FileNotYours
    return deal, file


def _set_hidden(session: Session, file: DealFile, at: datetime | None) -> bool:
    """Of all versions; False where nothing changes."""
    versions = DealFile.deal_id == file.deal_id, DealFile.name == file.name
    other = DealFile.hidden_at.is_(None) if at is not None else DealFile.hidden_at.is_not(None)
    changed = session.execute(
        update(DealFile).where(*versions, other).values(hidden_at=at), execution_options=UNSYNCHRONISED
    )
    files_changed(session)
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # a CursorResult


def _named(session: Session, file: DealFile) -> Mapping[str, Any]:
    version = session.scalar(
        select(func.max(DealFile.version)).where(DealFile.deal_id == file.deal_id, DealFile.name == file.name)
    )
    return {"name": file.name, "version": version, "file_id": file.id}
