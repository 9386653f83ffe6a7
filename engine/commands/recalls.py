"""Recalling a request for approval: who asked takes it back, and the deal waits at the step from which they asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.inspection import plan_move
from engine.bpmn.jumps import Jump, JumpRefused
from engine.bpmn.runtime import MoveToken
from engine.clock import Clock
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.interventions import LONGEST_REASON, ensure_running, live_items, reason_given
from engine.commands.locks import lock_work_item
from engine.commands.notifications import notify
from engine.errors import N_, Conflict
from engine.events import ApprovalRecalled, StepDelegated
from engine.model.deal import Deal
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.permissions import Actor
from engine.policy.recalls import NothingToRecall, ensure_may_recall
from engine.queries.absences import substitutes_of
from engine.queries.processes import process_of


class RecallRefused(Conflict):
    """The map gives no way back from here."""

    code: ClassVar[str] = "recall_refused"
    template: ClassVar[str] = N_("The request cannot be taken back here: %(problem)s")


class OthersAtWork(Conflict):
    code: ClassVar[str] = "others_at_work"
    template: ClassVar[str] = N_("other steps of the same part of the deal are under way: %(steps)s")


def recall_approval(
    session: Session,
    work_item_id: int,
    reason: str,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """Withdraw the request to which the approval ``work_item_id`` belongs, with all its open parts.

    The deal goes back to the step from which it was asked, and that step to the person who did it. Those who were
    asked are told. What was approved meanwhile stands in the next round, where its content is the same.
    Raises NotFound, NotAllowed, AlreadyCompleted, AlreadyCancelled, InvalidInput, DealIsSuspended, DealNotRunning,
    NothingToRecall, RecallRefused.
    """
    at = clock.now()
    arguments = {"id": work_item_id, "reason": reason}
    if already_performed(session, command_id, "recall_approval", arguments, actor=actor, at=at) is not None:
        return lock_work_item(session, work_item_id, actor)[1].deal
    work_item, instance = lock_work_item(session, work_item_id, actor)
    ensure_running(instance)
    work_item.ensure_live()
    process = process_of(session, instance.definition_id)
    step = process.steps[work_item.element_id]
    ensure_may_recall(step, actor, asked_by_id=work_item.asked_by_id, owner_id=instance.deal.owner_id)
    said = reason_given(reason)[:LONGEST_REASON]
    asking = asking_step(session, work_item)
    if asking is None or asking.element_id not in process.steps:
        raise NothingToRecall
    waited = live_items(session, instance)
    jump = _way_back(process, instance, asking.element_id, work_item, waited)
    withdrawn = [one for one in waited if one.activity_id in jump.withdrawn]
    told = ApprovalRecalled(
        to=asking.name,
        element_id=asking.element_id,
        withdrawn=tuple(dict.fromkeys(one.name for one in withdrawn)),
        reason=said,
    )
    record(session, told, actor=actor, at=at, deal=instance.deal, work_item_id=work_item.id)
    run_step(session, instance, MoveToken(asking.element_id, None), actor=actor, at=at, reason=said)
    hand_back_to_asker(session, instance, asking, actor, at)
    remember(session, command_id, {"deal_id": instance.deal_id}, actor=actor)
    return instance.deal


def asking_step(session: Session, work_item: WorkItem) -> WorkItem | None:
    """The step by which the approval was asked for: the last one that its asker did before; None where none was."""
    if work_item.asked_by_id is None:
        return None
    return session.scalar(
        select(WorkItem)
        .where(
            WorkItem.instance_id == work_item.instance_id,
            WorkItem.state == WorkItemState.COMPLETED,
            WorkItem.kind != StepKind.APPROVAL,
            WorkItem.completed_at <= work_item.opened_at,
            or_(WorkItem.completed_by_id == work_item.asked_by_id, WorkItem.on_behalf_of_id == work_item.asked_by_id),
        )
        .order_by(WorkItem.completed_at.desc(), WorkItem.id.desc())
        .limit(1)
    )


def _way_back(
    process: CompiledProcess, instance: ProcessInstance, target: str, work_item: WorkItem, waited: Iterable[WorkItem]
) -> Jump:
    """The move back to ``target``: it takes back what the same person asked for, and nothing of anybody else.

    Raises RecallRefused.
    """
    try:
        jump = plan_move(process, instance.execution_state, target)
    except JumpRefused as problem:
        raise RecallRefused(problem=problem) from problem
    gone = [one for one in waited if one.activity_id in jump.withdrawn]
    others = [one for one in gone if one.kind is not StepKind.APPROVAL or one.asked_by_id != work_item.asked_by_id]
    if others:
        steps = ", ".join(dict.fromkeys(one.name for one in others))
        raise RecallRefused(problem=OthersAtWork(steps=steps))
    if not jump.goes_back or jump.passed_over or work_item.activity_id not in jump.withdrawn:
        raise NothingToRecall
    return jump


def hand_back_to_asker(
    session: Session, instance: ProcessInstance, asking: WorkItem, actor: Actor, at: datetime
) -> None:
    """Give the step that opened again to who had done it: a colleague would not know what to change.

    Who stood in for somebody does so no more once that person is back: then it is theirs again.
    """
    person = _whose_step(session, asking, at)
    opened = session.scalars(
        select(WorkItem).where(
            WorkItem.instance_id == instance.id,
            WorkItem.element_id == asking.element_id,
            WorkItem.opened_at == at,
            WorkItem.state.in_(PENDING),
        )
    )
    for item in opened:
        if person is None or item.assignee_id == person.id:
            continue
        item.assign(person, at=at)
        notify(session, NoticeKind.STEP_HANDED, to=[person.id], at=at, by=actor, work_item=item)
        event = StepDelegated(name=item.name, to=person.full_name, comment="")
        record(session, event, actor=actor, at=at, deal=instance.deal, work_item_id=item.id)


def _whose_step(session: Session, asking: WorkItem, at: datetime) -> Person | None:
    """Who does the finished step again; None where nobody is left of those whose it was."""
    whose = [asking.completed_by_id]
    if asking.on_behalf_of_id is not None:
        absent = asking.on_behalf_of_id
        stands_in = asking.completed_by_id in substitutes_of(session, [absent], at)[absent]
        whose = [asking.completed_by_id, absent] if stands_in else [absent, asking.completed_by_id]
    people = (session.get(Person, one) for one in whose if one is not None)
    return next((one for one in people if one is not None and one.is_active), None)
