"""What expressions see inside a run of a loop: the run's item, its counters, and what was written in it.

The variables that a run's result is made of belong to the run: what a parallel run writes does not show in another's
result. So do all values that are written in runs which go on side by side.

The outcomes of steps belong to the run of the part in which they stand, whatever makes it run several times: a loop,
two tokens, an event that happens twice, two calls of one map. What is approved in one run is not approved in another.
A run that ends hands its outcomes on to what follows; those of a multi-instance decide together, as its steps do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from engine.bpmn.counters import LOOP_COUNTER
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow, Scope
from engine.bpmn.lookups import LoopLookup
from engine.bpmn.task_data import COMPLETED, DECIDED, INDEX, ITEM, OPENED, RUNS, UNDOES, WRITTEN
from engine.bpmn.variables import decided_together, keep_part, outcome_variable, root_of


def loop_items(task: LiveTask) -> dict[str, Any]:
    """The variables of each run that ``task`` belongs to, or that it undoes; those of the innermost win."""
    items: dict[str, Any] = {}
    for run, loop in _runs_around(task):
        for name, value in (_of_run(run, loop) if loop is not None else run.internal_data.get(WRITTEN, {})).items():
            items.setdefault(name, value)
    return items


def keep_in_runs(task: LiveTask, names: Iterable[str], values: Mapping[str, Any]) -> None:
    """Keep what was just written at ``task`` in the runs that it belongs to.

    Of a result's variables that is the innermost run whose result is made of them, of all of them each run that goes on
    beside others. What runs beside one of these does not see it; whatever else runs does.
    ``names`` may be dotted; ``values`` is the store after the writing. Outcomes are none of them: see ``keep_outcome``.
    """
    kept = values.keys() - task.workflow.top_workflow.environment.store.outcomes
    written = [name for name in names if root_of(name) in kept]
    keep_for_results(task, written, values)
    writers = [run for run, _ in _runs_around(task)]
    for run in writers:
        if written and _is_beside_others(run):
            _keep_parts(run, written, values)
    follow_writing(task.workflow.top_workflow, written, values, writers)


def keep_apart(task: LiveTask, names: Iterable[str]) -> None:
    """People or a message are about to give ``names`` at ``task``: the runs beside its own see on what they saw.

    What a script or a table writes they do see, as long as they have no value of their own: so a map counts over runs.
    """
    store = task.workflow.top_workflow.environment.store
    roots = {root_of(name) for name in names} - store.outcomes
    for run, _ in _runs_around(task):
        if roots and _is_beside_others(run):
            for twin in _twins(run):
                if _kin(twin) == _kin(run):
                    seen = {**store.values, **loop_items(twin)}
                    kept = {name: seen.get(name) for name in sorted(roots) if store.keeps(name)}
                    twin.internal_data[WRITTEN] = kept | twin.internal_data.get(WRITTEN, {})


def keep_for_results(task: LiveTask, names: Iterable[str], values: Mapping[str, Any]) -> None:
    """Keep what was just written at ``task`` in the innermost run whose result is made of it."""
    left = [name for name in names if root_of(name) in values]
    for run, loop in _runs_around(task):
        own = [name for name in left if loop is not None and root_of(name) in loop.private]
        if own:
            _keep_parts(run, own, values)
            left = [name for name in left if name not in own]


def _keep_parts(run: LiveTask, names: Iterable[str], values: Mapping[str, Any]) -> None:
    own = run.internal_data.setdefault(WRITTEN, {})
    for name in names:
        keep_part(own, name, values)


def follow_writing(
    top: LiveWorkflow, names: Collection[str], values: Mapping[str, Any], writers: Collection[LiveTask] = ()
) -> None:
    """Let runs with values of their own take over what was written outside of them, unless by what runs beside them."""
    if not names or not top.subprocesses:
        return
    written_in = {_kin(one) for one in writers}
    for scope in list(top.subprocesses.values()):
        run = scope.parent_task
        around = [one for one, _ in _runs_around(run, is_around=True)]
        if run in writers or not _is_beside_others(run):
            continue
        if any(_is_beside_others(one) and one not in writers and _kin(one) in written_in for one in around):
            continue
        written = run.internal_data.get(WRITTEN, {})
        for name in names:
            if root_of(name) in written:
                keep_part(written, name, values)


def _kin(run: LiveTask) -> tuple[Scope, Any]:
    """What it has in common with the runs beside it."""
    return run.workflow, run.parent if run.task_spec.loop is not None else run.task_spec


def _is_beside_others(run: LiveTask) -> bool:
    """Whether it goes on beside other runs of its part, by what the map says."""
    spec = run.task_spec
    return bool(spec.side_by_side or spec.begins_beside(run))


def keep_outcome(scope: Scope, name: str, outcome: str | None) -> None:
    """Keep what a step of ``scope`` decided, or that it is to be decided anew (None), in the runs that hold it.

    Of the variable ``name`` the store has the last value that any of the runs gave.
    """
    holder = _holder_of(scope)
    while holder is not None:
        holder.internal_data.setdefault(WRITTEN, {})[name] = outcome
        holder = _holder_of(holder.workflow)


def begin_undecided(run: LiveTask, outcomes: frozenset[str]) -> None:
    """``run`` begins; if it is one of several that decide apart, nothing of ``outcomes`` is decided in it yet.

    Another turn of the same part looks at what was decided before: so a map can ask again only those who returned it.
    Not so a map that is called from several places: what was decided for one call is no answer to another.
    """
    if not outcomes:
        return
    apart = _is_about_something_else(run)
    twins = [] if apart else _twins(run)
    if apart or twins:
        run.internal_data[WRITTEN] = dict.fromkeys(sorted(outcomes))
    values = run.workflow.top_workflow.environment.store.values
    for twin in twins:  # what it could see until now it sees on, and nothing that is decided in the other
        seen = {**values, **loop_items(twin)}
        twin.internal_data[WRITTEN] = {name: seen.get(name) for name in sorted(outcomes)} | twin.internal_data.get(
            WRITTEN, {}
        )


def _is_about_something_else(run: LiveTask) -> bool:
    """Whether what was decided in other runs says nothing about this one, even if they are over."""
    spec = run.task_spec
    return bool(spec.decides_apart or spec.called_elsewhere or spec.begins_beside(run))


def _twins(run: LiveTask) -> list[LiveTask]:
    """The other runs of its part that go on; what is only being undone was one."""
    spec = run.task_spec
    return [
        one
        for one in run.workflow.live_tasks()
        if one is not run and one.task_spec is spec and UNDOES not in one.internal_data
    ]


def is_one_of_several(run: LiveTask) -> bool:
    """Whether ``run`` is about something else than other runs of its part, or of its map, are."""
    return _is_about_something_else(run) or bool(_twins(run))


def runs_around(scope: Scope) -> Iterator[LiveTask]:
    """The runs of parts of the map that ``scope`` is in, the innermost first."""
    run = _holder_of(scope)
    while run is not None:
        yield run
        run = _holder_of(run.workflow)


def take_as_undecided(run: LiveTask, outcomes: frozenset[str], *, twins: bool) -> None:
    """``run`` goes on under another version, which asks for ``outcomes``: nobody knows in which run they were given."""
    if outcomes and (twins or _is_about_something_else(run)):
        written = run.internal_data.get(WRITTEN, {})
        run.internal_data[WRITTEN] = dict.fromkeys(sorted(outcomes)) | written


def hand_outcomes_on(run: LiveTask) -> None:
    """``run`` has ended: what follows it sees what was decided in it, and behind several runs what all decided."""
    environment = run.workflow.top_workflow.environment
    store, lookups = environment.store, environment.lookups
    decided = {name: outcome for name, outcome in run.internal_data.get(WRITTEN, {}).items() if name in store.outcomes}
    if run.task_spec.decides_apart:
        together = run.parent.internal_data.setdefault(DECIDED, {}) if decided else {}
        for name, outcome in decided.items():
            if outcome is not None:
                given = [together[name], outcome] if name in together else [outcome]
                together[name] = decided_together(lookups.step_of_outcome(name), given)
        decided = together
    for name, outcome in decided.items():
        if outcome is None:
            store.clear(name)
        else:
            store.write(name, outcome)
        keep_outcome(run.workflow, name, outcome)


def forget_outcome(scope: Scope, element_id: str) -> None:
    """A step of ``scope`` opens again, or a deal goes back before it: it has no outcome yet, here."""
    environment = scope.top_workflow.environment
    environment.store.clear_outcome(element_id)
    name = outcome_variable(element_id)
    if name in environment.lookups.kept:
        keep_outcome(scope, name, None)


def _runs_around(task: LiveTask | None, *, is_around: bool = False) -> Iterator[tuple[LiveTask, LoopLookup | None]]:
    """The runs of loops and of parts that ``task`` belongs to, from the inside out, with the loops of those of loops.

    ``is_around``: ``task`` is one of a part itself.
    """
    while task is not None:
        loop = task.task_spec.loop or task.task_spec.undone_loop
        if loop is not None or is_around:
            yield task, loop
        task, is_around = _holder_of(task.workflow), True


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
