"""One step with everything that its page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from engine.bpmn.compiled import ApprovalRule, FieldDefinition, FieldType, Freedom, Outcome, OutcomeKind, StepDefinition
from engine.errors import NotFound
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.draft import CommentDraft, Draft
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.approved_content import deal_value
from engine.policy.form_values import Known, default_of
from engine.policy.permissions import Actor, may_direct_step
from engine.policy.simultaneous_edits import AsOf, Touch
from engine.queries.behalf import behalf_name, behalf_of
from engine.queries.calendars import default_calendar
from engine.queries.changes_since import changed_since, touch_of
from engine.queries.deal_history import HistoryRow, comments_on_step, latest_history
from engine.queries.facts import DealFacts
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of
from engine.queries.scopes import actable_work_items, visible_work_items
from engine.queries.work_item_rows import WorkItemRow, row_of, work_item_rows

Shown = Mapping[str, Any]

_EARLIER = 20


@dataclass(frozen=True, slots=True)
class ApprovalProgress:
    """``approved`` of ``needed`` approvals are given."""

    approved: int
    needed: int


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """What others did to a value after somebody had typed over it, and what it is now."""

    touch: Touch
    value: Any


@dataclass(frozen=True, slots=True)
class WorkItemView:
    """``typed`` holds per field what its input shows: the actor's draft, else the stored value, else the default.
    ``as_of`` says as of when all this was read, ``outdated`` tells of the fields that others have changed since the
    draft was typed into them.

    ``four_eyes_blocked``: the actor asked for this approval, or prepared what is approved, and the map wants another
    pair of eyes. ``acts_for`` names the absent person for whom the actor would do the step, empty for their own.
    ``may_direct``: the
    actor may hand the step on or give it more time. ``approval`` is None where one person decides. ``known`` gives what
    the expressions of the form read of the deal, while the session is open. ``draft_comment`` is what the actor has
    begun to say with the step, ``written`` a comment for everybody that the actor is writing.
    """

    row: WorkItemRow
    instruction: str
    asks_again: bool
    fields: tuple[FieldDefinition, ...]
    outcomes: tuple[Outcome, ...]
    typed: Mapping[str, Any]
    as_of: AsOf
    outdated: Mapping[str, ChangedSince]
    values: Mapping[str, Any]
    comment: str
    comments: tuple[HistoryRow, ...]
    earlier: tuple[HistoryRow, ...]
    asked_by: str
    acts_for: str
    four_eyes_blocked: bool
    approval: ApprovalProgress | None
    deadline_text: str
    freedom: Freedom
    may_direct: bool
    version: int
    known: Known
    draft_comment: str
    draft_saved_at: datetime | None
    written: str
    written_saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class FormOfStep:
    fields: tuple[FieldDefinition, ...]
    currency: str
    known: Known


def work_item_view(session: Session, actor: Actor, work_item_id: int, now: datetime) -> WorkItemView:
    """Raises NotFound for a step that does not exist or that the actor may not see."""
    found = session.execute(
        work_item_rows(WorkItem.id == work_item_id, visible_work_items(actor, only=work_item_id))
    ).one_or_none()
    if found is None:
        raise NotFound
    row = row_of(found, actor, now)
    asker = aliased(Person)
    work_item, deal, client, asked_by, draft, written = session.execute(
        select(WorkItem, Deal, Client, asker.full_name, Draft, CommentDraft)
        .join(Deal, Deal.id == WorkItem.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .outerjoin(asker, asker.id == WorkItem.asked_by_id)
        .outerjoin(Draft, (Draft.work_item_id == WorkItem.id) & (Draft.person_id == actor.person_id))
        .outerjoin(
            CommentDraft, (CommentDraft.work_item_id == WorkItem.id) & (CommentDraft.person_id == actor.person_id)
        )
        .where(WorkItem.id == work_item_id)
    ).one()
    step = process_of(session, row.definition_id).steps.get(row.element_id)
    fields = step.fields if step else ()
    stored = {field.name: deal_value(deal, client, field.name) for field in fields}
    known = deal_known(session, deal, row.definition_id, now)
    texts = draft.texts if draft is not None else {}
    return WorkItemView(
        row=row,
        instruction=step.instruction if step else "",
        asks_again=step is not None and step.asks_again,
        fields=fields,
        outcomes=step.outcomes if step else (),
        typed={field.name: _shown(field, texts, stored, known) for field in fields},
        as_of=AsOf(deal.history_length, client.version),
        outdated=_outdated(session, deal, draft, fields, stored) if draft is not None and work_item.is_live else {},
        values=dict(work_item.values),
        comment=work_item.comment,
        comments=comments_on_step(session, deal.id, work_item_id),
        earlier=latest_history(session, deal.id, limit=_EARLIER),
        asked_by=asked_by or "",
        acts_for=behalf_name(session, work_item, actor) if row.may_act else "",
        four_eyes_blocked=_needs_other_eyes(session, step, work_item, actor),
        approval=_approval_progress(session, work_item, step.approval) if step and step.approval else None,
        deadline_text=step.deadline_text if step else "",
        freedom=step.freedom if step else Freedom.STRICT,
        may_direct=work_item.is_live and may_direct(session, work_item, actor),
        version=work_item.version,
        known=known,
        draft_comment=draft.comment if draft is not None else "",
        draft_saved_at=draft.saved_at if draft is not None else None,
        written=written.text if written is not None else "",
        written_saved_at=written.saved_at if written is not None else None,
    )


def deal_known(session: Session, deal: Deal, definition_id: int, now: datetime) -> Known:
    """What the expressions of a form read of a deal on a version of its map."""
    return DealFacts(deal, process_of(session, definition_id), calendar=default_calendar(session), at=now).known


def form_of_step(session: Session, actor: Actor, work_item_id: int, now: datetime) -> FormOfStep:
    """The form of a step alone, for telling what depends on what is typed. Raises NotFound as ``work_item_view``."""
    work_item, definition_id = visible_work_item(session, actor, work_item_id)
    step = process_of(session, definition_id).steps.get(work_item.element_id)
    fields = step.fields if step else ()
    return FormOfStep(fields, work_item.deal.currency, deal_known(session, work_item.deal, definition_id, now))


def shown_of_itself(session: Session, deal: Deal, definition_id: int, step: StepDefinition, now: datetime) -> Shown:
    """What the inputs of a step show before anybody types: by field, the stored value or else the default."""
    known = deal_known(session, deal, definition_id, now)
    stored = {field.name: deal_value(deal, deal.client, field.name) for field in step.fields}
    return {field.name: _shown(field, {}, stored, known) for field in step.fields}


def visible_work_item(session: Session, actor: Actor, work_item_id: int) -> tuple[WorkItem, int]:
    """A step and the id of the version of the map that it belongs to. Raises NotFound as ``work_item_view``."""
    found = session.execute(
        select(WorkItem, ProcessInstance.definition_id)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(WorkItem.id == work_item_id, visible_work_items(actor, only=work_item_id))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def step_after_withdrawal(session: Session, actor: Actor, work_item_id: int) -> int | None:
    """The id of a step that opened when this one was withdrawn, or since, and that the actor may do now."""
    withdrawn = session.get(WorkItem, work_item_id)
    if withdrawn is None or withdrawn.state is not WorkItemState.CANCELLED:
        return None
    opened = WorkItem.instance_id == withdrawn.instance_id, WorkItem.opened_at >= withdrawn.completed_at
    found = select(WorkItem.id).where(*opened, actable_work_items(actor)).order_by(WorkItem.opened_at, WorkItem.id)
    return session.scalar(found.limit(1))


def _shown(field: FieldDefinition, draft: Mapping[str, Any], stored: Mapping[str, Any], known: Known) -> Any:
    """The draft as it was typed, also where it was emptied; else the stored value, dates and money as texts."""
    if field.name in draft:
        return draft[field.name]
    value = stored.get(field.name)
    if value is None or value == "":
        default = default_of(field, known)
        return "" if default is None else default
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def _outdated(
    session: Session, deal: Deal, draft: Draft, fields: Iterable[FieldDefinition], stored: Shown
) -> dict[str, ChangedSince]:
    compared = (field.name for field in fields if field.type is not FieldType.FILE)  # as when it is sent
    by_reading: dict[AsOf, list[str]] = defaultdict(list)
    for name in (name for name in compared if name in draft.texts):
        if (versions := draft.as_of_text(name)) is not None:
            by_reading[AsOf(*versions)].append(name)
    by_reading.pop(AsOf(deal.history_length, deal.client.version), None)
    found: dict[str, ChangedSince] = {}
    for read, names in by_reading.items():
        since = changed_since(session, deal, read)
        touches = {name: touch for name in names if (touch := touch_of(since, name)) is not None}
        found |= {name: ChangedSince(touch, stored.get(name)) for name, touch in touches.items()}
    return found


def _needs_other_eyes(session: Session, step: StepDefinition | None, work_item: WorkItem, actor: Actor) -> bool:
    """Do four eyes bar the actor, or the person in whose name the actor would decide? Told while the step is live."""
    if not work_item.is_live:
        return False
    barred = barred_of(session, step, work_item, work_item.deal)
    return bool(barred & {actor.person_id, behalf_of(session, work_item, actor, barred=barred)})


def _approval_progress(session: Session, work_item: WorkItem, rule: ApprovalRule) -> ApprovalProgress:
    approved, parts = session.execute(
        select(
            func.count().filter(
                WorkItem.state == WorkItemState.COMPLETED, WorkItem.outcome == OutcomeKind.APPROVED.value
            ),
            func.count(),
        ).where(WorkItem.instance_id == work_item.instance_id, WorkItem.activity_id == work_item.activity_id)
    ).one()
    everybody = _members(session, work_item.group_id) if rule.in_order and rule.mode == "all" else 0
    of_list = rule.at_least or len(rule.approvers)
    needed = {"any": 1, "count": rule.count, "list": of_list}.get(rule.mode, max(parts, everybody))
    return ApprovalProgress(approved=approved, needed=needed)


def _members(session: Session, department_id: int | None) -> int:
    """Active people of a department: asked in order, most of them have no part of the approval yet."""
    count = session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.department_id == department_id, Person.is_active)
    )
    return count or 0


def may_direct(session: Session, work_item: WorkItem, actor: Actor) -> bool:
    """May the actor hand a live step on, give it more time, or ask somebody about it."""
    departments: frozenset[int] = frozenset()
    if work_item.assignee_id is not None and actor.headed_department_ids:
        departments = frozenset(
            session.scalars(select(Membership.department_id).where(Membership.person_id == work_item.assignee_id))
        )
    return may_direct_step(
        actor,
        assignee_id=work_item.assignee_id,
        group_id=work_item.group_id,
        assignee_department_ids=departments,
    )
