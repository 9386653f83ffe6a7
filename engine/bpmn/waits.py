"""What an instance waits for, read off its live tasks."""

from __future__ import annotations

from dataclasses import dataclass, field

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition

from engine.bpmn.activities import HOST, PARAMETERS, HumanStep, ServiceCall
from engine.bpmn.catching_events import CORRELATION, waits_for
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow
from engine.bpmn.runtime import OpenedCall, OpenedMessage, OpenedStep, OpenedTimer
from engine.bpmn.task_data import INDEX, ITEM, RACE
from engine.bpmn.timer_events import DUE, due_at


@dataclass(slots=True)
class Waits:
    """By activity id, or by (activity id, node id) where an activity could wait for several things.

    ``conditions`` counts the conditional events that a change of the deal can wake. What only a step of the instance
    itself could make true is nothing that it can wait for.

    For the sentence that tells what is awaited: ``conditional_events`` are all of them, ``races`` the event gateways
    that waiting events stand behind, ``attached`` the events that only accompany something else that is awaited, with
    what they stand on the border of (empty where they accompany a scope). ``in_vain`` are the names of the places at
    which the work waits where nothing that may happen lets it go on; known only of an instance between its steps.
    ``leads_nowhere`` are the events by which its work does not go on, such as reminders; known only of one without open
    steps and calls.
    """

    steps: dict[str, OpenedStep] = field(default_factory=dict)
    timers: dict[tuple[str, str], OpenedTimer] = field(default_factory=dict)
    messages: dict[tuple[str, str], OpenedMessage] = field(default_factory=dict)
    calls: dict[str, OpenedCall] = field(default_factory=dict)
    conditions: int = 0
    conditional_events: dict[str, str] = field(default_factory=dict)  # activity id -> element id
    races: dict[str, str] = field(default_factory=dict)  # activity id -> the event gateway's
    attached: dict[str, str] = field(default_factory=dict)  # activity id -> the host's
    in_vain: tuple[str, ...] = ()
    leads_nowhere: frozenset[str] = frozenset()  # activity ids

    def __bool__(self) -> bool:
        return bool(self.steps or self.timers or self.messages or self.calls or self.conditions)


def waits_of(workflow: LiveWorkflow) -> Waits:
    waits = Waits()
    for scope in workflow.scopes():
        for task in scope.live_tasks():
            _add(waits, task)
    return waits


def is_awaited(task: LiveTask) -> bool:
    """Whether ``task`` is something that its instance waits for."""
    waits = Waits()
    _add(waits, task)
    return bool(waits)


def _add(waits: Waits, task: LiveTask) -> None:
    spec = task.task_spec
    data = task.internal_data
    if RACE in data:
        waits.races[task.id] = data[RACE]
    if HOST in data or spec.attends:
        waits.attached[task.id] = data.get(HOST, "")
    if task.ready:
        if isinstance(spec, HumanStep):
            waits.steps[task.id] = OpenedStep(task.id, spec.bpmn_id, data.get(INDEX), data.get(ITEM))
        elif isinstance(spec, ServiceCall):
            waits.calls[task.id] = OpenedCall(task.id, spec.bpmn_id, data.get(PARAMETERS, {}))
    elif DUE in data and task.waiting:
        waits.timers[task.id, spec.bpmn_id] = OpenedTimer(task.id, spec.bpmn_id, due_at(task))
    elif waits_for(task, MessageEventDefinition):
        waits.messages[task.id, spec.bpmn_id] = OpenedMessage(
            task.id, spec.bpmn_id, spec.event_definition.name, data.get(CORRELATION, {})
        )
    elif waits_for(task, SignalEventDefinition):
        waits.messages[task.id, spec.bpmn_id] = OpenedMessage(
            task.id, spec.bpmn_id, spec.event_definition.name, {}, kind="signal"
        )
    elif waits_for(task, ConditionalEventDefinition):
        lookups = task.workflow.top_workflow.environment.lookups
        waits.conditional_events[task.id] = spec.bpmn_id
        waits.conditions += spec.event_definition.expression in lookups.on_facts
