"""Whether an instance stands still: what it waits for can happen, and the work would go on by none of it.

An event that interrupts nothing, on the border of a sub-process or beside the work, sends another token along a way of
its own: a reminder, an answer to the client. Where the work itself waits for what cannot come, it waits in vain
whatever that token does, unless that comes to where the work waits, takes its tokens away, fails for a handler around
it, or writes what a condition of the work reads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition, TerminateEventDefinition

from engine.bpmn.activities import HOST, Assignments, DecisionStep, HumanStep, ServiceCall, Withdrawal
from engine.bpmn.catching_events import BoundaryEvent, waits_for
from engine.bpmn.forward_order import inner_scope
from engine.bpmn.joins import ComplexGateway
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow
from engine.bpmn.scope_events import Listener
from engine.bpmn.task_data import ARRIVED_FROM
from engine.bpmn.throwing_events import EndEvent, ThrowEvent
from engine.bpmn.waits import Waits, is_awaited

_WITH_VALUES = (MessageEventDefinition, SignalEventDefinition)
_WRITE = (HumanStep, ServiceCall, Assignments, DecisionStep)
_HANDLED = (ErrorEventDefinition, EscalationEventDefinition)
_END_THE_SCOPE = (TerminateEventDefinition, CancelEventDefinition)


def stands_still(workflow: LiveWorkflow, waits: Waits) -> bool:
    """Whether nothing that ``workflow``, which is not over, waits for could let its work go on."""
    return not (waits.steps or waits.calls) and not (waits and _Standing(workflow).can_go_on())


def leading_nowhere(workflow: LiveWorkflow) -> frozenset[str]:
    """Of the events that an instance without open steps waits for, those by which its work does not go on: by id."""
    return _Standing(workflow).leading_nowhere()


def waiting_in_vain(workflow: LiveWorkflow) -> dict[str, str]:
    """Where the work of an instance waits that stands still, else all that holds it: element ids with their names.

    What has no name, as most joins, is called by what follows it.
    """
    holding = [
        task
        for scope in workflow.scopes()
        for task in scope.live_tasks()
        if task.task_spec.bpmn_id and not task.task_spec.attends
    ]
    waiting = [task for task in holding if task.waiting and HOST not in task.internal_data]
    names = workflow.environment.lookups.names
    return {task.task_spec.bpmn_id: _called(task.task_spec, names) for task in waiting or holding}


def _called(spec: Any, names: Mapping[str, str]) -> str:
    following = chain([spec], _from_here_on(spec))
    return next((name for one in following if (name := names.get(one.bpmn_id))), "") or str(spec.bpmn_id)


class _Standing:
    """An instance without open steps and calls."""

    def __init__(self, workflow: LiveWorkflow) -> None:
        self._inside_of = workflow.subprocess_specs
        self._live = [task for scope in workflow.scopes() for task in scope.live_tasks()]
        self._judged: set[str] = set()
        self._conditions_wait = any(map(_waits_for_values, self._live))

    def can_go_on(self) -> bool:
        return any(is_awaited(task) and self._lets_go_on(task) for task in self._live)

    def leading_nowhere(self) -> frozenset[str]:
        found = set[str]()
        for event in filter(is_awaited, self._live):
            self._judged.clear()
            if not self._lets_go_on(event):
                found.add(event.id)
        return frozenset(found)

    def _lets_go_on(self, event: LiveTask) -> bool:
        """Whether the work may go on by that event; of those that lead to each other, each is judged once."""
        if not _is_beside(event):
            return True
        if event.id in self._judged:
            return False
        self._judged.add(event.id)
        spec, scope = event.task_spec, event.workflow
        own = [] if isinstance(spec, Listener) else list(_from_here_on(spec))
        begun = [scope.spec.task_specs[spec.handler]] if isinstance(spec, Listener) else own
        passed = [*own, *self._everything_in(begun)]
        joins = {task.task_spec for task in scope.live_tasks() if task.waiting and ARRIVED_FROM in task.internal_data}
        return (
            not joins.isdisjoint(own)
            or any(isinstance(one, Withdrawal) or _throws(one, _END_THE_SCOPE) for one in own)
            or (self._conditions_wait and _brings_values(event, passed))
            or (any(map(_may_be_handled_around, passed)) and any(map(self._lets_go_on, self._handlers())))
        )

    def _handlers(self) -> Iterator[LiveTask]:
        """What waits for errors and escalations."""
        return (task for task in self._live if any(waits_for(task, kind) for kind in _HANDLED))

    def _everything_in(self, parts: Iterable[Any]) -> Iterator[Any]:
        """The elements in those of ``parts`` that hold a scope, however deep."""
        waiting, seen = list(parts), set[str]()
        while waiting:
            one = waiting.pop()
            repeated = getattr(one, "task_spec", None)  # of a loop: the name of the element that it repeats
            inner = inner_scope(one._wf_spec.task_specs[repeated] if isinstance(repeated, str) else one)  # noqa: SLF001  # stock's name
            if inner is not None and inner not in seen:
                seen.add(inner)
                within = self._inside_of[inner].task_specs.values()
                waiting += within
                yield from within


def _is_beside(event: LiveTask) -> bool:
    """Whether the event, when it happens, leaves all that waits where it is."""
    spec = event.task_spec
    if isinstance(spec, Listener):
        return not spec.interrupting
    return isinstance(spec, BoundaryEvent) and HOST in event.internal_data and not spec.cancel_activity


def _waits_for_values(task: LiveTask) -> bool:
    """Whether the work waits there for what a condition reads."""
    if isinstance(task.task_spec, ComplexGateway):
        lookups = task.workflow.top_workflow.environment.lookups
        return task.waiting and task.task_spec.bpmn_id not in lookups.on_tokens
    return waits_for(task, ConditionalEventDefinition) and not _is_beside(task)


def _brings_values(event: LiveTask, passed: Iterable[Any]) -> bool:
    return any(waits_for(event, kind) for kind in _WITH_VALUES) or any(isinstance(one, _WRITE) for one in passed)


def _may_be_handled_around(spec: Any) -> bool:
    return isinstance(spec, ServiceCall) or _throws(spec, _HANDLED)


def _throws(spec: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(spec, ThrowEvent | EndEvent) and isinstance(spec.event_definition, kinds)


def _from_here_on(spec: Any) -> Iterator[Any]:
    """The elements of its scope that a token which leaves ``spec`` can come to, nearest first."""
    seen: set[Any] = set()
    waiting = deque(spec.outputs)
    while waiting:
        one = waiting.popleft()
        if one not in seen:
            seen.add(one)
            yield one
            waiting += one.outputs
            waiting += [one._wf_spec.task_specs[name] for name in getattr(one, "boundary", ())]  # noqa: SLF001  # stock's name
