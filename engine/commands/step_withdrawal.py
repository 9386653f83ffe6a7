"""Withdrawing a step that waits: the deal went another way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.commands.history import record
from engine.events import StepCancelled
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor


def cancel_step(
    session: Session, work_item: WorkItem, instance: ProcessInstance, *, actor: Actor, at: datetime
) -> None:
    """Withdraw a live work item of a locked instance and say so in the history."""
    work_item.cancel(at=at)
    record(
        session,
        StepCancelled(name=work_item.name, element_id=work_item.element_id),
        actor=actor,
        at=at,
        deal=instance.deal,
        work_item_id=work_item.id,
    )
