"""SpiffWorkflow's workflow and task, kept to what is alive: no predictions, no data copies, no clock, no tree walks.

Stock predicts the tasks that may come, walks the whole tree after each task, asks the operating system for the time
and builds log records that nobody reads. Here a task exists from the moment its token arrives, and an agenda holds
what can run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.environment import MapEnvironment, MapScriptEngine
from engine.bpmn.guards import DEPTH, TooDeep, map_failed
from engine.bpmn.runtime import Passed, Thrown

ROOT = "0"
LIVE = TaskState.NOT_FINISHED_MASK


class LiveTask(Task):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A token at an element. Its id counts up within the instance, so that the same step gives the same ids."""

    def __init__(  # noqa: PLW0231  # stock takes the time and a random id
        self,
        workflow: Scope,
        task_spec: Any,
        parent: LiveTask | None = None,
        state: int = TaskState.FUTURE,
        id: str | None = None,  # noqa: A002  # stock's name
    ) -> None:
        self.id = id or workflow.top_workflow.next_id()
        self.workflow = workflow
        self.task_spec = task_spec
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.triggered = False
        self.thread_id = 0
        self.last_state_change = 0.0
        self._state = state
        self._children: list[str] = []
        self._parent = None if parent is None else parent.id
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)  # noqa: SLF001  # the same class

    @property
    def live(self) -> bool:
        return bool(self._state & LIVE)

    def _add_child(self, task_spec: Any, state: int = TaskState.FUTURE) -> LiveTask:
        return LiveTask(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        self._state = value

    def cancel(self) -> None:
        """Withdraw the token and what hangs on it: the runs of a loop, then whatever its element opened."""
        if not self.live:
            return
        self._set_state(TaskState.CANCELLED)
        for child in self.children:
            child.cancel()
        self.task_spec._on_cancel(self)  # noqa: SLF001  # stock's hook

    def complete(self) -> None:
        """Complete the task, unless what it did withdrew its own scope (an error, a termination)."""
        if self._state != TaskState.CANCELLED:
            super().complete()


class Scope:
    """What a map and each sub-process in it have in common."""

    tasks: dict[str, LiveTask]
    task_tree: LiveTask

    def live_tasks(self) -> Iterator[LiveTask]:
        return (task for task in list(self.tasks.values()) if task.live)

    def is_over(self) -> bool:
        return not any(task.live for task in self.tasks.values())

    def enter(self, start: Any) -> None:
        """Put a token on the start event ``start``."""
        token = self.task_tree._add_child(start)  # noqa: SLF001  # stock's way to add a token
        start._update(token)  # noqa: SLF001  # stock's way to say that it arrived

    def terminate(self) -> None:
        for task in self.live_tasks():
            task.cancel()

    def update_waiting_tasks(self) -> None:
        """Nothing: joins and conditions are looked at when all automatic steps have come to rest."""

    def _task_completed_notify(self, task: LiveTask) -> None:
        """Nothing: a scope is over when no token is left in it, whatever completed last."""


class LiveSubWorkflow(Scope, BpmnSubWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One run of a sub-process or of a called map."""

    def __init__(self, spec: Any, parent_task_id: str, top_workflow: LiveWorkflow) -> None:
        super().__init__(spec, parent_task_id=parent_task_id, top_workflow=top_workflow, deserializing=True)
        self.task_tree = LiveTask(self, spec.start, state=TaskState.COMPLETED, id=ROOT)

    @property
    def parent_task(self) -> LiveTask:
        task: LiveTask = self.top_workflow.get_task_from_id(self.parent_task_id)
        return task


class LiveWorkflow(Scope, BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One instance of a map while it is being stepped."""

    def __init__(self, spec: Any, subprocess_specs: dict[str, Any], engine: MapScriptEngine | None = None) -> None:
        self.last_id = 0
        self.agenda: deque[LiveTask] = deque()
        self.passed: list[Passed] = []
        self.thrown: list[Thrown] = []
        self.end_events: list[str] = []
        super().__init__(spec, subprocess_specs, script_engine=engine, deserializing=True)
        self.task_tree = LiveTask(self, spec.start, state=TaskState.COMPLETED, id=ROOT)

    @property
    def environment(self) -> MapEnvironment:
        environment: MapEnvironment = self.script_engine.environment
        return environment

    def next_id(self) -> str:
        self.last_id += 1
        return str(self.last_id)

    def scopes(self) -> Iterator[Scope]:
        """The map itself, then its sub-processes, outer ones first."""
        yield self
        yield from list(self.subprocesses.values())

    def find(self, activity_id: str) -> LiveTask | None:
        """The live task of that id, in whatever scope."""
        if activity_id == ROOT:
            return None
        for scope in self.scopes():
            task = scope.tasks.get(activity_id)
            if task is not None:
                return task if task.live else None
        return None

    def get_subprocess_of(self, task_id: str) -> LiveSubWorkflow | None:
        subprocess: LiveSubWorkflow | None = self.subprocesses.get(task_id)
        return subprocess

    def count_tasks(self) -> int:
        return len(self.tasks) + sum(len(scope.tasks) for scope in self.subprocesses.values())

    def count_live(self) -> int:
        return sum(1 for scope in self.scopes() for task in scope.tasks.values() if task.live)

    def create_subprocess(self, my_task: LiveTask, spec_name: str) -> LiveSubWorkflow:
        """Open the scope of a sub-process; raises MapFailed when scopes stand too deep inside one another."""
        subprocess = LiveSubWorkflow(self.subprocess_specs[spec_name], my_task.id, self)
        if subprocess.depth > DEPTH:
            element_id = my_task.task_spec.bpmn_id
            raise map_failed(TooDeep(limit=DEPTH), element_id, self.environment.lookups.name_of(element_id))
        self.subprocesses[my_task.id] = subprocess
        return subprocess
