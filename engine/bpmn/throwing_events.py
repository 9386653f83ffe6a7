"""Events that are thrown, and how they find who catches them inside the instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin, EndEventMixin, IntermediateThrowEventMixin

from engine.bpmn.activities import attached_to
from engine.bpmn.catching_events import waits_for
from engine.bpmn.elements import Element
from engine.bpmn.guards import UncaughtError, map_failed
from engine.bpmn.runtime import Thrown

if TYPE_CHECKING:
    from engine.bpmn.live_workflow import LiveTask, LiveWorkflow, Scope


class _Throwing(Element):
    event_definition: Any

    def _run_hook(self, _my_task: LiveTask) -> bool:
        return True

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        """The event is passed first: what catches it may withdraw the scope that it stands in."""
        super()._on_complete_hook(my_task)
        throw(self.event_definition, my_task)


class ThrowEvent(_Throwing, IntermediateThrowEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    pass


class EndEvent(_Throwing, EndEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Ends a path; a termination ends its scope, an error the scope that somebody handles it around."""

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        top = my_task.workflow.top_workflow
        if my_task.workflow is top:
            top.end_events.append(self.bpmn_id)
        super()._on_complete_hook(my_task)


def throw(definition: Any, thrower: LiveTask) -> None:
    """Let the event happen. Raises MapFailed for an error that nobody handles."""
    top = thrower.workflow.top_workflow
    element_id = thrower.task_spec.bpmn_id
    if isinstance(definition, TerminateEventDefinition):
        thrower.workflow.terminate()
    elif isinstance(definition, SignalEventDefinition):
        top.thrown.append(Thrown("signal", definition.name, element_id))
        for waiting in _waiting_for(top, definition):
            if waiting.live:  # an earlier catcher may have withdrawn it
                waiting.task_spec.happen(waiting)
    elif isinstance(definition, MessageEventDefinition):
        top.thrown.append(Thrown("message", definition.name, element_id))
        for waiting in _waiting_for(top, definition)[:1]:  # a message has one receiver
            waiting.task_spec.happen(waiting)
    elif isinstance(definition, ErrorEventDefinition):
        raise_error(definition, thrower, _around(thrower.workflow))
    elif isinstance(definition, EscalationEventDefinition):
        catcher = _handler(definition, _around(thrower.workflow))
        if catcher is None:
            top.thrown.append(Thrown("escalation", definition.code or definition.name or "", element_id))
        else:
            catcher.task_spec.happen(catcher)


def raise_error(definition: ErrorEventDefinition, thrower: LiveTask, host: LiveTask | None) -> None:
    """Hand the error to the innermost handler at ``host`` or around it; raises MapFailed when there is none."""
    catcher = _handler(definition, host)
    if catcher is None:
        element_id = thrower.task_spec.bpmn_id
        lookups = thrower.workflow.top_workflow.environment.lookups
        problem = UncaughtError(error=definition.code or definition.name or "")
        raise map_failed(problem, element_id, lookups.name_of(element_id))
    catcher.task_spec.happen(catcher)


def _waiting_for(top: LiveWorkflow, definition: Any) -> list[LiveTask]:
    """All that wait for the signal or message of that name, in the order in which they began to wait."""
    kind = type(definition)
    waiting = [
        task
        for scope in top.scopes()
        for task in scope.live_tasks()
        if waits_for(task, kind) and task.task_spec.event_definition.name == definition.name
    ]
    return sorted(waiting, key=lambda task: int(task.id))


def _around(scope: Scope) -> LiveTask | None:
    """The activity that holds ``scope``: the loop, where the scope is one of a loop's runs."""
    if scope.parent_task_id is None:
        return None
    host = scope.parent_task
    return host.parent if host.task_spec.loop is not None else host


def _handler(definition: Any, host: LiveTask | None) -> LiveTask | None:
    """The innermost boundary event for that error or escalation: of its code if there is one, else of any code."""
    while host is not None:
        candidates = [
            event
            for event in attached_to(host)
            if waits_for(event, type(definition)) and event.task_spec.event_definition == definition
        ]
        candidates.sort(key=lambda event: event.task_spec.event_definition.code is None)
        if candidates:
            return candidates[0]
        host = _around(host.workflow)
    return None
