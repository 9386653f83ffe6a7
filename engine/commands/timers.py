"""Timers: claim those whose time has come, fire each once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine.bpmn.runtime import FireTimer
from engine.clock import Clock
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.locks import lock_instance
from engine.events import TimerFired
from engine.model.process_instance import InstanceState
from engine.model.timer import Timer
from engine.policy.permissions import Actor
from engine.queries.processes import process_of

LEASE = timedelta(minutes=2)
"""How long a worker may take over the timers that it claimed; a map that failed is tried again after it."""


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
    at = clock.now()
    instance_id = session.scalar(select(Timer.instance_id).where(Timer.id == timer_id))
    if instance_id is None:
        return False
    instance = lock_instance(session, instance_id)
    timer = session.get(Timer, timer_id, populate_existing=True)
    if timer is None or timer.due_at > at or instance.state is not InstanceState.RUNNING:
        return False
    process = process_of(session, instance.definition_id)
    record(
        session,
        TimerFired(name=process.elements.get(timer.node_id, ""), element_id=timer.node_id, due_at=timer.due_at),
        actor=Actor.system(),
        at=at,
        deal=instance.deal,
    )
    stimulus = FireTimer(activity_id=timer.activity_id, node_id=timer.node_id, due_at=timer.due_at)
    run_step(session, instance, stimulus, actor=Actor.system(), at=at, asked_by_id=instance.deal.owner_id)
    return True
