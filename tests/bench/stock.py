"""The measure: SpiffWorkflow as it comes, in memory, nothing stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from bench.figures import seconds
from bench.sale import KEY, sale_xml, variables
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState


@cache
def _specs() -> tuple[Any, Any]:
    parser = BpmnParser()
    parser.add_bpmn_str(sale_xml(for_python=True).encode())
    return parser.get_spec(KEY), parser.get_subprocess_specs(KEY)


class StockInstance:
    """One deal in the stock engine."""

    def __init__(self) -> None:
        spec, subprocesses = _specs()
        self._workflow = BpmnWorkflow(spec, subprocesses)
        self._workflow.task_tree.data.update(variables())
        self._workflow.do_engine_steps()

    def complete(self, name: str, values: Mapping[str, Any]) -> float:
        """Seconds from the decision until everything waits again. Finding the task is not counted."""
        task = self._ready(name)

        def step() -> None:
            task.data.update(values)
            task.run()
            self._workflow.do_engine_steps()

        return seconds(step)

    @property
    def is_over(self) -> bool:
        return bool(self._workflow.completed)

    def _ready(self, name: str) -> Any:
        return next(
            task for task in self._workflow.get_tasks(state=TaskState.READY, manual=True) if task.task_spec.name == name
        )
