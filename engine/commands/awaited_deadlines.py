"""Deadlines that wait for a date: a step opened before somebody filled it in gets its deadline then.

A date of the deal's comes with a step of it. One of the client's comes without any, for all of the client's deals: the
few that wait for it get their deadlines in the same transaction, and what is many, or held by somebody, a worker gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import RelativeToField
from engine.commands.history import record
from engine.commands.locks import lock_free_instances, lock_instance
from engine.commands.step_opening import calendar_of_step, counts_from_client, ladder_of_step
from engine.db.outbox import enqueue
from engine.errors import DomainError
from engine.events import DeadlineSet, DeadlineTakenBack, VariablesSet, kind_of
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.due_dates import due_at
from engine.policy.escalation_ladder import next_escalation_at
from engine.policy.permissions import Actor
from engine.queries.calendars import default_calendar
from engine.queries.facts import DealFacts
from engine.queries.processes import process_of

AWAITED_DEADLINES = "awaited_deadlines"
"""The kind of an outbox job.

Payload ``client_id``, and ``after``, the last instance that was looked at; or ``instances``, those that have failed.
"""

_DEALS_AT_ONCE = 20
"""In the transaction that changes a client: whoever acts in one of them waits for it."""


def set_awaited_deadlines(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    waiting_elements: Iterable[str],
    *,
    facts: DealFacts,
    actor: Actor,
    at: datetime,
) -> None:
    """Count the deadlines of open steps of a locked instance that could not be counted when the steps were opened.

    ``waiting_elements`` are the elements of its open steps: only a map that counts from the deal's data is asked
    about. A deadline that has passed already is one of ``at``, so that the step is late from now and escalates.
    """
    counted = {one for one in waiting_elements if isinstance(process.steps[one].deadline, RelativeToField)}
    if not counted:
        return
    undated = select(WorkItem).where(
        WorkItem.instance_id == instance.id,
        WorkItem.element_id.in_(counted),
        WorkItem.due_at.is_(None),
        WorkItem.state.in_(LIVE),
    )
    for item in session.scalars(undated):
        step = process.steps[item.element_id]
        if step.deadline is None:
            continue
        calendar = calendar_of_step(session, item)
        try:
            due = max(due_at(step.deadline, item.opened_at, calendar, facts.value), at)
        except DomainError:  # nobody has filled it in yet, or what they have is no date
            continue
        ladder = ladder_of_step(session, process, step, item.group_id)
        item.due_at = due
        item.next_escalation_at = next_escalation_at(
            ladder, due, calendar, item.escalation_reached, opened_at=item.opened_at
        )
        told = DeadlineSet(name=item.name, due_at=due)
        record(session, told, actor=actor, at=at, deal=instance.deal, work_item_id=item.id)


def take_awaited_deadlines_back(session: Session, instance: ProcessInstance, *, actor: Actor, at: datetime) -> None:
    """Of a locked instance whose variables get their former values: deadlines that setting them gave wait again.

    They are those that the history tells of since the variables were set, which is the last that happened.
    """
    of_deal = HistoryEvent.deal_id == instance.deal_id
    was_set = select(func.max(HistoryEvent.number)).where(of_deal, HistoryEvent.kind == kind_of(VariablesSet))
    given = select(HistoryEvent.work_item_id).where(
        of_deal,
        HistoryEvent.kind == kind_of(DeadlineSet),
        HistoryEvent.number > was_set.scalar_subquery(),
    )
    items = select(WorkItem).where(WorkItem.id.in_(given), WorkItem.state.in_(LIVE)).order_by(WorkItem.id)
    for item in session.scalars(items):
        item.due_at = item.next_escalation_at = None
        told = DeadlineTakenBack(name=item.name)
        record(session, told, actor=actor, at=at, deal=instance.deal, work_item_id=item.id)


def set_deadlines_of_client(
    session: Session, client_id: int, *, but_of: int | None = None, actor: Actor, at: datetime
) -> None:
    """Count the deadlines of open steps that waited for what a locked client says now.

    Of the client's deals ``but_of`` is left alone: its own step does it. Nobody's deal is waited for: whoever holds one
    may wait for the client.
    """
    waiting = _waiting_for(session, client_id, after=0, limit=_DEALS_AT_ONCE + 1)
    if not waiting:
        return
    if len(waiting) <= _DEALS_AT_ONCE:
        free = lock_free_instances(session, select(ProcessInstance.id).where(ProcessInstance.id.in_(waiting)))
        for instance in sorted(free, key=lambda one: one.id):
            if instance.deal_id != but_of:
                set_deadlines_here(session, instance, actor=actor, at=at)
        if len(free) == len(waiting):
            return
    go_on_with_deadlines(session, client_id, after=0, at=at)


def deals_without_deadlines(session: Session, client_id: int, after: int, *, limit: int) -> Sequence[int]:
    """Ids of the next ``limit`` instances behind ``after`` of a client with open steps that wait for a date of theirs.

    The date may not be there yet. Nothing is locked to look.
    """
    return _waiting_for(session, client_id, after=after, limit=limit)


def set_deadlines_of_deal(session: Session, instance_id: int, *, actor: Actor, at: datetime) -> None:
    """Lock an instance and count the deadlines of its open steps that waited for a date. Raises NotFound."""
    set_deadlines_here(session, lock_instance(session, instance_id), actor=actor, at=at)


def go_on_with_deadlines(session: Session, client_id: int, after: int, *, at: datetime) -> None:
    """A worker goes on behind the instance ``after``."""
    enqueue(session, AWAITED_DEADLINES, {"client_id": client_id, "after": after}, at=at)


def try_deadlines_again(session: Session, instances: Sequence[int], *, at: datetime) -> None:
    """A worker tries those by themselves that have failed: what stands behind them does not wait."""
    enqueue(session, AWAITED_DEADLINES, {"instances": [*instances]}, at=at)


def _waiting_for(session: Session, client_id: int, *, after: int, limit: int) -> Sequence[int]:
    """In the order of their numbers. Most clients have no deal whose map counts from the client: one statement."""
    maps = session.scalars(_undated(ProcessInstance.definition_id, client_id).distinct()).all()
    counting = [one for one in maps if any(map(counts_from_client, process_of(session, one).steps.values()))]
    if not counting:
        return ()
    theirs = _undated(ProcessInstance.id, client_id).where(
        ProcessInstance.definition_id.in_(counting), ProcessInstance.id > after
    )
    return session.scalars(theirs.distinct().order_by(ProcessInstance.id).limit(limit)).all()


def _undated(column: InstrumentedAttribute[int], client_id: int) -> Select[int]:
    return (
        select(column)
        .join(Deal, Deal.id == ProcessInstance.deal_id)
        .join(WorkItem, WorkItem.instance_id == ProcessInstance.id)
        .where(
            Deal.client_id == client_id,
            ProcessInstance.state == InstanceState.RUNNING,
            WorkItem.due_at.is_(None),
            WorkItem.state.in_(LIVE),
        )
    )


def set_deadlines_here(session: Session, instance: ProcessInstance, *, actor: Actor, at: datetime) -> None:
    """Count the deadlines of open steps of a locked instance that waited for a date, where nothing moves it on."""
    if instance.state is not InstanceState.RUNNING:
        return  # its deadlines are counted when it goes on
    process = process_of(session, instance.definition_id)
    facts = DealFacts(instance.deal, process, calendar=default_calendar(session), at=at)
    set_awaited_deadlines(session, instance, process, process.steps, facts=facts, actor=actor, at=at)
