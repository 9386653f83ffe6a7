"""Timers: claim those whose time has come, fire each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine.bpmn.runtime import FireTimer, StepResult
from engine.clock import Clock
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.locks import lock_free_instances, lock_instance
from engine.events import TimerFired
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.policy.permissions import Actor
from engine.queries.processes import process_of

LEASE = timedelta(minutes=2)
"""How long a worker may take over the timers that it claimed; a map that failed is tried again after it."""


@dataclass(frozen=True, slots=True)
class FiredTimers:
    """Ids. ``left`` are timers of instances that somebody else was changing; what is in neither was not due."""

    fired: tuple[int, ...]
    left: tuple[int, ...]


def claim_due_timers(session: Session, *, clock: Clock, limit: int = 100) -> list[int]:
    """Take the lease of up to ``limit`` due timers, oldest first, and return their ids.

    PostgreSQL skips rows that another worker is claiming; SQLite has one writer at a time.
    """
    at = clock.now()
    free = or_(Timer.lease_until.is_(None), Timer.lease_until < at)
    ids = list(
        session.scalars(
            select(Timer.id)
            .where(Timer.due_at <= at, free)
            .order_by(Timer.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if ids:
        session.execute(update(Timer).where(Timer.id.in_(ids)).values(lease_until=at + LEASE))
    return ids


def fire_timer(session: Session, timer_id: int, *, clock: Clock) -> bool:
    """Fire one timer. False when it is gone or not due any more: another worker or the deal itself was faster.

    Raises MapFailed.
    """
    instance_id = session.scalar(select(Timer.instance_id).where(Timer.id == timer_id))
    if instance_id is None:
        return False
    instance = lock_instance(session, instance_id)
    timer = session.get(Timer, timer_id, populate_existing=True)
    if timer is None or timer.due_at > clock.now() or instance.state is not InstanceState.RUNNING:
        return False
    _fire(session, timer, instance, at=clock.now())
    return True


def fire_timers(session: Session, timer_ids: Sequence[int], *, clock: Clock) -> FiredTimers:
    """Fire several timers of whatever instances in one transaction, those that were due first before the others.

    An instance that somebody else holds at this moment is not waited for. Raises MapFailed for the first map that
    fails: then none has fired, and each has to be fired by itself.
    """
    at = clock.now()
    of_timers = select(Timer.instance_id).where(Timer.id.in_(timer_ids))
    instances = {one.id: one for one in lock_free_instances(session, of_timers)}
    timers = session.scalars(
        select(Timer)
        .where(Timer.id.in_(timer_ids))
        .order_by(Timer.due_at, Timer.id)
        .execution_options(populate_existing=True)
    ).all()
    fired, left = [], []
    over: set[tuple[int, str, str]] = set()  # those that an earlier one of this very transaction ended or put off
    for timer in timers:
        instance = instances.get(timer.instance_id)
        if instance is None:
            left.append(timer.id)
            continue
        is_over = (instance.id, timer.activity_id, timer.node_id) in over
        if is_over or timer.due_at > at or instance.state is not InstanceState.RUNNING:
            continue
        result = _fire(session, timer, instance, at=at)
        over |= {(instance.id, *place) for place in (*result.closed_timers, *result.ticked_timers)}
        fired.append(timer.id)
    return FiredTimers(tuple(fired), tuple(left))


def _fire(session: Session, timer: Timer, instance: ProcessInstance, *, at: datetime) -> StepResult:
    process = process_of(session, instance.definition_id)
    record(
        session,
        TimerFired(name=process.elements.get(timer.node_id, ""), element_id=timer.node_id, due_at=timer.due_at),
        actor=Actor.system(),
        at=at,
        deal=instance.deal,
    )
    stimulus = FireTimer(activity_id=timer.activity_id, node_id=timer.node_id, due_at=timer.due_at)
    return run_step(session, instance, stimulus, actor=Actor.system(), at=at, asked_by_id=instance.deal.owner_id)
