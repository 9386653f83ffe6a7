"""SpiffWorkflow's workflow and task, kept to what is alive: no predictions, no data copies, no clock, no tree walks.

Stock predicts the tasks that may come, walks the whole tree after each task, asks the operating system for the time
and builds log records that nobody reads. Here a task exists from the moment its token arrives, and an agenda holds
what can run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.environment import MapEnvironment
from engine.bpmn.guards import DEPTH, TooDeep, map_failed
from engine.bpmn.runtime import MadeDecision, Passed, Thrown

ROOT = "0"
LIVE = TaskState.NOT_FINISHED_MASK


class LiveTask(Task):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A token at an element. Its id counts up within the instance, so that the same step gives the same ids."""

    def __init__(  # stock's own takes the time and a random id
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
        self._parent: str | None = None
        workflow.tasks[self.id] = self
        if parent is not None:
            self.hang_under(parent)

    @property
    def live(self) -> bool:
        return bool(self._state & LIVE)

    @property
    def waiting(self) -> bool:
        return bool(self._state == TaskState.WAITING)

    @property
    def ready(self) -> bool:
        return bool(self._state == TaskState.READY)

    @property
    def parent_id(self) -> str | None:
        return self._parent

    def spawn(self, task_spec: Any) -> LiveTask:
        """A token for ``task_spec`` below this one; it has not arrived yet."""
        return self._add_child(task_spec)

    def arrive(self) -> None:
        """The token is at its element now: the element decides what that means."""
        self.task_spec._update(self)  # noqa: SLF001  # stock's hook

    def wait(self) -> None:
        self._set_state(TaskState.WAITING)

    def begin(self) -> None:
        """What it holds, a scope or runs, goes on below it."""
        self._set_state(TaskState.STARTED)

    def make_ready(self) -> None:
        self._ready()

    def spend(self) -> None:
        """The token went into a join and does not come out again."""
        self._set_state(TaskState.COMPLETED)

    def hang_under(self, parent: LiveTask) -> None:
        self._parent = parent.id
        parent._children.append(self.id)  # the same class

    def forget_children(self) -> None:
        self._children = []

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
    spec: Any
    script_engine: PythonScriptEngine
    top_workflow: LiveWorkflow
    parent_task_id: str | None

    @property
    def parent_task(self) -> LiveTask:
        """The activity that holds this scope; the map itself has none."""
        task: LiveTask = self.top_workflow.get_task_from_id(self.parent_task_id)
        return task

    def live_tasks(self) -> Iterator[LiveTask]:
        return (task for task in list(self.tasks.values()) if task._state & LIVE)  # noqa: SLF001  # a hot loop

    def is_over(self) -> bool:
        tasks = self.tasks.values()
        return not any(task._state & LIVE and not task.task_spec.attends for task in tasks)  # noqa: SLF001  # as above

    def arm_listeners(self) -> None:
        """The scope has begun: from now on its event sub-processes can be started."""
        for listener in self.spec.listeners:
            self.task_tree.spawn(listener).arrive()

    def dismiss_listeners(self) -> None:
        """The scope's own work is over: nothing starts an event sub-process any more."""
        if self.spec.is_attended:
            for task in self.live_tasks():
                if task.task_spec.attends and not (task.task_spec.survives_interruption and self.parent_task_id):
                    task.cancel()

    def interrupt(self, keeping: LiveTask | None = None) -> None:
        """Withdraw all work in the scope, and what waits beside it; what was completed can still be undone."""
        for task in self.live_tasks():
            if task is not keeping and not task.task_spec.survives_interruption:
                task.cancel()

    def enter(self, start: Any) -> None:
        """Put a token on the start event ``start``."""
        self.task_tree.spawn(start).arrive()

    def update_waiting_tasks(self) -> None:
        """Nothing: joins and conditions are looked at when all automatic steps have come to rest."""

    def _task_completed_notify(self, task: LiveTask) -> None:
        """Nothing: a scope is over when no token is left in it, whatever completed last."""


class LiveSubWorkflow(Scope, BpmnSubWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One run of a sub-process or of a called map."""

    def __init__(self, spec: Any, parent_task_id: str, top_workflow: LiveWorkflow) -> None:
        super().__init__(spec, parent_task_id=parent_task_id, top_workflow=top_workflow, deserializing=True)
        self.task_tree = LiveTask(self, spec.start, state=TaskState.COMPLETED, id=ROOT)


class LiveWorkflow(Scope, BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """One instance of a map while it is being stepped.

    Stock's properties for what never changes are attributes here: a step asks for them thirty times.
    """

    environment: MapEnvironment
    top_workflow: Any = None
    parent_task_id = None

    def __init__(self, spec: Any, subprocess_specs: dict[str, Any], engine: PythonScriptEngine | None = None) -> None:
        self.top_workflow = self
        self.last_id = 0
        self.agenda: deque[LiveTask] = deque()
        self.passed: list[Passed] = []
        self.thrown: list[Thrown] = []
        self.decisions: list[MadeDecision] = []
        self.end_events: list[str] = []
        super().__init__(spec, subprocess_specs, script_engine=engine, deserializing=True)
        self.environment = self.script_engine.environment
        self.task_tree = LiveTask(self, spec.start, state=TaskState.COMPLETED, id=ROOT)

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
