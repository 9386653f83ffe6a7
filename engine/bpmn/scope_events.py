"""Event sub-processes: what starts them waits beside the work of its scope, for as long as there is any.

A listener is the start event of an event sub-process, armed in the scope around it. It holds the scope open no longer
than the scope's own work does. An interrupting one withdraws everything in the scope, itself and its fellows included;
one beside the work opens its sub-process again each time that it happens.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin, SubWorkflowTaskMixin

from engine.bpmn.activities import Enclosing
from engine.bpmn.catching_events import Waiting
from engine.bpmn.hearing import hear_decision
from engine.bpmn.live_workflow import LiveTask, Scope
from engine.bpmn.timer_events import StoredTimer

BEGAN_AT = "start"  # in the task of an event sub-process: the start event that happened


class EventSubProcess(Enclosing, SubWorkflowTaskMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One run of an event sub-process. No flow leads to it and none leaves it."""

    is_event_sub_process = True

    def begins_beside(self, my_task: LiveTask) -> bool:
        """What does not interrupt can happen again while its first run goes on."""
        return not self.interrupted(my_task)

    def interrupted(self, my_task: LiveTask) -> bool:
        """Whether this run has withdrawn all the other work of its scope."""
        began_at = my_task.internal_data.get(BEGAN_AT)
        return began_at is not None and bool(self._wf_spec.task_specs[began_at].interrupting)

    def start_of(self, my_task: LiveTask, scope: Scope) -> Any:
        began_at = my_task.internal_data.get(BEGAN_AT)
        return scope.spec.plain_start() if began_at is None else scope.spec.task_specs[began_at]


class Listener(Waiting, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Waits for what starts the event sub-process ``handler``."""

    attends = True

    def __init__(self, wf_spec: Any, bpmn_id: str, event_definition: Any, handler: str, *, interrupting: bool) -> None:
        super().__init__(wf_spec, bpmn_id)
        self.event_definition = event_definition
        self.handler = handler
        self.interrupting = interrupting

    def happen(self, my_task: LiveTask) -> None:
        scope = my_task.workflow
        if self.interrupting:
            scope.interrupt()
        elif not self._goes_on_waiting(my_task):
            my_task.spend()
        hear_decision(scope, ())
        run = scope.task_tree.spawn(self._wf_spec.task_specs[self.handler])
        run.internal_data[BEGAN_AT] = self.name
        run.arrive()

    def _goes_on_waiting(self, my_task: LiveTask) -> bool:
        if isinstance(self.event_definition, StoredTimer):
            return self.event_definition.repeats and self.event_definition.tick(my_task)
        return True
