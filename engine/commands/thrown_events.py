"""Events that leave an instance are told in the deal's history; a signal goes on to the other deals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.runtime import Thrown
from engine.commands.history import record
from engine.db.outbox import enqueue
from engine.events import EventThrown
from engine.model.process_instance import ProcessInstance
from engine.policy.permissions import Actor

SIGNAL = "signal"
"""The kind of an outbox job: payload ``name`` and ``instance_id``, the one that threw it; or ``subscriptions``."""


def tell_thrown(
    session: Session, instance: ProcessInstance, thrown: Iterable[Thrown], *, actor: Actor, at: datetime
) -> None:
    """Record what was thrown: webhooks carry it outside. A signal is broadcast by a worker, after the commit."""
    for one in thrown:
        record(
            session,
            EventThrown(event=one.kind, name=one.name, element_id=one.element_id),
            actor=actor,
            at=at,
            deal=instance.deal,
        )
        if one.kind == SIGNAL:
            enqueue(session, SIGNAL, {"name": one.name, "instance_id": instance.id}, at=at)
