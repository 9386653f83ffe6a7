"""Suspending a deal, and letting it go on: meanwhile nobody can act, nothing is reminded, no timer fires."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.inspection import events_ending_approvals, with_later_timers
from engine.bpmn.runtime import EvaluateConditions
from engine.clock import Clock
from engine.commands.calls import renew_calls
from engine.commands.execution import run_step, write_waits
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.interventions import (
    DealNotRunning,
    ensure_running,
    keep,
    last_of,
    live_items,
    reason_given,
    restore_items,
)
from engine.commands.locks import lock_deal
from engine.commands.rested_moves import Later, RestedMoves, later_timers, moments_of
from engine.commands.step_opening import calendar_of_step
from engine.commands.thrown_events import SIGNAL
from engine.db.outbox import enqueue
from engine.errors import N_, Conflict, NotAllowed
from engine.events import DealResumed, DealSuspended
from engine.model.deal import Deal
from engine.model.intervention import Intervention, InterventionKind
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import WorkItem
from engine.policy.freedom import may_suspend
from engine.policy.pauses import after_pause
from engine.policy.permissions import Actor
from engine.queries.calendars import default_calendar
from engine.queries.processes import process_of

_HELD = "signals"  # in a pause's ``former``: place and name of each signal that came meanwhile


class Deadlines(StrEnum):
    """What becomes of the deadlines of a deal that was paused."""

    SHIFT = "shift"  # what was left is left
    KEEP = "keep"  # they stand where they stood, but for timers that would take an approval away unanswered


class NotSuspended(Conflict):
    code: ClassVar[str] = "not_suspended"
    template: ClassVar[str] = N_("The deal is not suspended.")


def ensure_may_suspend(deal: Deal, actor: Actor) -> None:
    """Raises NotAllowed."""
    if not may_suspend(actor, owner_id=deal.owner_id):
        raise NotAllowed(reason=N_("Only the deal's owner, the head of sales or an administrator may do this."))


def suspend_deal(
    session: Session, deal_id: int, reason: str, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> Deal:
    """Its steps leave every inbox, its timers and escalations rest. Messages and completions are refused meanwhile.

    Raises NotFound, NotAllowed, InvalidInput, DealIsSuspended, DealNotRunning.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "reason": reason}
    if already_performed(session, command_id, "suspend_deal", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may_suspend(deal, actor)
    ensure_running(instance)
    said = reason_given(reason)
    for item in live_items(session, instance):
        item.suspend()
    session.execute(delete(Timer).where(Timer.instance_id == instance.id))
    instance.state = InstanceState.SUSPENDED
    record(session, DealSuspended(reason=said), actor=actor, at=at, deal=deal)
    keep(session, instance, InterventionKind.SUSPENDED, actor=actor, at=at, reason=said)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def hold_signal(session: Session, instance: ProcessInstance, waiting: MessageSubscription) -> None:
    """Keep a signal that came while the deal is suspended: who threw it does not throw it again."""
    pause = last_of(session, instance, InterventionKind.SUSPENDED)
    if pause is not None:
        place = [waiting.activity_id, waiting.node_id, waiting.name]
        pause.former = {**pause.former, _HELD: [*pause.former.get(_HELD, ()), place]}


def tell_held_signals(session: Session, instance: ProcessInstance, pause: Intervention, at: datetime) -> None:
    """A worker delivers what came meanwhile, after the commit. Resuming has written what waits under other numbers."""
    session.flush()
    for activity_id, node_id, name in pause.former.get(_HELD, ()):
        waiting = session.scalar(
            select(MessageSubscription.id).where(
                MessageSubscription.instance_id == instance.id,
                MessageSubscription.activity_id == activity_id,
                MessageSubscription.node_id == node_id,
            )
        )
        if waiting is not None:
            payload = {"name": name, "instance_id": instance.id, "subscriptions": [waiting]}
            enqueue(session, SIGNAL, payload, at=at)


def resume_deal(
    session: Session,
    deal_id: int,
    deadlines: Deadlines = Deadlines.SHIFT,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """Its steps wait again with whom they were; deadlines and timers are moved by the pause, or keep their moments.

    A timer that takes an approval away from those who are asked is moved in any case.
    Raises NotFound, NotAllowed, NotSuspended, DealNotRunning, MapFailed.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "deadlines": deadlines.value}
    if already_performed(session, command_id, "resume_deal", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may_suspend(deal, actor)
    if instance.state is InstanceState.RUNNING:
        raise NotSuspended
    pause = last_of(session, instance, InterventionKind.SUSPENDED)
    if instance.state is not InstanceState.SUSPENDED or pause is None:
        raise DealNotRunning
    pause.undone_at = at
    instance.state = InstanceState.RUNNING
    record(session, DealResumed(suspended_at=pause.at, deadlines=deadlines.value), actor=actor, at=at, deal=deal)
    wake(session, instance, live_items(session, instance), deadlines, paused_at=pause.at, actor=actor, at=at)
    tell_held_signals(session, instance, pause, at)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def wake(
    session: Session,
    instance: ProcessInstance,
    items: list[WorkItem],
    deadlines: Deadlines,
    *,
    paused_at: datetime,
    actor: Actor,
    at: datetime,
) -> None:
    """Let an instance that rested since ``paused_at`` go on: its steps, timers, subscriptions; look at conditions.

    Raises MapFailed.
    """
    process = process_of(session, instance.definition_id)
    state, moments = instance.execution_state, moments_of(items)
    later = later_timers(process, paused_at=paused_at, resumed_at=at, calendar=default_calendar(session))
    if deadlines is Deadlines.SHIFT:
        _shift_deadlines(session, process, items, paused_at, at)
    else:
        later = _only_of(events_ending_approvals(process), later)
    instance.execution_state = with_later_timers(process, instance.execution_state, later)
    waits = write_waits(session, instance, process)
    renew_calls(session, instance, process, waits, actor=actor, at=at)
    restore_items(session, instance, process, items, actor=actor, at=at)
    if deadlines is Deadlines.SHIFT:
        RestedMoves(session, instance, paused_at, at).follow(state, moments, moments_of(items))
    run_step(session, instance, EvaluateConditions(), actor=actor, at=at, asked_by_id=instance.deal.owner_id)


def _only_of(events: Collection[str], later: Later) -> Later:
    """Those who are asked for an approval could not answer meanwhile: the pause must not let their time run out."""
    return lambda event_id, due_at: later(event_id, due_at) if event_id in events else due_at


def _shift_deadlines(
    session: Session, process: CompiledProcess, items: list[WorkItem], paused_at: datetime, at: datetime
) -> None:
    for item in items:
        if item.due_at is not None:
            rule = process.steps[item.element_id].deadline
            calendar = calendar_of_step(session, item)
            item.due_at = after_pause(rule, item.due_at, paused_at=paused_at, resumed_at=at, calendar=calendar)
