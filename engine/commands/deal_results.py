"""How a deal ends when its instance does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, OutcomeKind
from engine.commands.history import record
from engine.events import DealLost, DealWon
from engine.model.deal import Deal, DealResult
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.deal_ends import is_lost
from engine.policy.permissions import Actor
from engine.queries.loss_reasons import reason_named


def close_deal(
    session: Session, deal: Deal, process: CompiledProcess, end_events: Sequence[str], *, actor: Actor, at: datetime
) -> None:
    """Won or lost, as the end reached says: by its property, else by its name. A single lost end loses the deal."""
    if deal.result is not DealResult.OPEN:
        return
    ends = list(end_events)
    name = ", ".join(filter(None, (process.elements.get(end, "") for end in ends)))
    deal.closed_at = at
    if is_lost(process, ends):
        deal.result = DealResult.LOST
        deal.loss_reason = deal.loss_reason or _last_reason(session, deal, process)
        deal.loss_reason_id = deal.loss_reason_id or reason_named(session, deal.loss_reason)
        record(session, DealLost(end=name, reason=deal.loss_reason), actor=actor, at=at, deal=deal)
    else:
        deal.result = DealResult.WON
        record(session, DealWon(end=name), actor=actor, at=at, deal=deal)


def _last_reason(session: Session, deal: Deal, process: CompiledProcess) -> str:
    """What the map asked for as the reason of the loss; else what the person wrote who rejected last."""
    given = deal.fields.get("loss_reason")
    if given:
        asked = (field for step in process.steps.values() for field in step.fields if field.name == "loss_reason")
        labels = {choice.value: choice.label for field in asked for choice in field.choices}
        return str(labels.get(str(given)) or given)[:500]
    reason = session.scalar(
        select(WorkItem.comment)
        .where(
            WorkItem.deal_id == deal.id,
            WorkItem.state == WorkItemState.COMPLETED,
            WorkItem.outcome == OutcomeKind.REJECTED.value,
            WorkItem.comment != "",
        )
        .order_by(WorkItem.completed_at.desc())
        .limit(1)
    )
    return str(reason or "")[:500]
