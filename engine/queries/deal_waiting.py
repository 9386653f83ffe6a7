"""What a deal is waiting for: the data of the sentence that its page opens with. Every state of a deal has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ApprovalRule, CompiledProcess, OutcomeKind, StepKind
from engine.bpmn.guards import Stalled
from engine.bpmn.inspection import waits_in
from engine.bpmn.waits import Waits
from engine.model.deal import Deal, DealResult
from engine.model.incident import Incident, IncidentState
from engine.model.intervention import InterventionKind
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.model.timer import Timer
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.freedom import may_suspend
from engine.policy.permissions import Ability, Actor, may
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.interventions import InterventionRow, last_intervention
from engine.queries.processes import element_name, process_of
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows


class WaitingKind(StrEnum):
    INCIDENT = "incident"
    STEP = "step"
    MESSAGE = "message"
    SIGNAL = "signal"
    TIMER = "timer"
    CONDITION = "condition"
    CALL = "call"
    NOTHING = "nothing"  # that could come: the work waits in vain


class Standing(StrEnum):
    """How the deal stands as a whole."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    WON = "won"
    LOST = "lost"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """``name`` is the step's, the event's or the message's name, or the incident's code; ``place`` where it failed.

    ``who`` holds a step or may take it, empty elsewhere. ``may_act``: the actor can unblock the deal here,
    ``acts_for`` names the absent person for whom they would do the step.
    Of an approval by several, ``given`` of ``asked`` decisions are made; ``enough`` is how many approvals suffice where
    that is fewer, else 0. What stands behind one event gateway has the
    same ``race``: the first of it to happen decides. ``incident_id`` only for what failed. A call that failed has
    ``due_at``: it is made again then. ``happens_outside``: a person only says that it happened; of several things that
    may happen, ``ways`` names them, and ``until`` is when time decides among them. ``typed_in`` is the step with whose
    values the map failed.
    ``in_vain``: it failed because the deal would have stood still behind it.
    """

    kind: WaitingKind
    name: str
    who: str = ""
    due_at: datetime | None = None
    overdue: bool = False
    work_item_id: int | None = None
    may_act: bool = False
    acts_for: str = ""
    given: int = 0
    asked: int = 0
    enough: int = 0
    race: str = ""
    incident_id: int | None = None
    typed_in: int | None = None
    place: str = ""
    in_vain: bool = False
    happens_outside: bool = False
    ways: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DealWaiting:
    """``items`` are what a running deal waits for: what failed, steps by deadline, events, calls.

    ``since`` and ``reason`` tell of a deal that rests or has ended. ``may_change``: the actor may resume or reopen it.
    ``moved`` is the latest intervention, while nothing has happened since.
    """

    standing: Standing
    items: tuple[WaitingFor, ...] = ()
    since: datetime | None = None
    by_name: str = ""
    reason: str = ""
    may_change: bool = False
    moved: InterventionRow | None = None


def deal_waiting(session: Session, actor: Actor, deal_id: int, now: datetime) -> DealWaiting:
    """Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    return waiting_of(session, actor, deal_id, open_steps(session, actor, deal_id, now))


def open_steps(session: Session, actor: Actor, deal_id: int, now: datetime) -> tuple[WorkItemRow, ...]:
    """The steps of a visible deal that wait or are suspended with it, nearest deadline first."""
    live = work_item_rows(WorkItem.deal_id == deal_id, WorkItem.state.in_(PENDING))
    return rows_of(session.execute(live.order_by(WorkItem.due_at.asc().nulls_last(), WorkItem.id)), actor, now)


def waiting_of(session: Session, actor: Actor, deal_id: int, steps: tuple[WorkItemRow, ...]) -> DealWaiting:
    """The same for a deal that the caller has found visible, with its open steps at hand."""
    deal = session.get_one(Deal, deal_id)
    instance = session.scalar(
        select(ProcessInstance).where(ProcessInstance.deal_id == deal_id).order_by(ProcessInstance.id.desc()).limit(1)
    )
    may_change = may_suspend(actor, owner_id=deal.owner_id)
    last = last_intervention(session, deal_id)
    if deal.result in (DealResult.WON, DealResult.LOST):
        return DealWaiting(Standing(deal.result.value), since=deal.closed_at, reason=deal.loss_reason)
    if deal.result is DealResult.CANCELLED:
        by = last.by_name if last is not None and last.kind is InterventionKind.CANCELLED else ""
        return DealWaiting(Standing.CANCELLED, (), deal.closed_at, by, deal.loss_reason, may_change)
    if instance is None:
        return DealWaiting(Standing.NOT_STARTED, since=deal.opened_at)
    if instance.state is InstanceState.SUSPENDED:
        if last is None:
            return DealWaiting(Standing.SUSPENDED, may_change=may_change)
        return DealWaiting(Standing.SUSPENDED, (), last.at, last.by_name, last.reason, may_change)
    process = process_of(session, instance.definition_id)
    waits = waits_in(process, instance.execution_state) if instance.execution_state else Waits()
    timers = _timers(session, instance)
    items = [
        *_failures(session, actor, instance, process),
        *(WaitingFor(WaitingKind.NOTHING, name=", ".join(waits.in_vain)) for _ in waits.in_vain[:1]),
        *_steps(steps, process, waits, _parts(session, instance) if waits.steps else {}, timers, actor=actor),
        *_events(session, instance, process, waits, timers, alone=not steps and not waits.calls),
    ]
    return DealWaiting(Standing.RUNNING, tuple(items), moved=last if last is not None and last.may_undo else None)


def _failures(
    session: Session, actor: Actor, instance: ProcessInstance, process: CompiledProcess
) -> Iterable[WaitingFor]:
    rows = session.execute(
        select(
            Incident.id,
            Incident.code,
            Incident.element_id,
            Incident.params["element"].as_string().label("element"),
            Incident.params["problem_code"].as_string().label("problem"),
            Incident.stimulus[("typed", "work_item_id")].as_integer().label("typed_in"),
        )
        .where(Incident.instance_id == instance.id, Incident.state == IncidentState.OPEN)
        .order_by(Incident.id)
    )
    return [
        WaitingFor(
            WaitingKind.INCIDENT,
            name=row.code,
            place=_place(row, process),
            in_vain=row.problem == Stalled.code,
            may_act=may(actor, Ability.RETRY_INCIDENT),
            incident_id=row.id,
            typed_in=row.typed_in,
        )
        for row in rows
    ]


def _place(row: Row[Any], process: CompiledProcess) -> str:
    """What people call where it failed; where the deal would stand still, by what it was called then."""
    if row.problem == Stalled.code and row.element:
        return str(row.element)
    return element_name(process, row.element_id) if row.element_id else ""


_TimerRow = Row[str, str, datetime]


def _timers(session: Session, instance: ProcessInstance) -> Sequence[_TimerRow]:
    """Activity, element and moment of the instance's timers, the next one first."""
    return session.execute(
        select(Timer.activity_id, Timer.node_id, Timer.due_at)
        .where(Timer.instance_id == instance.id)
        .order_by(Timer.due_at, Timer.id)
    ).all()


def _steps(
    steps: Iterable[WorkItemRow],
    process: CompiledProcess,
    waits: Waits,
    several: Mapping[int, tuple[str, int, int]],
    timers: Sequence[_TimerRow],
    *,
    actor: Actor,
) -> Iterable[WaitingFor]:
    """One entry per step, and per part of an approval by several that is still open."""
    next_timer: Mapping[str, datetime] = {
        waits.attached[one.activity_id]: one.due_at for one in reversed(timers) if one.activity_id in waits.attached
    }
    for step in steps:
        activity_id, given, opened = several.get(step.id, ("", 0, 0))
        known = process.steps.get(step.element_id)
        asked, enough = _asked(known.approval if known is not None else None, opened)
        ways = _what_may_happen(process, step)
        yield WaitingFor(
            WaitingKind.STEP,
            name=step.name,
            who=step.who,
            due_at=step.due_at,
            overdue=step.overdue,
            work_item_id=step.id,
            may_act=step.may_act,
            acts_for=step.assignee_name if step.may_act and step.assignee_id in actor.substitutes_for else "",
            given=given,
            asked=asked,
            enough=enough,
            race=waits.races.get(activity_id, ""),
            happens_outside=step.kind is StepKind.EVENT,
            ways=ways,
            until=next_timer.get(activity_id) if ways else None,
        )


def _asked(rule: ApprovalRule | None, opened: int) -> tuple[int, int]:
    """How many an approval of ``opened`` parts asks in the end, and how many are enough; in order, some come later."""
    if rule is None or rule.mode not in ("list", "count"):
        return opened, 0
    needed = rule.at_least if rule.mode == "list" else rule.count
    later = 0
    if rule.in_order:
        later = len(rule.approvers) if rule.mode == "list" else rule.count
    asked = max(opened, later)
    return asked, needed if needed is not None and needed < asked else 0


def _what_may_happen(process: CompiledProcess, step: WorkItemRow) -> tuple[str, ...]:
    """Of a step that waits for the first of several events, those that a person can say have happened."""
    known = process.steps.get(step.element_id) if step.kind is StepKind.EVENT else None
    if known is None:
        return ()
    return tuple(one.label for one in known.outcomes if one.kind is OutcomeKind.WAY and one.label)


def _parts(session: Session, instance: ProcessInstance) -> dict[int, tuple[str, int, int]]:
    """By open work item: its activity, how many decided on it, how many are asked."""
    live = select(WorkItem.activity_id).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(PENDING))
    rows: list[Row[tuple[int, str, WorkItemState]]] = list(
        session.execute(
            select(WorkItem.id, WorkItem.activity_id, WorkItem.state).where(
                WorkItem.instance_id == instance.id,
                WorkItem.activity_id.in_(live),
                WorkItem.state != WorkItemState.CANCELLED,
            )
        )
    )
    by_activity: dict[str, list[WorkItemState]] = {}
    for row in rows:
        by_activity.setdefault(row.activity_id, []).append(row.state)
    return {
        row.id: (
            row.activity_id,
            by_activity[row.activity_id].count(WorkItemState.COMPLETED),
            len(by_activity[row.activity_id]),
        )
        for row in rows
        if row.state in PENDING
    }


def _failed_calls(session: Session, instance: ProcessInstance) -> dict[str, datetime]:
    """When the calls that failed are made again, by activity."""
    rows = session.execute(
        select(ServiceCall.activity_id, ServiceCall.due_at).where(
            ServiceCall.instance_id == instance.id,
            ServiceCall.state == CallState.WAITING,
            ServiceCall.attempts > 0,
        )
    )
    return {row.activity_id: row.due_at for row in rows}


def _events(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    waits: Waits,
    timers: Sequence[_TimerRow],
    *,
    alone: bool,
) -> Iterable[WaitingFor]:
    """Calls and events. Those at the boundary of a step only tell until when, unless nothing else is awaited.

    Of these, who waits for one that lets the work go on does not wait for the reminders beside it.
    """
    tried_again = _failed_calls(session, instance) if waits.calls else {}
    for call in waits.calls.values():
        due_at = tried_again.get(call.activity_id)
        yield WaitingFor(WaitingKind.CALL, name=element_name(process, call.element_id), due_at=due_at)
    found: list[tuple[str, WaitingFor]] = []
    subscriptions = session.execute(
        select(MessageSubscription.activity_id, MessageSubscription.kind, MessageSubscription.name)
        .where(MessageSubscription.instance_id == instance.id)
        .order_by(MessageSubscription.id)
    )
    found += [(one.activity_id, WaitingFor(WaitingKind(one.kind.value), name=one.name)) for one in subscriptions]
    found += [
        (
            one.activity_id,
            WaitingFor(WaitingKind.TIMER, name=process.elements.get(one.node_id, ""), due_at=one.due_at),
        )
        for one in timers
    ]
    found += [
        (activity_id, WaitingFor(WaitingKind.CONDITION, name=element_name(process, element_id)))
        for activity_id, element_id in waits.conditional_events.items()
    ]
    beside_steps = [one for one in found if one[0] in waits.attached]
    on_their_own = [one for one in found if one[0] not in waits.attached]
    leading_on = [one for one in beside_steps if one[0] not in waits.leads_nowhere]
    for activity_id, one in on_their_own or ((leading_on or beside_steps) if alone else []):
        yield replace(one, race=waits.races.get(activity_id, ""))
