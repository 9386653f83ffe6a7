"""Elements of a map as SpiffWorkflow task specs that create their successors when they are passed, not before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin, ExclusiveGatewayMixin, StartEventMixin

from engine.bpmn.guards import NothingDecided, NoWayOpen, ValueNotStorable, map_failed
from engine.bpmn.hearing import hear_decision
from engine.bpmn.live_workflow import LiveTask
from engine.bpmn.lookups import LoopLookup
from engine.bpmn.run_variables import loop_items
from engine.bpmn.runtime import Passed
from engine.bpmn.task_data import RACE, RACE_FLOW
from engine.bpmn.variables import storable
from engine.errors import DomainError, MapFailed


class Element(BpmnTaskSpec):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Base of all. ``flow_ids`` gives the sequence flow that leads to a successor, by the successor's spec name."""

    loop: LoopLookup | None = None  # of the inner element of a loop, whose tasks are the loop's runs
    undone_loop: LoopLookup | None = None  # of what undoes the runs of a loop, one by one
    attends = False  # whether its tasks accompany the work of a scope without holding the scope open
    survives_interruption = False  # whether an interrupting event sub-process leaves its tasks alone
    is_event_sub_process = False
    decides_apart = False  # whether its tasks are the runs of a multi-instance: each is about something else
    side_by_side = False  # and go on at once
    called_elsewhere = False  # whether its tasks are runs of a map that other elements call, too
    at_once = False  # whether its tasks go on before all others: what stands in the store is about them
    flow_ids: dict[str, str]

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.flow_ids = {}

    def begins_beside(self, _my_task: LiveTask) -> bool:
        """Whether this run of a part may go on beside other runs of it, without being a loop's."""
        return False

    def decides(self) -> bool:
        """Whether passing it means that the deal takes one of several ways."""
        return False

    def test(self) -> None:
        """Nothing: the structure was checked when the spec was built."""

    def _predict_hook(self, _my_task: LiveTask) -> None:
        """Nothing: what may come later takes no room in the state."""

    def _update_hook(self, _my_task: LiveTask) -> bool:
        """A token arrived. No data is inherited: conditions read the store."""
        return True

    def _on_ready_hook(self, my_task: LiveTask) -> None:
        if not self.manual:
            agenda = my_task.workflow.top_workflow.agenda
            (agenda.appendleft if self.at_once else agenda.append)(my_task)

    def _run_hook(self, _my_task: LiveTask) -> bool | None:
        """True when the element is done, None while it waits for what it began."""
        return True

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        self.completed_event.emit(my_task.workflow, my_task)
        top = my_task.workflow.top_workflow
        if RACE in my_task.internal_data:
            self.win_race(my_task)
            top.passed.append(Passed(my_task.internal_data[RACE_FLOW], flow=True))
        if self.bpmn_id is not None and self.loop is None:
            top.passed.append(Passed(self.bpmn_id))
        successors = self._successors(my_task)
        if self.decides() or RACE in my_task.internal_data:
            hear_decision(my_task.workflow, (self.flow_ids[one.name] for one in successors))
        for successor in successors:
            flow = self.flow_ids.get(successor.name)
            if flow is not None:
                top.passed.append(Passed(flow, flow=True))
            my_task.spawn(successor)

    def _successors(self, _my_task: LiveTask) -> list[Any]:
        """The specs that get a token; all outputs, unless the element chooses."""
        outputs: list[Any] = self.outputs
        return outputs

    def tokens_taken(self, my_task: LiveTask, sources: Collection[str]) -> None:
        """A withdrawal has taken the tokens that came from ``sources``, names of specs."""

    def win_race(self, my_task: LiveTask) -> None:
        """Withdraw the others behind the same event gateway."""
        race = my_task.internal_data[RACE]
        for rival in my_task.workflow.live_tasks():
            if rival is not my_task and rival.internal_data.get(RACE) == race:
                rival.cancel()

    def private_copy(self, my_task: LiveTask, name: str, value: Any) -> Any:
        """What the state keeps of ``value``; raises MapFailed when it cannot be kept."""
        try:
            return storable(name, value)
        except ValueNotStorable as problem:
            raise self.failed(my_task, problem) from problem

    def failed(self, my_task: LiveTask, problem: DomainError) -> MapFailed:
        """The incident that ``problem`` at this element makes."""
        return map_failed(
            problem, self.bpmn_id, my_task.workflow.top_workflow.environment.lookups.name_of(self.bpmn_id)
        )

    def fail_unless_chosen(self, my_task: LiveTask, chosen: list[Any]) -> None:
        """Raises MapFailed when a decision leads nowhere."""
        if not chosen:
            environment = my_task.workflow.top_workflow.environment
            undecided = environment.undecided(loop_items(my_task), self.flow_ids.values())
            raise self.failed(my_task, NothingDecided(steps="”, “".join(undecided)) if undecided else NoWayOpen())


class Origin(Element, BpmnStartTask):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """The root of a scope, above its start events."""


class Passage(Element):
    """A sequence flow of its own: where two flows lead from one element to another, each must stay itself."""


class StartEvent(Element, StartEventMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Already happened when its token arrives: which start event begins was decided by the stimulus."""


class ExclusiveGateway(Element, ExclusiveGatewayMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One way, the first whose condition is true, else the default; raises MapFailed when there is neither."""

    def decides(self) -> bool:
        return len(self._outputs) > 1

    def _run_hook(self, _my_task: LiveTask) -> bool:
        return True

    def _successors(self, my_task: LiveTask) -> list[Any]:
        specs = self._wf_spec.task_specs
        for condition, name in self.cond_task_specs:
            if condition is not None and condition._matches(my_task):  # noqa: SLF001  # stock's way to ask
                return [specs[name]]
        chosen = [] if self.default_task_spec is None else [specs[self.default_task_spec]]
        self.fail_unless_chosen(my_task, chosen)
        return chosen
