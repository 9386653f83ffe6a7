"""One step of one instance: a state and a stimulus in, everything that changed out. A pure function."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition, SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition

from engine.bpmn.activities import HumanStep, ServiceCall
from engine.bpmn.called_approvals import forget_replaced, hear_answered
from engine.bpmn.catching_events import waits_for
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.environment import MapEnvironment
from engine.bpmn.guards import TIMERS, NotWaiting, Stalled, TooManyTimers, map_failed
from engine.bpmn.jumps import perform_jump
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow
from engine.bpmn.loops import OUTCOMES, MultiInstance
from engine.bpmn.pruning import prune
from engine.bpmn.run_variables import follow_writing, keep_apart, keep_for_results, keep_in_runs, keep_outcome
from engine.bpmn.runtime import (
    CompleteCall,
    CompleteStep,
    DeliverMessage,
    EvaluateConditions,
    FireTimer,
    MoveToken,
    SetVariables,
    StartProcess,
    StepContext,
    StepResult,
    Stimulus,
)
from engine.bpmn.script_engine import MapScriptEngine
from engine.bpmn.settling import advance, failed_at, settle
from engine.bpmn.spec import ExecutableSpec, build_spec
from engine.bpmn.standstill import stands_still, waiting_in_vain
from engine.bpmn.state_codec import decode, encode, read_document
from engine.bpmn.throwing_events import raise_error
from engine.bpmn.timer_events import DUE, due_at
from engine.bpmn.variables import VariableStore, decision, outcome_kind, outcome_variable, root_of
from engine.bpmn.waits import Waits, waits_of
from engine.clock import as_utc
from engine.errors import DomainError


def step(process: CompiledProcess, state: bytes | None, stimulus: Stimulus, context: StepContext) -> StepResult:
    """Apply ``stimulus`` and run until everything waits for a person, a time, a message or a worker.

    ``state`` is None for StartProcess and else what the last step returned. Nothing outside is touched, and the same
    arguments give the same result, activity ids included (they are unique within the instance).

    Raises MapFailed when the map itself fails: the instance then stays at ``state``. Raises NotWaiting when what the
    stimulus names does not wait any more; a stale timer is no error and changes nothing. Raises JumpRefused where a
    token cannot be moved, UnreadableState.
    """
    spec = build_spec(process)
    if (state is None) != isinstance(stimulus, StartProcess):
        msg = "an instance is started once, and only a started one is stepped"
        raise ValueError(msg)
    workflow = load(spec, state, context)
    before = waits_of(workflow)
    _apply(workflow, spec, stimulus, context)
    settle(workflow)
    return result_of(workflow, before, spec)


def load(spec: ExecutableSpec, state: bytes | None, context: StepContext) -> LiveWorkflow:
    """The instance as it stands at ``state``; a new one when that is None. Raises UnreadableState."""
    document = None if state is None else read_document(state)
    values = {} if document is None else document[2]
    store = VariableStore(spec.lookups.kept, spec.lookups.outcomes, values, context.facts)
    engine = MapScriptEngine(MapEnvironment(spec.lookups, store, context))
    if document is None:
        return LiveWorkflow(spec.main, spec.scopes, engine)
    return decode(document, spec, engine)


def _apply(workflow: LiveWorkflow, spec: ExecutableSpec, stimulus: Stimulus, context: StepContext) -> None:
    match stimulus:
        case StartProcess():
            start = spec.main.start_for(stimulus.message, spec.lookups.name_of(spec.key))
            workflow.enter(start)
            _keep(workflow, stimulus.variables, workflow.agenda[0])
            workflow.arm_listeners()
        case CompleteStep():
            _complete_step(workflow, stimulus)
        case FireTimer():
            _fire_timer(workflow, stimulus, context)
        case DeliverMessage():
            _deliver_message(workflow, stimulus)
        case CompleteCall():
            _complete_call(workflow, stimulus)
        case MoveToken():
            perform_jump(workflow, spec, stimulus.target, stimulus.withdrawn)
        case SetVariables():
            _set_variables(workflow, spec, stimulus.values)
        case EvaluateConditions():
            pass  # settling looks at every waiting condition


def _complete_step(workflow: LiveWorkflow, stimulus: CompleteStep) -> None:
    task = _waiting_activity(workflow, stimulus.activity_id, HumanStep)
    lookups = workflow.environment.lookups
    element_id = task.task_spec.bpmn_id
    _keep(workflow, stimulus.values, task)
    outcome = stimulus.outcome
    keep_for_results(task, [outcome_variable(element_id)], {outcome_variable(element_id): outcome})
    if task.task_spec.loop is not None and isinstance(task.parent.task_spec, MultiInstance):
        outcome = _outcome_of_runs(task, outcome_kind(lookups.steps.get(element_id), outcome), outcome)
    workflow.environment.store.write(outcome_variable(element_id), outcome)
    if outcome_variable(element_id) in lookups.kept:
        keep_outcome(task.workflow, outcome_variable(element_id), outcome)
    hear_answered(task, outcome_kind(lookups.steps.get(element_id), outcome))
    forget_replaced(task)
    advance(task)


def _outcome_of_runs(run: LiveTask, kind: str, outcome: str) -> str:
    """What the runs of a multi-instance amount to so far: a rejection wins over a return, a return over approvals."""
    given = run.parent.internal_data.setdefault(OUTCOMES, [])
    given.append([kind, outcome])
    decisive = decision((kind, outcome) for kind, outcome in given)
    return outcome if decisive is None else decisive[1]


def _fire_timer(workflow: LiveWorkflow, stimulus: FireTimer, context: StepContext) -> None:
    task = workflow.find(stimulus.activity_id)
    if (
        task is not None
        and task.waiting
        and task.task_spec.name == stimulus.node_id
        and DUE in task.internal_data
        and due_at(task) == as_utc(stimulus.due_at) <= context.at
    ):
        task.task_spec.happen(task)


def _deliver_message(workflow: LiveWorkflow, stimulus: DeliverMessage) -> None:
    task = workflow.find(stimulus.activity_id)
    if (
        task is None
        or task.task_spec.name != stimulus.node_id
        or not (waits_for(task, MessageEventDefinition) or waits_for(task, SignalEventDefinition))
    ):
        raise NotWaiting
    _keep(workflow, stimulus.values, task)
    task.task_spec.happen(task)


def _complete_call(workflow: LiveWorkflow, stimulus: CompleteCall) -> None:
    task = _waiting_activity(workflow, stimulus.activity_id, ServiceCall)
    variable = workflow.environment.lookups.result_variables.get(task.task_spec.bpmn_id)
    values = stimulus.values if variable is None else {variable: stimulus.values}
    _keep(workflow, values, task)
    if stimulus.error is None:
        advance(task)
    else:
        host = task if task.task_spec.loop is None else task.parent
        raise_error(ErrorEventDefinition(stimulus.error, stimulus.error), task, host)


def _set_variables(workflow: LiveWorkflow, spec: ExecutableSpec, values: Mapping[str, Any]) -> None:
    try:
        write_given(workflow, values)
    except DomainError as problem:
        raise map_failed(problem, spec.key, spec.lookups.name_of(spec.key)) from problem


def write_given(workflow: LiveWorkflow, values: Mapping[str, Any]) -> None:
    """Keep values that came from outside, in the runs that hold them too. Outcomes stay. Raises ValueNotStorable."""
    store = workflow.environment.store
    store.write_given(values)
    kept = store.values.keys() - store.outcomes
    follow_writing(workflow, [name for name in values if root_of(name) in kept], store.values)


def _waiting_activity(workflow: LiveWorkflow, activity_id: str, kind: type) -> LiveTask:
    task = workflow.find(activity_id)
    if task is None or not task.ready or not isinstance(task.task_spec, kind):
        raise NotWaiting
    return task


def result_of(workflow: LiveWorkflow, before: Waits, spec: ExecutableSpec) -> StepResult:
    """What changed since ``before``, now that everything waits.

    Raises MapFailed where nothing can go on any more; an instance that has stood so before, and still does, may.
    """
    values = workflow.environment.store.values
    finished = workflow.is_over()
    after = waits_of(workflow)
    if len(after.timers) > TIMERS:
        node_id = next(reversed(after.timers))[1]
        raise map_failed(TooManyTimers(limit=TIMERS), node_id, spec.lookups.name_of(node_id))
    if not finished and (workflow.passed or not after) and stands_still(workflow, after):
        raise _stalled(workflow)
    prune(workflow)
    try:
        state = encode(workflow, values)
    except DomainError as problem:
        raise map_failed(problem, spec.key, spec.lookups.name_of(spec.key)) from problem
    return StepResult(
        state=state,
        finished=finished,
        variables=MappingProxyType(dict(values)),
        opened_steps=_new(before.steps, after.steps),
        closed_steps=_gone(before.steps, after.steps),
        waiting_elements=tuple(one.element_id for one in after.steps.values()),
        opened_timers=_new(before.timers, after.timers),
        ticked_timers=tuple(key for key, timer in after.timers.items() if before.timers.get(key, timer) != timer),
        closed_timers=_gone(before.timers, after.timers),
        opened_messages=_new(before.messages, after.messages),
        closed_messages=_gone(before.messages, after.messages),
        opened_calls=_new(before.calls, after.calls),
        closed_calls=_gone(before.calls, after.calls),
        passed=tuple(workflow.passed),
        thrown=tuple(workflow.thrown),
        decisions=tuple(workflow.decisions),
        end_events=tuple(workflow.end_events),
    )


def _new(before: dict[Any, Any], after: dict[Any, Any]) -> tuple[Any, ...]:
    """What waits now and did not, and the timers that wait for another moment than before."""
    return tuple([opened for key, opened in after.items() if before.get(key) != opened]) if after else ()


def _gone(before: dict[Any, Any], after: dict[Any, Any]) -> tuple[Any, ...]:
    return tuple([key for key in before if key not in after]) if before else ()


def _stalled(workflow: LiveWorkflow) -> DomainError:
    places = waiting_in_vain(workflow)
    return map_failed(Stalled(elements=tuple(dict.fromkeys(places.values()))), *next(iter(places.items())))


def _keep(workflow: LiveWorkflow, values: Mapping[str, Any], task: LiveTask) -> None:
    """Write values from outside into the store; raises MapFailed at the element of ``task``."""
    try:
        keep_apart(task, values)
        workflow.environment.store.write_given(values)
        keep_in_runs(task, values, workflow.environment.store.values)
    except DomainError as problem:
        raise failed_at(task, problem) from problem
