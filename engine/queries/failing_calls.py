"""Calls of other systems that failed and are made again by themselves: nobody has to do anything about them yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.deal import Deal
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class FailingCall:
    """``attempts`` have failed, the last one because of ``error``; the next is at ``due_at``, and ``more`` after it."""

    id: str
    deal_id: int
    deal_number: str
    deal_title: str
    name: str
    error: str
    attempts: int
    due_at: datetime
    more: int


def failing_calls(session: Session, actor: Actor) -> Sequence[FailingCall]:
    """Those of running deals, the next to be made first, at most MOST_SHOWN. Raises NotFound without the ability."""
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    rows = session.execute(
        select(ServiceCall, Deal.number, Deal.title)
        .join(Deal, Deal.id == ServiceCall.deal_id)
        .join(ProcessInstance, ProcessInstance.id == ServiceCall.instance_id)
        .where(
            ServiceCall.state == CallState.WAITING,
            ServiceCall.attempts > 0,
            ProcessInstance.state == InstanceState.RUNNING,
        )
        .order_by(ServiceCall.due_at, ServiceCall.id)
        .limit(MOST_SHOWN)
    )
    return [
        FailingCall(
            id=row.ServiceCall.id,
            deal_id=row.ServiceCall.deal_id,
            deal_number=row.number,
            deal_title=row.title,
            name=row.ServiceCall.name,
            error=row.ServiceCall.last_error,
            attempts=row.ServiceCall.attempts,
            due_at=row.ServiceCall.due_at,
            more=row.ServiceCall.retries,
        )
        for row in rows
    ]
