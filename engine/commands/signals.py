"""Signals: one that a deal throws wakes every other deal that waits for it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.runtime import DeliverMessage
from engine.clock import Clock
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.idempotency import already_performed
from engine.commands.locks import lock_instance
from engine.events import SignalReceived
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.process_instance import InstanceState
from engine.policy.permissions import Actor


def waiting_for_signal(session: Session, name: str, *, thrown_by: int) -> list[int]:
    """Ids of the subscriptions to a signal in other instances: who threw it has caught it inside already."""
    return list(
        session.scalars(
            select(MessageSubscription.id)
            .where(
                MessageSubscription.name == name,
                MessageSubscription.kind == SubscriptionKind.SIGNAL,
                MessageSubscription.instance_id != thrown_by,
            )
            .order_by(MessageSubscription.id)
        )
    )


def deliver_signal(session: Session, subscription_id: int, name: str, *, command_id: str, clock: Clock) -> bool:
    """Wake one waiting event. False when it does not wait any more, or was woken by this signal before.

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
    # SQLite gives the number of a row that is gone to the next one, which may wait for something else.
    waits = (instance.id, SubscriptionKind.SIGNAL, name)
    if subscription is None or (subscription.instance_id, subscription.kind, subscription.name) != waits:
        return False
    if instance.state is not InstanceState.RUNNING:
        return False
    record(session, SignalReceived(name=subscription.name), actor=actor, at=at, deal=instance.deal)
    stimulus = DeliverMessage(subscription.activity_id, subscription.node_id)
    run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=instance.deal.owner_id)
    return True
