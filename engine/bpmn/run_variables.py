"""What expressions see inside a run of a loop: the run's item, its counters, and what was written in it.

The counters bear the names of BPMN 2.0 (tables 10.28 and 10.30) and those that most engines give them. The variables
that a run's result is made of belong to the run: what a parallel run writes does not show in another's result. So do
the outcomes of the steps in runs that go on side by side: what is approved in one is not approved in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.elements import COMPLETED, INDEX, ITEM, OPENED, RUNS, WRITTEN
from engine.bpmn.variables import outcome_variable

if TYPE_CHECKING:
    from engine.bpmn.live_workflow import LiveTask, Scope
    from engine.bpmn.lookups import LoopLookup

ACTIVATION_COUNT = "activationCount"  # of a complex gateway: on how many of its arrows a token has come
LOOP_COUNTER = "loopCounter"
COUNTERS = frozenset(
    {
        LOOP_COUNTER,
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
        "numberOfTerminatedInstances",
        "nrOfInstances",
        "nrOfActiveInstances",
        "nrOfCompletedInstances",
    }
)


def loop_items(task: LiveTask) -> dict[str, Any]:
    """The variables of each run that ``task`` belongs to, or that it undoes; those of the innermost win."""
    items: dict[str, Any] = {}
    for run, loop in _runs_around(task):
        for name, value in _of_run(run, loop).items():
            items.setdefault(name, value)
    return items


def keep_in_runs(task: LiveTask, names: Iterable[str], values: Mapping[str, Any]) -> None:
    """Keep what was just written at ``task`` in the innermost run whose result is made of it.

    ``names`` may be dotted; ``values`` is the store after the writing.
    """
    roots = {name.partition(".")[0] for name in names}
    for run, loop in _runs_around(task):
        own = roots & loop.private & values.keys()
        if own:
            written = run.internal_data.setdefault(WRITTEN, {})
            written.update({name: values[name] for name in own})
            roots -= own


def keep_outcome(scope: Scope, name: str, outcome: str | None) -> None:
    """Keep what a step of ``scope`` decided, or that it is to be decided anew (None), in the runs that hold it.

    Of the variable ``name`` the store has the last value that any of the runs gave.
    """
    for run, loop in _runs_around(_holder_of(scope)):
        if loop.side_by_side:
            run.internal_data.setdefault(WRITTEN, {})[name] = outcome


def forget_outcome(scope: Scope, element_id: str) -> None:
    """A step of ``scope`` opens again, or a deal goes back before it: it has no outcome yet, here."""
    environment = scope.top_workflow.environment
    environment.store.clear_outcome(element_id)
    name = outcome_variable(element_id)
    if name in environment.lookups.kept:
        keep_outcome(scope, name, None)


def _runs_around(task: LiveTask | None) -> Iterator[tuple[LiveTask, LoopLookup]]:
    while task is not None:
        loop = task.task_spec.loop or task.task_spec.undone_loop
        if loop is not None:
            yield task, loop
        task = _holder_of(task.workflow)


def _holder_of(scope: Scope) -> LiveTask | None:
    """The task that ``scope`` is the inside of."""
    return None if scope.parent_task_id is None else scope.top_workflow.get_task_from_id(scope.parent_task_id)


def _of_run(run: LiveTask, loop: LoopLookup) -> dict[str, Any]:
    data = run.internal_data
    items: dict[str, Any] = dict(data.get(WRITTEN, {}))
    if INDEX in data:
        items[LOOP_COUNTER] = data[INDEX] + 1
        if loop.item_variable:
            items[loop.item_variable] = data.get(ITEM)
    if run.task_spec.loop is not None and RUNS in run.parent.internal_data:
        items |= _counters(run.parent.internal_data)
    return items


def _counters(loop: Mapping[str, Any]) -> dict[str, int]:
    completed = loop.get(COMPLETED, 0)
    active = loop.get(OPENED, 0) - completed
    return {
        "numberOfInstances": loop[RUNS],
        "numberOfActiveInstances": active,
        "numberOfCompletedInstances": completed,
        "numberOfTerminatedInstances": 0,  # they are withdrawn together, when the loop is over
        "nrOfInstances": loop[RUNS],
        "nrOfActiveInstances": active,
        "nrOfCompletedInstances": completed,
    }
