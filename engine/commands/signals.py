"""Signals: one that a deal throws wakes every other deal that waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.bpmn.inspection import events_ending_their_host
from engine.bpmn.runtime import DeliverMessage
from engine.clock import Clock
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.idempotency import already_performed
from engine.commands.locks import lock_instance
from engine.commands.suspensions import hold_signal
from engine.commands.thrown_events import SIGNAL
from engine.db.job import Job
from engine.db.outbox import enqueue
from engine.db.session import UNSYNCHRONISED
from engine.events import SignalReceived
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.policy.permissions import Actor
from engine.queries.processes import process_of


def waiting_for_signal(session: Session, name: str, *, thrown_by: int) -> list[int]:
    """Ids of the subscriptions to a signal in other instances: who threw it has caught it inside already.

    As inside, what interrupts comes behind all else: it takes away what waits on its border.
    """
    waiting = session.execute(
        select(
            MessageSubscription.id,
            MessageSubscription.node_id,
            MessageSubscription.instance_id,
            ProcessInstance.definition_id,
        )
        .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
        .where(
            MessageSubscription.name == name,
            MessageSubscription.kind == SubscriptionKind.SIGNAL,
            MessageSubscription.instance_id != thrown_by,
        )
        .order_by(MessageSubscription.id)
    ).all()
    listening = Counter(row.instance_id for row in waiting)
    definition_ids = {row.definition_id for row in waiting if listening[row.instance_id] > 1}
    ending = {one: events_ending_their_host(process_of(session, one)) for one in definition_ids}
    return [row.id for row in sorted(waiting, key=lambda row: row.node_id in ending.get(row.definition_id, ()))]


def receivers_of(session: Session, job: Job) -> list[int]:
    """Ids of the subscriptions to which ``job`` brings its signal, kept with its claim.

    Later tries go to the same ones: a deal that listens again by then has heard it. A signal that was held for a
    resumed deal names its subscription from the start.
    """
    told: list[int] | None = job.payload.get("subscriptions")
    if told is not None:
        return told
    found = waiting_for_signal(session, job.payload["name"], thrown_by=job.payload["instance_id"])
    _keep_receivers(session, job, found)
    return found


def signal_of(job: Job) -> str:
    """What one signal is known by, in whichever of its jobs a deal hears it."""
    return str(job.payload.get("signal", job.id))


def leave_receivers(session: Session, job: Job, *, failed: Sequence[int], left: Sequence[int], at: datetime) -> None:
    """Leave those to whom the claimed ``job`` has not come, ``left``, to another job, and itself only the ``failed``.

    The new job stands behind everything that waits for a worker by then.
    """
    if left:
        payload = {**job.payload, "subscriptions": list(left), "signal": signal_of(job)}
        enqueue(session, SIGNAL, payload, at=at)
    if failed:
        _keep_receivers(session, job, failed)


def _keep_receivers(session: Session, job: Job, subscription_ids: Sequence[int]) -> None:
    payload = {**job.payload, "subscriptions": list(subscription_ids)}
    kept = update(Job).where(Job.id == job.id).values(payload=payload)
    session.execute(kept, execution_options=UNSYNCHRONISED)


def deliver_signal(session: Session, subscription_id: int, name: str, *, command_id: str, clock: Clock) -> bool:
    """Wake one waiting event. False when it does not wait any more, or was woken by this signal before.

    A suspended deal hears it when it is resumed.

    Raises MapFailed.
    """
    at, actor = clock.now(), Actor.system()
    done = already_performed(
        session, command_id, "deliver_signal", {"subscription": subscription_id}, actor=actor, at=at
    )
    instance_id = session.scalar(
        select(MessageSubscription.instance_id).where(MessageSubscription.id == subscription_id)
    )
    if done is not None or instance_id is None:
        return False
    instance = lock_instance(session, instance_id)
    subscription = session.get(MessageSubscription, subscription_id, populate_existing=True)
    # It may have been over before the instance was locked.
    waits = (instance.id, SubscriptionKind.SIGNAL, name)
    if subscription is None or (subscription.instance_id, subscription.kind, subscription.name) != waits:
        return False
    if instance.state is InstanceState.SUSPENDED:
        hold_signal(session, instance, subscription)
    if instance.state is not InstanceState.RUNNING:
        return False
    record(session, SignalReceived(name=subscription.name), actor=actor, at=at, deal=instance.deal)
    stimulus = DeliverMessage(subscription.activity_id, subscription.node_id)
    run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=instance.deal.owner_id)
    return True
