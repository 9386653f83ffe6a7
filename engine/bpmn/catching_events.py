"""Events that wait: between steps, behind an event gateway, at the boundary of an activity."""

from __future__ import annotations

import json
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import (
    BoundaryEventMixin,
    BpmnSpecMixin,
    IntermediateCatchEventMixin,
)

from engine.bpmn.activities import HOST
from engine.bpmn.elements import Element
from engine.bpmn.expressions import NullCondition
from engine.bpmn.guards import CORRELATION_BYTES, ValuesTooLarge
from engine.bpmn.live_workflow import LiveTask
from engine.bpmn.run_variables import loop_items
from engine.bpmn.runtime import Passed
from engine.bpmn.task_data import RACE, RACE_FLOW
from engine.bpmn.timer_events import StoredTimer
from engine.errors import MapFailed

CORRELATION = "correlation"
HELD = "held"  # of a conditional event: its condition was true when it was last looked at


class EventGateway(Element, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Opens everything behind it, and the first to happen withdraws the others.

    Events stand behind it, or steps in which a person says that the event happened. Stock moves the events into the
    gateway, where two timers share one due date.
    """

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        """The flow taken is known, and recorded, when one of the events happens."""
        my_task.workflow.top_workflow.passed.append(Passed(self.bpmn_id))
        for successor in self.outputs:
            rival = my_task.spawn(successor)
            rival.internal_data[RACE] = my_task.id
            rival.internal_data[RACE_FLOW] = self.flow_ids[successor.name]


class Waiting(Element):
    """Arms its event when the token arrives, and lets the token go when the event happens."""

    event_definition: Any

    def _update_hook(self, my_task: LiveTask) -> bool:
        if isinstance(self.event_definition, NoneEventDefinition):
            return True
        my_task.wait()
        if isinstance(self.event_definition, StoredTimer):
            self.event_definition.arm(my_task)
        elif isinstance(self.event_definition, MessageEventDefinition):
            self.correlate(my_task)
        return False

    def correlate(self, my_task: LiveTask) -> None:
        """Wait for the message that carries what the variables say now."""
        environment = my_task.workflow.top_workflow.environment
        message = environment.lookups.messages.get(self.bpmn_id)
        if message is not None and message.correlation:
            variables = environment.variables(loop_items(my_task))
            correlation = {
                key: self.private_copy(my_task, key, value(variables)) for key, value in message.correlation.items()
            }
            size = len(json.dumps(correlation, default=str, ensure_ascii=False).encode())
            if size > CORRELATION_BYTES:
                raise self.failed(my_task, ValuesTooLarge(size=size, limit=CORRELATION_BYTES))
            my_task.internal_data[CORRELATION] = correlation

    def _run_hook(self, _my_task: LiveTask) -> bool:
        return True

    def _on_cancel(self, my_task: LiveTask) -> None:
        self.cancelled_event.emit(my_task.workflow, my_task)

    def happen(self, my_task: LiveTask) -> None:
        """The event happened: the token goes on."""
        if RACE in my_task.internal_data:
            self.win_race(my_task)  # at once: what happens next in this step must not reach a rival
        my_task.make_ready()


class CatchEvent(Waiting, IntermediateCatchEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    pass


class BoundaryEvent(Waiting, BoundaryEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Interrupting: withdraws its host.

    Not interrupting: sends a token beside it and goes on waiting, unless it is a timer whose last moment this was.
    """

    def decides(self) -> bool:
        return True

    def happen(self, my_task: LiveTask) -> None:
        host = my_task.workflow.tasks[my_task.internal_data[HOST]]
        if self.cancel_activity:
            del my_task.internal_data[HOST]  # else the host would take its own interrupter with it
            host.cancel()
            my_task.make_ready()
        elif self._goes_on_waiting(my_task):
            my_task.parent.spawn(self).make_ready()
        else:
            del my_task.internal_data[HOST]
            my_task.make_ready()

    def _goes_on_waiting(self, my_task: LiveTask) -> bool:
        if isinstance(self.event_definition, StoredTimer):
            return self.event_definition.repeats and self.event_definition.tick(my_task)
        return True


def ends_its_host(spec: Any) -> bool:
    """Whether ``spec`` is an event on a border that withdraws what it is attached to, with all other events there."""
    return isinstance(spec, BoundaryEvent) and bool(spec.cancel_activity)


def rises(task: LiveTask) -> bool:
    """Whether the condition of a waiting conditional event has become true since it was last looked at."""
    definition = task.task_spec.event_definition
    held = task.internal_data.get(HELD, False)
    try:
        holds: bool = task.workflow.script_engine.evaluate(task, definition.expression)
    except MapFailed as failure:
        if not isinstance(failure.params.get("problem"), NullCondition):
            raise
        holds = False  # nobody has filled in yet what it reads
    if holds:
        task.internal_data[HELD] = True
    else:
        task.internal_data.pop(HELD, None)
    return holds and not held


def waits_for(task: LiveTask, kind: type) -> bool:
    """Whether ``task`` is a waiting event of that kind of definition."""
    return task.waiting and isinstance(getattr(task.task_spec, "event_definition", None), kind)
