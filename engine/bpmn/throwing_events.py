"""Events that are thrown, and how they find who catches them inside the instance."""

from __future__ import annotations

from itertools import chain
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin, EndEventMixin, IntermediateThrowEventMixin

from engine.bpmn.activities import HOST, attached_to
from engine.bpmn.catching_events import ends_its_host, waits_for
from engine.bpmn.compensation import (
    CompensateEventDefinition,
    compensator_of,
    give_back,
    take_out,
    undo_next,
    withdraw_handlers,
)
from engine.bpmn.elements import Element
from engine.bpmn.guards import CancelNotCaught, UncaughtError, map_failed
from engine.bpmn.hearing import hear_terminated
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow, Scope
from engine.bpmn.run_variables import is_one_of_several, runs_around
from engine.bpmn.runtime import Thrown
from engine.bpmn.scope_events import Listener
from engine.bpmn.task_data import PENDING, UNDONE


class _Throwing(Element):
    event_definition: Any

    def _run_hook(self, my_task: LiveTask) -> bool | None:
        """None while what was completed is being undone: the event goes on when that is done."""
        definition = self.event_definition
        if not isinstance(definition, CompensateEventDefinition | CancelEventDefinition):
            return True
        if UNDONE in my_task.internal_data:
            return True
        if isinstance(definition, CancelEventDefinition):
            my_task.workflow.interrupt(keeping=my_task)
        entries = take_out(my_task, getattr(definition, "activity", None))
        if not entries:
            return True
        my_task.internal_data[PENDING] = entries
        undo_next(my_task)
        return None

    def _on_cancel(self, my_task: LiveTask) -> None:
        """What it was undoing and has not undone yet is completed as before: a later compensation undoes it."""
        if PENDING in my_task.internal_data:
            give_back(my_task)
            withdraw_handlers(my_task)
        super()._on_cancel(my_task)

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        """The event is passed first: what catches it may withdraw the scope that it stands in."""
        super()._on_complete_hook(my_task)
        throw(self.event_definition, my_task)


class ThrowEvent(_Throwing, IntermediateThrowEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    pass


class EndEvent(_Throwing, EndEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Ends a path; a termination ends its scope, an error the scope that somebody handles it around."""

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        if _ends_the_map(my_task.workflow):
            my_task.workflow.top_workflow.end_events.append(self.bpmn_id)
        super()._on_complete_hook(my_task)


def _ends_the_map(scope: Scope) -> bool:
    """Whether an end there is one of the map itself: at its top, or where everything at its top was interrupted."""
    if scope.parent_task_id is None:
        return True
    run = scope.parent_task
    return run.task_spec.is_event_sub_process and run.workflow is scope.top_workflow and run.task_spec.interrupted(run)


def throw(definition: Any, thrower: LiveTask) -> None:
    """Let the event happen. Raises MapFailed for an error that nobody handles."""
    top = thrower.workflow.top_workflow
    element_id = thrower.task_spec.bpmn_id
    if isinstance(definition, TerminateEventDefinition):
        hear_terminated(thrower.workflow)
        thrower.workflow.interrupt()  # who undoes the scope later, undoes what was completed before
    elif isinstance(definition, SignalEventDefinition):
        top.thrown.append(Thrown("signal", definition.name, element_id))
        # What interrupts comes last, so that all on its border happen.
        for waiting in sorted(_waiting_for(top, definition), key=lambda one: ends_its_host(one.task_spec)):
            if waiting.live:  # an earlier catcher may have withdrawn it
                waiting.task_spec.happen(waiting)
    elif isinstance(definition, MessageEventDefinition):
        top.thrown.append(Thrown("message", definition.name, element_id))
        receiver = _receiver_of(definition, thrower)
        if receiver is not None:
            receiver.task_spec.happen(receiver)
    elif isinstance(definition, ErrorEventDefinition):
        raise_error(definition, thrower, None)
    elif isinstance(definition, CancelEventDefinition):
        _cancel_transaction(thrower)
    elif isinstance(definition, EscalationEventDefinition):
        _escalate(definition, thrower)


def _escalate(definition: EscalationEventDefinition, thrower: LiveTask) -> None:
    catcher = _handler(definition, None, thrower.workflow)
    if catcher is not None:
        catcher.task_spec.happen(catcher)
        return
    name = definition.code or definition.name or ""
    thrower.workflow.top_workflow.thrown.append(Thrown("escalation", name, thrower.task_spec.bpmn_id))


def raise_error(definition: ErrorEventDefinition, thrower: LiveTask, host: LiveTask | None) -> None:
    """Hand the error to the innermost handler; raises MapFailed when there is none.

    ``host`` is the activity that failed, None for an error event: that is handled around its scope alone.
    """
    catcher = _handler(definition, host, thrower.workflow if host is None else _scope_around(host))
    if catcher is None:
        element_id = thrower.task_spec.bpmn_id
        lookups = thrower.workflow.top_workflow.environment.lookups
        problem = UncaughtError(error=definition.code or definition.name or "")
        raise map_failed(problem, element_id, lookups.name_of(element_id))
    catcher.task_spec.happen(catcher)


def is_caught(code: str, failing: LiveTask) -> bool:
    """Whether an error of the activity ``failing`` has a handler."""
    host = failing if failing.task_spec.loop is None else failing.parent
    return _handler(ErrorEventDefinition(code, code), host, _scope_around(host)) is not None


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


def _receiver_of(message: MessageEventDefinition, thrower: LiveTask) -> LiveTask | None:
    """The one that a message is for: the first that waits in the run that it was thrown in, else the first anywhere.

    Of runs inside runs that is the innermost in which one waits: an answer inside a run is about what the run is about.
    An event on the border of a run is for that run's messages, where nothing inside of it waits for them.
    """
    waiting = _waiting_for(thrower.workflow.top_workflow, message)
    holders = [{run.id for run in runs_around(task.workflow)} for task in waiting] if len(waiting) > 1 else []
    for run in runs_around(thrower.workflow) if holders else ():
        if is_one_of_several(run):
            inside = (task for task, around in zip(waiting, holders, strict=True) if run.id in around)
            on_its_border = (task for task in waiting if task.internal_data.get(HOST) == run.id)
            receiver = next(chain(inside, on_its_border), None)
            if receiver is not None:
                return receiver
    return next(iter(waiting), None)


def _around(scope: Scope) -> LiveTask | None:
    """The activity that holds ``scope``: the loop, where the scope is one of a loop's runs."""
    if scope.parent_task_id is None:
        return None
    host = scope.parent_task
    is_run = host.task_spec.loop is not None and compensator_of(host) is None
    return host.parent if is_run else host


def _handler(definition: Any, host: LiveTask | None, scope: Scope) -> LiveTask | None:
    """The innermost handler of that error or escalation: of its code if there is one, else of any code.

    At each level the events on the border of the activity come before the event sub-processes of the scope that it
    stands in. What an event sub-process throws is never handled by itself.
    """
    thrown_by: str | None = None
    while True:
        candidates = list(attached_to(host)) if host is not None else []
        found = _matching(definition, candidates) or _matching(definition, _listeners(scope, except_for=thrown_by))
        host = _around(scope)
        if found is not None or host is None:
            return found
        thrown_by = host.task_spec.name if host.task_spec.is_event_sub_process else None
        scope = _scope_around(host)


def _scope_around(host: LiveTask) -> Scope:
    """The scope that ``host`` works for: what undoes something works for the event that threw the compensation."""
    while (compensator := compensator_of(host)) is not None:
        host = compensator
    return host.workflow


def _listeners(scope: Scope, *, except_for: str | None) -> list[LiveTask]:
    return [
        task
        for task in (scope.live_tasks() if scope.spec.listeners else ())
        if isinstance(task.task_spec, Listener) and task.task_spec.handler != except_for
    ]


def _matching(definition: Any, candidates: list[LiveTask]) -> LiveTask | None:
    matching = [
        event
        for event in candidates
        if waits_for(event, type(definition)) and event.task_spec.event_definition == definition
    ]
    return min(matching, key=lambda event: event.task_spec.event_definition.code is None, default=None)


def _cancel_transaction(thrower: LiveTask) -> None:
    """Leave the transaction by the cancel event on its border; raises MapFailed when there is none."""
    host = _around(thrower.workflow)
    for event in attached_to(host) if host is not None else ():
        if waits_for(event, CancelEventDefinition):
            event.task_spec.happen(event)
            return
    raise thrower.task_spec.failed(thrower, CancelNotCaught())
