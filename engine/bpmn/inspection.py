"""Reading and mending the state of an instance between its steps: what waits, where it could jump, later timers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.bpmn.catching_events import CORRELATION, ends_its_host
from engine.bpmn.compiled import CompiledProcess, StepKind, TimerRule
from engine.bpmn.forward_order import forward_order, inner_scope
from engine.bpmn.jumps import Jump, around, is_leaf, moves_on, plan_jump
from engine.bpmn.jumps import targets as spec_targets
from engine.bpmn.live_workflow import LiveWorkflow
from engine.bpmn.loops import ITEMS, RESULTS
from engine.bpmn.runtime import StepContext
from engine.bpmn.spec import build_spec
from engine.bpmn.standstill import leading_nowhere, stands_still, waiting_in_vain
from engine.bpmn.state_codec import encode, encode_document, read_document
from engine.bpmn.stepper import load, write_given
from engine.bpmn.task_data import ANSWERS, ARRIVED_FROM, ITEM, LAST_DECISION, WRITTEN
from engine.bpmn.throwing_events import is_caught
from engine.bpmn.timer_events import DUE, SINCE, due_at
from engine.bpmn.waits import Waits, waits_of

_OF_RUNS = frozenset({ITEM, ITEMS, RESULTS, WRITTEN, CORRELATION})


class _NoTimes:
    """Nothing is armed while a state is only read."""

    def first(self, rule: TimerRule, at: datetime) -> datetime:
        raise AssertionError(rule, at)

    def next(self, rule: TimerRule, fired: datetime, at: datetime) -> datetime:
        raise AssertionError(rule, fired, at)


_READING = StepContext(at=datetime.min.replace(tzinfo=UTC), due_times=_NoTimes())


def waits_in(process: CompiledProcess, state: bytes) -> Waits:
    """Everything that an instance waits for. Raises UnreadableState."""
    workflow = _read(process, state)
    waits = waits_of(workflow)
    if not workflow.is_over() and stands_still(workflow, waits):
        waits.in_vain = tuple(dict.fromkeys(waiting_in_vain(workflow).values()))
    if not (waits.steps or waits.calls):
        waits.leads_nowhere = leading_nowhere(workflow)
    return waits


def catches_error(process: CompiledProcess, state: bytes, activity_id: str, code: str) -> bool:
    """Whether the map handles the error ``code`` of a call that waits. Raises UnreadableState."""
    task = _read(process, state).find(activity_id)
    return task is not None and is_caught(code, task)


def variables_in(state: bytes) -> Mapping[str, Any]:
    """The instance-wide store of variables. Raises UnreadableState."""
    values: Mapping[str, Any] = read_document(state)[2]
    return values


def answers_in_calls(state: bytes) -> tuple[Any, ...]:
    """What the calls heard so far that a decision will follow, each on its own. Raises UnreadableState."""
    _, _, _, rows, scopes = read_document(state)
    heard = [data for scope in (rows, *(one for _, one in scopes)) for *_, data in scope if data and ANSWERS in data]
    return tuple(
        (tuple(sorted((key.split("/")[1], str(said)) for key, said in data[ANSWERS].items())), *data[LAST_DECISION])
        for data in heard
    )


def with_values(state: bytes, replaced: Callable[[Any], Any]) -> bytes:
    """The same state with other values in its variables, the runs of its loops and what it awaits messages by.

    Where it stands is the same. ``replaced`` is given the variables, and what each run holds. Raises
    UnreadableState.
    """
    document = read_document(state)
    document[2] = replaced(document[2])
    for rows in (document[3], *(rows for _activity, rows in document[4])):
        for row in rows:
            data = row[-1] or {}
            row[-1] = {name: replaced(one) if name in _OF_RUNS else one for name, one in data.items()} or 0
    return encode_document(document)


def with_given(process: CompiledProcess, state: bytes, given: Mapping[str, Any]) -> bytes:
    """The same state with values that came from outside in the store; nothing goes on by it, and outcomes stay.

    Raises UnreadableState, ValueNotStorable.
    """
    workflow = _read(process, state)
    write_given(workflow, given)
    return encode(workflow, workflow.environment.store.values)


def jump_targets(process: CompiledProcess) -> tuple[str, ...]:
    """The elements at which a deal on this map can stand."""
    return tuple(dict.fromkeys(spec_targets(build_spec(process))))


def plan_move(process: CompiledProcess, state: bytes, target: str, withdrawn: Iterable[str] | None = None) -> Jump:
    """What the stimulus MoveToken would do. Raises JumpRefused, UnreadableState."""
    spec = build_spec(process)
    return plan_jump(_read(process, state), spec, target, withdrawn)[0]


def waiting_in_joins(process: CompiledProcess, state: bytes, element: str) -> tuple[tuple[str, ...], ...]:
    """For each running part that holds ``element``, the ids of what waits in its joins. Raises UnreadableState."""
    workflow = _read(process, state)
    return tuple(
        tuple(task.id for task in scope.live_tasks() if ARRIVED_FROM in task.internal_data)
        for scope in workflow.scopes()
        if element in scope.spec.task_specs
    )


def parts_around(process: CompiledProcess, element: str) -> tuple[str, ...]:
    """The sub-processes and calls around ``element``, the innermost first; none where it stands in several."""
    ways = around(build_spec(process), element)
    return ways[0] if len(ways) == 1 else ()


def lie_ahead(process: CompiledProcess, state: bytes, elements: Iterable[str]) -> bool:
    """Whether all of ``elements`` lie ahead of each token: the deal comes by them anew. Raises UnreadableState."""
    wanted, order = frozenset(elements), forward_order(build_spec(process))
    standing = standing_in(process, state)
    return bool(standing) and all(wanted <= order.ahead_of([name]) for name in standing)


def is_apart(process: CompiledProcess, element_id: str) -> bool:
    """Whether the step stands in a part whose runs are each about something else: a position of a list, a request."""
    return element_id in build_spec(process).apart


def standing_in(process: CompiledProcess, state: bytes) -> list[str]:
    """Where the tokens of an instance stand, by the names of its spec. Raises UnreadableState."""
    workflow = _read(process, state)
    return [
        task.task_spec.name
        for scope in workflow.scopes()
        for task in scope.live_tasks()
        if is_leaf(workflow, task) and moves_on(task)
    ]


def with_later_timers(process: CompiledProcess, state: bytes, later: Callable[[str, datetime], datetime]) -> bytes:
    """The same state with every timer due at ``later`` of its event's id and the moment at which it was due.

    The ticks of a cycle that is put off are counted from there.
    """
    workflow = _read(process, state)
    for scope in workflow.scopes():
        for task in scope.live_tasks():
            if DUE not in task.internal_data:
                continue
            due = due_at(task)
            if (put_off := later(task.task_spec.bpmn_id, due)) != due:
                task.internal_data[DUE] = put_off.isoformat()
                task.internal_data.pop(SINCE, None)
    return encode(workflow, workflow.environment.store.values)


def events_ending_approvals(process: CompiledProcess) -> frozenset[str]:
    """The boundary events that, when they happen, take open approvals away from those who are asked."""
    spec = build_spec(process)

    def asks(scope: Any, element: Any) -> bool:
        step = process.steps.get(element.bpmn_id)
        if step is not None and step.kind is StepKind.APPROVAL:
            return True
        repeated = getattr(element, "task_spec", None)  # of a loop: the name of the element that it repeats
        inner = inner_scope(scope.task_specs[repeated] if isinstance(repeated, str) else element)
        within = spec.scopes[inner] if inner is not None else None
        return within is not None and any(asks(within, one) for one in within.task_specs.values())

    return frozenset(
        event
        for scope in spec.scopes.values()
        for host in scope.task_specs.values()
        for event in getattr(host, "boundary", ())
        if scope.task_specs[event].cancel_activity and asks(scope, host)
    )


def events_ending_their_host(process: CompiledProcess) -> frozenset[str]:
    """The events on borders that interrupt, by the names under which they wait."""
    scopes = build_spec(process).scopes.values()
    return frozenset(name for scope in scopes for name, one in scope.task_specs.items() if ends_its_host(one))


def as_continuation(earlier: bytes, of: bytes) -> bytes:
    """The state ``earlier`` as one that follows ``of``: activity ids go on counting, so that none comes twice."""
    document, last = list(read_document(earlier)), read_document(of)[0]
    if document[0] >= last:
        return earlier
    document[0] = last
    return encode_document(document)


def fingerprint(state: bytes) -> str:
    """The same for two states that differ in nothing but how far activity ids were counted. Raises UnreadableState."""
    return hashlib.sha256(encode_document([0, *read_document(state)[1:]])).hexdigest()


def _read(process: CompiledProcess, state: bytes) -> LiveWorkflow:
    return load(build_spec(process), state, _READING)
