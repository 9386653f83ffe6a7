"""What SpiffWorkflow asks when it wants something of a task evaluated (engine/bpmn/environment.py answers)."""

from __future__ import annotations

from typing import Any, NoReturn

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

from engine.bpmn.environment import MapEnvironment
from engine.bpmn.run_variables import keep_in_runs, keep_outcome, loop_items


class MapScriptEngine(PythonScriptEngine):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Hands each question to the environment with the items of the loops around the task, never with task.data.

    Errors go through as they are: stock wraps them with lines of Python source that a map does not have.
    """

    environment: MapEnvironment

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> bool:
        del external_context
        return self.environment.evaluate(expression, loop_items(task))

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        del external_context
        written = self.environment.execute(script, loop_items(task))
        names = tuple(variable for variable, _ in self.environment.lookups.assignments[script])
        values = self.environment.store.values
        keep_in_runs(task, names, values)
        for name in self.environment.lookups.outcomes.intersection(names):
            keep_outcome(task.workflow, name, values.get(name))
        return written

    def call_service(self, task: Any, **kwargs: Any) -> NoReturn:
        del task
        self.environment.call_service({}, **kwargs)
