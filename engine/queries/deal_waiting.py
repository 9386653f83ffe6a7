"""What a deal is waiting for: the data of the sentence that its page opens with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.incident import Incident, IncidentState
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import PENDING, WorkItem
from engine.policy.permissions import Actor
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.processes import process_of
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows


class WaitingKind(StrEnum):
    INCIDENT = "incident"
    STEP = "step"
    MESSAGE = "message"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """``name`` is the step's, the event's or the message's name, or the incident's code.

    ``who`` holds a step or may take it, empty elsewhere. ``may_act``: the actor can unblock the deal here.
    """

    kind: WaitingKind
    name: str
    who: str = ""
    due_at: datetime | None = None
    overdue: bool = False
    work_item_id: int | None = None
    may_act: bool = False


def deal_waiting(session: Session, actor: Actor, deal_id: int, now: datetime) -> tuple[WaitingFor, ...]:
    """Everything that the deal waits for: incidents, steps by deadline, messages, timers. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    return waiting_of(session, deal_id, open_steps(session, actor, deal_id, now))


def open_steps(session: Session, actor: Actor, deal_id: int, now: datetime) -> tuple[WorkItemRow, ...]:
    """The live steps of a visible deal, nearest deadline first."""
    live = work_item_rows(WorkItem.deal_id == deal_id, WorkItem.state.in_(PENDING))
    return rows_of(session.execute(live.order_by(WorkItem.due_at.asc().nulls_last(), WorkItem.id)), actor, now)


def waiting_of(session: Session, deal_id: int, steps: tuple[WorkItemRow, ...]) -> tuple[WaitingFor, ...]:
    """The same for a deal that the caller has found visible, with its live steps at hand."""
    incidents = session.scalars(
        select(Incident.code)
        .where(Incident.deal_id == deal_id, Incident.state == IncidentState.OPEN)
        .order_by(Incident.id)
    )
    found = [WaitingFor(WaitingKind.INCIDENT, name=code) for code in incidents]
    found += [
        WaitingFor(
            WaitingKind.STEP,
            name=step.name,
            who=step.who,
            due_at=step.due_at,
            overdue=step.overdue,
            work_item_id=step.id,
            may_act=step.may_act,
        )
        for step in steps
    ]
    running = (ProcessInstance.deal_id == deal_id, ProcessInstance.state == InstanceState.RUNNING)
    messages = session.scalars(
        select(MessageSubscription.name)
        .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
        .where(*running)
        .order_by(MessageSubscription.id)
    )
    found += [WaitingFor(WaitingKind.MESSAGE, name=name) for name in messages]
    timers = session.execute(
        select(Timer.node_id, Timer.due_at, ProcessInstance.definition_id)
        .join(ProcessInstance, ProcessInstance.id == Timer.instance_id)
        .where(*running)
        .order_by(Timer.due_at, Timer.id)
    ).all()
    found += [
        WaitingFor(
            WaitingKind.TIMER,
            name=process_of(session, timer.definition_id).elements.get(timer.node_id, ""),
            due_at=timer.due_at,
        )
        for timer in timers
    ]
    return tuple(found)
