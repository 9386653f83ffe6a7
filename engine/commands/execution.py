"""One step of an instance: the core computes it; everything that changed is written in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, bindparam, delete, select
from sqlalchemy.orm import Session

from engine.bpmn import stepper
from engine.bpmn.compiled import CompiledProcess, OutcomeKind, StepKind
from engine.bpmn.inspection import waits_in
from engine.bpmn.runtime import (
    CompleteStep,
    MoveToken,
    OpenedMessage,
    OpenedTimer,
    StartProcess,
    StepContext,
    StepResult,
    Stimulus,
)
from engine.bpmn.waits import Waits
from engine.commands.awaited_deadlines import set_awaited_deadlines
from engine.commands.calls import follow_calls
from engine.commands.deal_results import close_deal
from engine.commands.decisions import keep_decisions
from engine.commands.history import record
from engine.commands.incidents import begun_of, close_incidents_at, close_open_incidents, resolve_incidents
from engine.commands.kept_approvals import Keeping
from engine.commands.step_opening import StepOpener
from engine.commands.step_withdrawal import cancel_step
from engine.commands.thrown_events import tell_thrown
from engine.db.work_session import append, change, postpone
from engine.errors import MapFailed
from engine.events import StageChanged
from engine.model.deal import Deal
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import LIVE, WorkItem
from engine.policy.due_dates import CalendarDueTimes
from engine.policy.history_chain import canonical_json
from engine.policy.permissions import Actor
from engine.queries.calendars import default_calendar
from engine.queries.facts import DealFacts, typed_fields
from engine.queries.map_fields import name_fields
from engine.queries.processes import process_of


def start_instance(
    session: Session,
    instance: ProcessInstance,
    variables: Mapping[str, Any],
    *,
    message: str | None = None,
    actor: Actor,
    at: datetime,
) -> StepResult:
    """Run a new instance until everything in it waits. Raises MapFailed."""
    process = process_of(session, instance.definition_id)
    stimulus = StartProcess(variables=typed_fields(process, variables), message=message)
    return _run(session, instance, stimulus, state=None, actor=actor, at=at)


def run_step(
    session: Session,
    instance: ProcessInstance,
    stimulus: Stimulus,
    *,
    actor: Actor,
    at: datetime,
    asked_by_id: int | None = None,
    reason: str = "",
) -> StepResult:
    """Apply ``stimulus`` to a locked instance and run until everything waits.

    ``asked_by_id`` is who asks for the approvals that open now; by default the actor. ``reason`` is what those are told
    whose steps are withdrawn. Raises MapFailed.
    """
    return _run(
        session,
        instance,
        stimulus,
        state=instance.execution_state,
        actor=actor,
        at=at,
        asked_by_id=asked_by_id,
        reason=reason,
    )


def _run(
    session: Session,
    instance: ProcessInstance,
    stimulus: Stimulus,
    *,
    state: bytes | None,
    actor: Actor,
    at: datetime,
    asked_by_id: int | None = None,
    reason: str = "",
) -> StepResult:
    try:
        with failing_in(instance if state is not None else None, stimulus):
            return _step(
                session, instance, stimulus, state=state, actor=actor, at=at, asked_by_id=asked_by_id, reason=reason
            )
    except MapFailed as failure:
        name_fields(process_of(session, instance.definition_id), failure)
        if state is None:
            failure.begun = begun_of(instance.deal, instance.definition_id)
        raise


@contextmanager
def failing_in(instance: ProcessInstance | None, stimulus: Stimulus) -> Iterator[None]:
    """Let a failure of the map say where it happened and what to try again.

    An instance that failed at its start is None: it is rolled back, and its number may become another's.
    """
    try:
        yield
    except MapFailed as failure:
        failure.stimulus = stimulus
        if instance is not None:
            failure.instance_id, failure.deal_id = instance.id, instance.deal_id
        raise


def _step(
    session: Session,
    instance: ProcessInstance,
    stimulus: Stimulus,
    *,
    state: bytes | None,
    actor: Actor,
    at: datetime,
    asked_by_id: int | None,
    reason: str = "",
    kept_already: frozenset[str] = frozenset(),
) -> StepResult:
    process = process_of(session, instance.definition_id)
    calendar = default_calendar(session)
    facts = DealFacts(instance.deal, process, calendar=calendar, at=at)
    context = StepContext(at=at, due_times=CalendarDueTimes(calendar, facts.value), facts=facts.of(process.variables))
    result = stepper.step(process, state, stimulus, context)
    walked_before = instance.walked
    walked = dict(walked_before)
    for passed in result.passed:
        walked[passed.element_id] = walked.get(passed.element_id, 0) + 1
    change(instance, execution_state=result.state, walked=walked)
    done = {stimulus.activity_id} if isinstance(stimulus, CompleteStep) else set()
    _withdraw(session, instance, set(result.closed_steps) - done, actor, at, by=stimulus, reason=reason)
    _write_timers(session, instance, result)
    _write_messages(session, instance, result)
    if result.closed_calls or result.opened_calls:
        follow_calls(session, instance, process, result, stimulus, actor=actor, at=at)
    if result.decisions:
        keep_decisions(session, instance, process, result.decisions, actor=actor, at=at)
    keeping: Keeping | None = None
    if result.opened_steps:
        asks = asked_by_id or actor.recorded_id or instance.deal.owner_id
        opener = StepOpener(session, instance, process, facts=facts, actor=actor, at=at)
        opened = opener.open(result.opened_steps, asked_by_id=asks)
        keeping = Keeping(session, instance, process, opener, actor, at)
    tell_thrown(session, instance, result.thrown, actor=actor, at=at)
    if instance.open_incidents:
        resolve_incidents(session, instance, stimulus, actor=actor, at=at)
        _let_go_of_incidents(session, instance, result, actor, at)
    if result.finished:
        instance.state, instance.finished_at = InstanceState.COMPLETED, at
        close_deal(session, instance.deal, process, result.end_events, actor=actor, at=at)
    else:
        follow_stage(session, instance.deal, process, result.waiting_elements, actor=actor, at=at)
        set_awaited_deadlines(session, instance, process, result.waiting_elements, facts=facts, actor=actor, at=at)
    if keeping is None or isinstance(stimulus, MoveToken):
        return result
    # What was kept once in this step is asked for when the deal comes to it again: no map runs in circles.
    once_more = any(walked_before.get(one.element_id) for one in result.passed)
    opened = [one for one in opened if one.element_id not in kept_already]
    kept = keeping.keep(opened) if once_more else []
    elements = {one.activity_id: one.element_id for one in opened}
    already = kept_already | {elements[one.activity_id] for one in kept}
    closed: set[str] = set()
    for one in kept:
        if one.activity_id not in closed:  # else the one before it led the deal another way
            state = instance.execution_state
            result = _step(
                session, instance, one, state=state, actor=actor, at=at, asked_by_id=asks, kept_already=already
            )
            closed |= set(result.closed_steps)
    return result


def _let_go_of_incidents(
    session: Session, instance: ProcessInstance, result: StepResult, actor: Actor, at: datetime
) -> None:
    """What failed where nothing waits any more is over."""
    if result.finished:
        close_open_incidents(session, instance, "", actor=actor, at=at)
        return
    events = {activity_id for activity_id, _ in (*result.closed_timers, *result.closed_messages)}
    left = {*result.closed_steps, *result.closed_calls, *events}
    close_incidents_at(session, instance, left, actor=actor, at=at)


def _withdraw(
    session: Session,
    instance: ProcessInstance,
    closed: set[str],
    actor: Actor,
    at: datetime,
    *,
    by: Stimulus,
    reason: str,
) -> None:
    """Cancel the work items whose activity is gone: ``by`` led the deal another way, or returned it."""
    if not closed:
        return
    gone = session.scalars(
        select(WorkItem).where(
            WorkItem.instance_id == instance.id,
            WorkItem.activity_id.in_(closed),
            WorkItem.state.in_(LIVE),
        )
    )
    returned = _returned(session, instance, by)
    for work_item in gone:
        cancel_step(session, work_item, instance, actor=actor, at=at, returned=returned, reason=reason)


def _returned(session: Session, instance: ProcessInstance, stimulus: Stimulus) -> str:
    """The name of the approval that ``stimulus`` returned; empty where it did something else."""
    if not isinstance(stimulus, CompleteStep) or stimulus.outcome != OutcomeKind.RETURNED.value:
        return ""
    name = select(WorkItem.name).where(
        WorkItem.instance_id == instance.id,
        WorkItem.activity_id == stimulus.activity_id,
        WorkItem.kind == StepKind.APPROVAL,
    )
    return session.scalar(name.limit(1)) or ""


def _write_timers(session: Session, instance: ProcessInstance, result: StepResult) -> None:
    # A cycle that ticked is opened again under its old key, without being closed: replace it.
    for activity_id, node_id in (*result.closed_timers, *result.ticked_timers):
        postpone(session, _DELETE_TIMER, _waiting_place(instance, activity_id, node_id))
    for one in result.opened_timers:
        _append_timer(session, instance, one)


def write_waits(session: Session, instance: ProcessInstance, process: CompiledProcess) -> Waits:
    """Let the rows of timers and subscriptions be what the state of a locked instance says; returns what it says."""
    session.flush()
    for table in (Timer, MessageSubscription):
        session.execute(delete(table).where(table.instance_id == instance.id))
    waits = waits_in(process, instance.execution_state)
    for timer in waits.timers.values():
        _append_timer(session, instance, timer)
    for message in waits.messages.values():
        _append_subscription(session, instance, message)
    return waits


def _append_timer(session: Session, instance: ProcessInstance, one: OpenedTimer) -> None:
    append(
        session,
        Timer,
        instance_id=instance.id,
        activity_id=one.activity_id,
        node_id=one.node_id,
        due_at=one.due_at,
    )


def _append_subscription(session: Session, instance: ProcessInstance, one: OpenedMessage) -> None:
    append(
        session,
        MessageSubscription,
        instance_id=instance.id,
        activity_id=one.activity_id,
        node_id=one.node_id,
        kind=SubscriptionKind(one.kind),
        name=one.name,
        correlation_key=correlation_key(one),
    )


def _write_messages(session: Session, instance: ProcessInstance, result: StepResult) -> None:
    for activity_id, node_id in result.closed_messages:
        postpone(session, _DELETE_SUBSCRIPTION, _waiting_place(instance, activity_id, node_id))
    for one in result.opened_messages:
        _append_subscription(session, instance, one)


def _waiting_place(instance: ProcessInstance, activity_id: str, node_id: str) -> dict[str, Any]:
    return {"of_instance": instance.id, "at_activity": activity_id, "at_node": node_id}


def _deletion(model: type[Timer | MessageSubscription]) -> Delete:
    return delete(model).where(
        model.instance_id == bindparam("of_instance"),
        model.activity_id == bindparam("at_activity"),
        model.node_id == bindparam("at_node"),
    )


_DELETE_TIMER, _DELETE_SUBSCRIPTION = _deletion(Timer), _deletion(MessageSubscription)


def correlation_key(message: OpenedMessage) -> str:
    """The canonical JSON of what a message must carry: equal correlations have equal keys."""
    return correlation_text(message.correlation)


def correlation_text(correlation: Mapping[str, Any]) -> str:
    return canonical_json({key: str(value) for key, value in correlation.items()}).decode()


def follow_stage(
    session: Session,
    deal: Deal,
    process: CompiledProcess,
    waiting_elements: Iterable[str],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """The deal stands at the furthest stage among its open steps; without open steps it stays where it was."""
    open_stages = {process.steps[element_id].stage for element_id in waiting_elements}
    reached = [stage for stage in process.stages if stage.name in open_stages]
    if not reached:
        return
    stage = max(reached, key=lambda one: one.position).name
    if stage != deal.stage:
        record(session, StageChanged(stage=stage, previous=deal.stage), actor=actor, at=at, deal=deal)
        change(deal, stage=stage, stage_since=at)
