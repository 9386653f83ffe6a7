"""Activities: what takes time, and may carry boundary events that live exactly as long as it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import (
    BpmnSpecMixin,
    CallActivityMixin,
    ScriptTaskMixin,
    ServiceTaskMixin,
    SubWorkflowTaskMixin,
    UserTaskMixin,
)

from engine.bpmn.called_approvals import begin_hearing, conclude, hear_asked
from engine.bpmn.compensation import Entry, enter, entries_of, entry_of, undone
from engine.bpmn.elements import Element
from engine.bpmn.live_workflow import LiveSubWorkflow, LiveTask, LiveWorkflow, Scope
from engine.bpmn.run_variables import begin_undecided, forget_outcome, hand_outcomes_on, keep_in_runs, loop_items
from engine.bpmn.task_data import ARRIVED_FROM, ENTRIES, UNDOES

HOST = "host"  # in a boundary event's task: the id of the task that it is attached to
PARAMETERS = "parameters"  # in a service call's task: what the worker gets


class Activity(Element):
    """``boundary`` names the specs of the boundary events attached to it, ``handler`` that of what undoes it."""

    boundary: tuple[str, ...] = ()
    handler: str | None = None
    for_compensation = False  # it is such a handler itself

    def _update_hook(self, my_task: LiveTask) -> bool:
        for name in self.boundary:
            event = my_task.parent.spawn(self._wf_spec.task_specs[name])
            event.internal_data[HOST] = my_task.id
            event.arrive()
        return True

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        self._close_boundary(my_task)
        if UNDOES not in my_task.internal_data:
            if self.handler is not None:
                self.remember(my_task, [])
            super()._on_complete_hook(my_task)
            return
        if self.for_compensation:
            super()._on_complete_hook(my_task)
        undone(my_task)

    def remember(self, my_task: LiveTask, inside: list[Entry], *, in_pieces: bool = False) -> None:
        """Note that ``my_task`` can be undone; the runs of a loop can when the loop is over. Raises MapFailed.

        ``in_pieces``: not as a whole, for it was left by hand.
        """
        entry = entry_of(my_task, inside, in_pieces=in_pieces)
        if self.loop is None:
            enter(my_task, [entry])
        else:
            my_task.parent.internal_data.setdefault(ENTRIES, []).append(entry)

    def _on_cancel(self, my_task: LiveTask) -> None:
        self._close_boundary(my_task)
        super()._on_cancel(my_task)

    def _close_boundary(self, my_task: LiveTask) -> None:
        if self.boundary:
            for event in attached_to(my_task):
                event.cancel()


def attached_to(host: LiveTask) -> Iterator[LiveTask]:
    """The live boundary events of ``host``."""
    return (task for task in host.workflow.live_tasks() if task.internal_data.get(HOST) == host.id)


class HumanStep(Activity, UserTaskMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Waits for a person. A step that opens again has no outcome yet."""

    forgets_outcome = True  # not so for the runs of a multi-instance, whose outcomes are combined

    def _update_hook(self, my_task: LiveTask) -> bool:
        if self.forgets_outcome:
            forget_outcome(my_task.workflow, self.bpmn_id)
        hear_asked(my_task)
        return super()._update_hook(my_task)


class ServiceCall(Activity, ServiceTaskMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Waits for a worker. The parameters are those of the moment at which the call was opened."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = True

    def _update_hook(self, my_task: LiveTask) -> bool:
        self.fill_in(my_task)
        return super()._update_hook(my_task)

    def fill_in(self, my_task: LiveTask) -> None:
        """Give the call the values that its parameters have now. Raises MapFailed."""
        environment = my_task.workflow.top_workflow.environment
        parameters = environment.lookups.calls.get(self.bpmn_id, {})
        if parameters:
            variables = environment.variables(loop_items(my_task))
            my_task.internal_data[PARAMETERS] = {
                name: self.private_copy(my_task, name, value(variables)) for name, value in parameters.items()
            }


class Assignments(Activity, ScriptTaskMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A script task: writes variables, at once."""

    def _run_hook(self, my_task: LiveTask) -> bool:
        written: bool = self._execute(my_task)
        return written


class Withdrawal(Activity, ScriptTaskMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """On a way back: takes away the tokens at ``withdrawn``, names of specs, as an interrupting event would.

    A token that came from there and waits in a join is taken, too, wherever the join stands.
    """

    withdrawn: frozenset[str] = frozenset()

    def _run_hook(self, my_task: LiveTask) -> bool:
        for task in my_task.workflow.live_tasks():
            if task is not my_task and self.takes(task.task_spec.name, task.internal_data.get(ARRIVED_FROM)):
                task.cancel()
            elif task.live:
                task.task_spec.tokens_taken(task, self.withdrawn)
        return True

    def takes(self, spec: str, came_from: str | None) -> bool:
        """Whether it takes a token at ``spec``; ``came_from`` is where one in a join came from, else None."""
        return spec in self.withdrawn or came_from in self.withdrawn


class DecisionStep(Activity, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A business rule task: its decision table decides, at once."""

    def _run_hook(self, my_task: LiveTask) -> bool:
        top = my_task.workflow.top_workflow
        made = top.environment.decide(self.bpmn_id, loop_items(my_task))
        keep_in_runs(my_task, made.kept, top.environment.store.values)
        top.decisions.append(made)
        return True


class Enclosing(Activity):
    """Holds a scope of its own while it runs."""

    spec: str

    def _update_hook(self, my_task: LiveTask) -> bool:
        scope = self.open(my_task)
        scope.enter(self.start_of(my_task, scope))
        return False

    def open(self, my_task: LiveTask) -> LiveSubWorkflow:
        """Begin, with the events at the boundary, and with a scope that no token is in yet. Raises MapFailed."""
        super()._update_hook(my_task)
        top: LiveWorkflow = my_task.workflow.top_workflow
        my_task.begin()
        scope = top.create_subprocess(my_task, self.spec)
        begin_undecided(my_task, scope.spec.outcomes)
        scope.arm_listeners()
        return scope

    def start_of(self, my_task: LiveTask, scope: Scope) -> Any:
        """The start event that a run begins at."""
        del my_task
        return scope.spec.plain_start()

    def close(self, my_task: LiveTask) -> None:
        """The run is over: what was decided in it goes to what follows."""
        hand_outcomes_on(my_task)

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        self.close(my_task)
        scope = my_task.workflow.top_workflow.subprocesses.pop(my_task.id, None)
        if scope is not None and self.handler is None and UNDOES not in my_task.internal_data:
            inside = entries_of(scope)
            if inside or scope.spec.undone_by is not None:
                self.remember(my_task, inside)
        super()._on_complete_hook(my_task)

    def _on_cancel(self, my_task: LiveTask) -> None:
        scope = my_task.workflow.top_workflow.subprocesses.pop(my_task.id, None)
        if scope is not None:
            scope.interrupt()
        super()._on_cancel(my_task)


class SubProcess(Enclosing, SubWorkflowTaskMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    pass


class Call(Enclosing, CallActivityMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A map of its own, whose approvals may decide right behind it."""

    def open(self, my_task: LiveTask) -> LiveSubWorkflow:
        begin_hearing(my_task)
        return super().open(my_task)

    def close(self, my_task: LiveTask) -> None:
        if UNDOES not in my_task.internal_data:
            conclude(my_task)
        super().close(my_task)
