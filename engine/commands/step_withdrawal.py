"""Withdrawing a step that waits: the deal went another way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind
from engine.commands.history import record
from engine.commands.notifications import notify
from engine.events import StepCancelled
from engine.model.notice import NoticeKind
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor


def cancel_step(
    session: Session,
    work_item: WorkItem,
    instance: ProcessInstance,
    *,
    actor: Actor,
    at: datetime,
    returned: str = "",
) -> None:
    """Withdraw a live work item of a locked instance and say so in the history.

    ``returned`` is the name of the approval whose return takes it back.
    """
    work_item.cancel(at=at)
    if work_item.assignee_id is not None:
        holder = (work_item.assignee_id,)
        outcome = OutcomeKind.RETURNED.value if returned else ""
        notify(session, NoticeKind.STEP_WITHDRAWN, to=holder, at=at, by=actor, work_item=work_item, outcome=outcome)
    record(
        session,
        StepCancelled(name=work_item.name, element_id=work_item.element_id, returned=returned),
        actor=actor,
        at=at,
        deal=instance.deal,
        work_item_id=work_item.id,
    )
