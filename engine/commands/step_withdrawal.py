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
    reason: str = "",
) -> None:
    """Withdraw a live work item of a locked instance and say so in the history.

    Who holds it is told, or the department that might have taken it. ``returned`` is the name of the approval whose
    return takes it back, ``reason`` what they are told of why.
    """
    work_item.cancel(at=at)
    holder_id = work_item.assignee_id
    notify(
        session,
        NoticeKind.STEP_WITHDRAWN,
        to=() if holder_id is None else (holder_id,),
        department_id=work_item.group_id if holder_id is None else None,
        at=at,
        by=actor,
        work_item=work_item,
        text=reason,
        outcome=OutcomeKind.RETURNED.value if returned else "",
    )
    record(
        session,
        StepCancelled(name=work_item.name, element_id=work_item.element_id, returned=returned),
        actor=actor,
        at=at,
        deal=instance.deal,
        work_item_id=work_item.id,
    )
