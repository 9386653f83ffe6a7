"""Activities that run several times. The loop is one task; each run is a child of it.

Stock connects a loop to its runs only in the process that created them, so that a multi-instance read from a database
never completes. Here ``build_spec`` connects them, for every process that loads the map.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask

from engine.bpmn.activities import Activity
from engine.bpmn.compensation import enter
from engine.bpmn.counters import LOOP_COUNTER
from engine.bpmn.expressions import kind_of
from engine.bpmn.guards import LOOP_RUNS, RunsNotCountable, RunsNotWhole, TooManyRuns
from engine.bpmn.live_workflow import LiveTask
from engine.bpmn.lookups import LoopLookup
from engine.bpmn.run_variables import forget_outcome, keep_apart, keep_in_runs, loop_items
from engine.bpmn.task_data import COMPLETED, ENTRIES, INDEX, ITEM, OPENED, RUNS

ITEMS = "items"
RESULTS = "results"  # [index, result] of each completed run
OUTCOMES = "outcomes"  # (kind, id) of the runs so far
_LONGEST_NUMBER = 40  # of what an incident shows


class _Loop(Activity, LoopTask, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """``task_spec`` names the inner element, whose tasks are the runs."""

    def __init__(self, wf_spec: Any, bpmn_id: str, inner: str, rule: LoopLookup) -> None:
        super().__init__(wf_spec, bpmn_id)
        self.task_spec = inner
        self.rule = rule

    def _open_run(self, my_task: LiveTask) -> None:
        loop = my_task.internal_data
        run = my_task.spawn(self._wf_spec.task_specs[self.task_spec])
        run.triggered = True
        index = run.internal_data[INDEX] = loop.get(OPENED, 0)
        if loop.get(ITEMS) is not None:
            run.internal_data[ITEM] = loop[ITEMS][index]
        loop[OPENED] = index + 1
        run.arrive()

    def _on_complete_hook(self, my_task: LiveTask) -> None:
        """What its runs did can be undone from now on."""
        entries = my_task.internal_data.pop(ENTRIES, None)
        if entries:
            enter(my_task, entries)
        super()._on_complete_hook(my_task)

    def _is_enough(self, run: LiveTask) -> bool:
        """Whether the completion condition holds, seen from the run that has just completed."""
        if self.rule.completion is None and self.rule.again_while is None:
            return False
        return self._holds_no_more(run.workflow.top_workflow.environment.variables(loop_items(run)))

    def _holds_no_more(self, variables: Mapping[str, Any]) -> bool:
        if self.rule.again_while is not None:
            return not self.rule.again_while(variables)
        return self.rule.completion is not None and self.rule.completion(variables)

    def run_completed(self, _workflow: Any, run: LiveTask) -> None:
        raise NotImplementedError

    def _counted(self, my_task: LiveTask, value: Any) -> int:
        """``value`` as a count from 0; raises MapFailed when it is none."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.failed(my_task, RunsNotCountable(kind=kind_of(value)))
        if not isfinite(value) or value != int(value) or value < 0:
            raise self.failed(my_task, RunsNotWhole(value=str(value)[:_LONGEST_NUMBER]))
        return int(value)

    def _finish(self, my_task: LiveTask) -> None:
        """Withdraw the runs that are still open, and let the loop go on."""
        for run in my_task.children:
            run.cancel()
        my_task.make_ready()


class MultiInstance(_Loop):
    """A known number of runs, all at once or one after the other."""

    def __init__(self, wf_spec: Any, bpmn_id: str, inner: str, rule: LoopLookup, *, sequential: bool) -> None:
        super().__init__(wf_spec, bpmn_id, inner, rule)
        self.sequential = sequential

    def _update_hook(self, my_task: LiveTask) -> bool:
        super()._update_hook(my_task)
        forget_outcome(my_task.workflow, self.bpmn_id)
        runs, items = self._extent(my_task)
        my_task.internal_data[RUNS] = runs
        if items is not None:
            my_task.internal_data[ITEMS] = items
        if runs == 0:
            self._give_results(my_task)
            return True
        my_task.begin()
        for _ in range(1 if self.sequential else runs):
            self._open_run(my_task)
        return False

    def _extent(self, my_task: LiveTask) -> tuple[int, list[Any] | None]:
        """How many runs there are, and their items; raises MapFailed when that is no number or too many."""
        environment = my_task.workflow.top_workflow.environment
        variables = environment.variables(loop_items(my_task))
        items: list[Any] | None = None
        runs: int | None
        if self.rule.collection is not None:
            value = self.rule.collection(variables)
            if not isinstance(value, list | tuple):
                raise self.failed(my_task, RunsNotCountable(kind=kind_of(value)))
            if len(value) > LOOP_RUNS:
                raise self.failed(my_task, TooManyRuns(count=len(value), limit=LOOP_RUNS))
            items = [self.private_copy(my_task, self.rule.item_variable or self.bpmn_id, item) for item in value]
            runs = len(items)
        else:
            value = None if self.rule.cardinality is None else self.rule.cardinality(variables)
            runs = self._counted(my_task, value)
        if runs > LOOP_RUNS:
            raise self.failed(my_task, TooManyRuns(count=runs, limit=LOOP_RUNS))
        return runs, items

    def run_completed(self, _workflow: Any, run: LiveTask) -> None:
        my_task = run.parent
        loop = my_task.internal_data
        loop[COMPLETED] = loop.get(COMPLETED, 0) + 1
        if self.rule.output_element is not None:
            variables = run.workflow.top_workflow.environment.variables(loop_items(run))
            result = self.private_copy(run, self.rule.output_collection or "", self.rule.output_element(variables))
            loop.setdefault(RESULTS, []).append([run.internal_data[INDEX], result])
        if loop[COMPLETED] == loop[RUNS] or self._is_enough(run):
            self._give_results(my_task)
            self._finish(my_task)
        elif self.sequential:
            self._open_run(my_task)

    def _give_results(self, my_task: LiveTask) -> None:
        """Write the list of what the completed runs gave, in the order of the runs, over that of an earlier round.

        Inside of runs that go on side by side, the list is of the run in which it was made.
        """
        if self.rule.output_collection is not None:
            results = sorted(my_task.internal_data.pop(RESULTS, []), key=lambda result: int(result[0]))
            store, name = my_task.workflow.top_workflow.environment.store, self.rule.output_collection
            keep_apart(my_task, [name])
            store.write(name, [result for _, result in results])
            keep_in_runs(my_task, [name], store.values)


class StandardLoop(_Loop):
    """Runs again until its condition says that it is enough, or ``maximum`` runs were made."""

    def __init__(self, wf_spec: Any, bpmn_id: str, inner: str, rule: LoopLookup, *, test_before: bool) -> None:
        super().__init__(wf_spec, bpmn_id, inner, rule)
        self.test_before = test_before

    def _update_hook(self, my_task: LiveTask) -> bool:
        super()._update_hook(my_task)
        if self.test_before and (self._maximum(my_task) == 0 or self._is_over_before(my_task)):
            return True
        my_task.begin()
        self._open_run(my_task)
        return False

    def _is_over_before(self, my_task: LiveTask) -> bool:
        """Whether there is not even a first run."""
        environment = my_task.workflow.top_workflow.environment
        return self._holds_no_more(environment.variables({**loop_items(my_task), LOOP_COUNTER: 0}))

    def _maximum(self, my_task: LiveTask) -> int | None:
        """How many runs there are at most, None without a bound; raises MapFailed when that is no number."""
        if self.rule.cardinality is None:
            return None
        environment = my_task.workflow.top_workflow.environment
        value = self.rule.cardinality(environment.variables(loop_items(my_task)))
        return self._counted(my_task, value)

    def run_completed(self, _workflow: Any, run: LiveTask) -> None:
        my_task = run.parent
        maximum = self._maximum(my_task)
        if self._is_enough(run) or (maximum is not None and my_task.internal_data[OPENED] >= maximum):
            self._finish(my_task)
        else:
            self._open_run(my_task)
