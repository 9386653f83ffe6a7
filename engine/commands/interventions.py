"""What people do to a deal outside of its map: recorded, counted, undone while nothing has happened since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.commands.calls import renew_calls
from engine.commands.departments import DepartmentIsArchived
from engine.commands.execution import follow_stage, write_waits
from engine.commands.incidents import close_incidents_beside
from engine.commands.leaving import ensure_holder_may
from engine.commands.step_opening import calendar_of_step, ladder_of_step, tell_of_step
from engine.commands.step_withdrawal import cancel_step
from engine.errors import N_, Conflict, DealIsSuspended, InvalidInput, ReasonRequired
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.intervention import Intervention, InterventionKind
from engine.model.letter import Letter, LetterState
from engine.model.notice import Notice
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import LIVE, PENDING, WorkItem, WorkItemState
from engine.policy.escalation_ladder import next_escalation_at
from engine.policy.permissions import Actor
from engine.queries.interventions import happened_since

LONGEST_REASON = 500


class DealNotRunning(Conflict):
    code: ClassVar[str] = "deal_not_running"
    template: ClassVar[str] = N_("The deal has come to its end; nothing in it can be changed.")


class NothingToUndo(Conflict):
    code: ClassVar[str] = "nothing_to_undo"
    template: ClassVar[str] = N_("This cannot be undone any more: the deal has gone on since.")


class InterventionReasonRequired(ReasonRequired):
    template = N_("Say why: the reason stays in the history of the deal.")


def ensure_running(instance: ProcessInstance) -> None:
    """Raises DealIsSuspended, DealNotRunning."""
    if instance.state is InstanceState.SUSPENDED:
        raise DealIsSuspended
    if instance.state is not InstanceState.RUNNING:
        raise DealNotRunning


def reason_given(reason: str) -> str:
    """Raises InvalidInput without a reason, or with one that is too long to be kept."""
    if not reason.strip():
        raise InvalidInput({"reason": InterventionReasonRequired()})
    return reason.strip()[:LONGEST_REASON]


def keep(
    session: Session,
    instance: ProcessInstance,
    kind: InterventionKind,
    *,
    may_be_undone: bool = True,
    actor: Actor,
    at: datetime,
    **more: Any,
) -> Intervention:
    """Record an intervention as the last thing that happened to the deal so far."""
    session.flush()
    row = Intervention(
        deal_id=instance.deal_id,
        instance_id=instance.id,
        definition_id=instance.definition_id,
        kind=kind,
        at=at,
        by_id=actor.recorded_id,
        history_length=instance.deal.history_length if may_be_undone else 0,
        **more,
    )
    session.add(row)
    session.flush()
    return row


def last_of(session: Session, instance: ProcessInstance, kind: InterventionKind) -> Intervention | None:
    """The latest intervention of that kind which was not undone."""
    return session.scalar(
        select(Intervention)
        .where(
            Intervention.instance_id == instance.id,
            Intervention.deal_id == instance.deal_id,
            Intervention.kind == kind,
            Intervention.undone_at.is_(None),
        )
        .order_by(Intervention.id.desc())
        .limit(1)
    )


def undoable(session: Session, deal: Deal, intervention_id: int, kind: InterventionKind) -> Intervention:
    """The intervention, if nothing has happened to the deal since. Raises NothingToUndo."""
    row = session.get(Intervention, intervention_id)
    if row is None or row.deal_id != deal.id or row.kind is not kind or row.undone_at is not None:
        raise NothingToUndo
    since = session.scalar(
        select(HistoryEvent.id).where(HistoryEvent.deal_id == deal.id, happened_since(row.history_length)).limit(1)
    )
    if since is not None:
        raise NothingToUndo
    return row


def live_items(session: Session, instance: ProcessInstance) -> list[WorkItem]:
    """The steps of a locked instance that wait, suspended ones too."""
    return list(
        session.scalars(
            select(WorkItem)
            .where(WorkItem.instance_id == instance.id, WorkItem.state.in_(PENDING))
            .order_by(WorkItem.id)
            .execution_options(populate_existing=True)
        )
    )


def withdraw_all(session: Session, instance: ProcessInstance, *, actor: Actor, at: datetime) -> list[int]:
    """Cancel every step that waits; their ids."""
    items = live_items(session, instance)
    for item in items:
        cancel_step(session, item, instance, actor=actor, at=at)
    return [item.id for item in items]


def missed_meanwhile(session: Session, items: Iterable[WorkItem]) -> set[int]:
    """Ids of withdrawn steps whose people were written to since: that they are needless, or of all but them."""
    withdrawn = {item.id: item.completed_at for item in items if item.state is WorkItemState.CANCELLED}
    return written_of_since(session, {one: at for one, at in withdrawn.items() if at is not None})


def written_of_since(session: Session, since: Mapping[int, datetime]) -> set[int]:
    """Which of the steps, by id, a letter that has left was to tell of since then."""
    if not since:
        return set()
    letters = (
        select(Notice.work_item_id, Letter.written_at)
        .join(Letter, Letter.id == Notice.letter_id)
        .where(
            Letter.state.in_([one for one in LetterState if one is not LetterState.WAITING]),
            Letter.written_at >= min(since.values()),
            Notice.work_item_id.in_(since),
        )
    )
    return {row.work_item_id for row in session.execute(letters) if row.written_at >= since[row.work_item_id]}


def ensure_somebody_takes(item: WorkItem) -> None:
    """A step that waits again is not given to a department that was put away meanwhile. Raises DepartmentIsArchived."""
    is_held = item.assignee is not None and item.assignee.is_active
    if not is_held and item.group is not None and item.group.archived_at is not None:
        raise DepartmentIsArchived(name=item.group.name)


def restore_items(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    items: Iterable[WorkItem],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Let steps wait again, with whom they were and with the escalations that they have not reached.

    A step of somebody who has left meanwhile, also an approval whose department they have left, is handed over, as it
    would have been then. Raises DepartmentIsArchived.
    """
    items = list(items)
    missed = missed_meanwhile(session, items)
    for item in items:
        item.restore()
        ensure_somebody_takes(item)
        ladder = ladder_of_step(session, process, process.steps[item.element_id], item.group_id)
        item.next_escalation_at = (
            next_escalation_at(
                ladder,
                item.due_at,
                calendar_of_step(session, item),
                item.escalation_reached,
                opened_at=item.opened_at,
            )
            if item.due_at is not None
            else None
        )
        if not ensure_holder_may(session, item, instance, actor=actor, at=at) and item.id in missed:
            tell_of_step(session, item, actor=actor, at=at)
    session.flush()


def stand_as_before(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    withdrawn: Iterable[int],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Let the rows follow the state that was put back: what it does not know goes, ``withdrawn`` steps wait again."""
    waits = write_waits(session, instance, process)
    renew_calls(session, instance, process, waits, actor=actor, at=at)
    close_incidents_beside(session, instance, waits, actor=actor, at=at)
    for item in live_items(session, instance):
        if item.activity_id not in waits.steps and item.state in LIVE:
            cancel_step(session, item, instance, actor=actor, at=at)
    known = session.scalars(
        select(WorkItem).where(WorkItem.id.in_(list(withdrawn)), WorkItem.instance_id == instance.id)
    )
    restore_items(
        session,
        instance,
        process,
        [item for item in known if item.activity_id in waits.steps],
        actor=actor,
        at=at,
    )
    elements = [one.element_id for one in waits.steps.values()]
    follow_stage(session, instance.deal, process, elements, actor=actor, at=at)
