"""Compensation: undoing, in reverse order, what was completed (BPMN 2.0, 13.5.5).

Each scope keeps a ledger of the completed activities that can be undone, and nothing else of its past. A thrown
compensation takes entries out of the ledger and opens their handlers one after the other, the last completed first;
the event waits until the last of them is done. A completed sub-process without a handler of its own is undone from
inside: its scope is opened again for the handlers of what it holds.

An entry is [spec name of the activity, number of its run from 1 or 0, item of the run, entries from inside or 0]. That
of a part which was left by hand has a 1 behind: what undoes it as a whole expects a completed one, so that it is undone
in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from engine.bpmn.elements import Element
from engine.bpmn.guards import LEDGER, TooMuchToUndo
from engine.bpmn.live_workflow import LiveTask, Scope
from engine.bpmn.task_data import ENTRIES, INDEX, ITEM, PENDING, UNDOES, UNDOING, UNDONE

Entry = list[Any]


class CompensateEventDefinition(EventDefinition):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """``activity`` is the one to undo, None for the whole scope."""

    def __init__(self, activity: str | None) -> None:
        super().__init__()
        self.activity = activity


class Ledger(Element, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Its one task in a scope holds the entries; it appears with the first of them."""

    attends = True
    survives_interruption = True


def entry_of(task: LiveTask, inside: list[Entry], *, in_pieces: bool = False) -> Entry:
    """What the completed ``task`` leaves behind; ``inside`` are the entries of the scope that it held.

    ``in_pieces``: it was left by hand, and only what stands inside is undone.
    """
    index = task.internal_data.get(INDEX)
    number = 0 if index is None else index + 1
    return [task.task_spec.name, number, task.internal_data.get(ITEM), inside or 0, *([1] if in_pieces else [])]


def enter(task: LiveTask, entries: list[Entry]) -> None:
    """Write ``entries`` into the ledger of the scope of ``task``. Raises MapFailed when it outgrows its bound."""
    kept = _ledger(task.workflow, create=True)
    kept += entries
    if len(kept) > LEDGER:
        raise task.task_spec.failed(task, TooMuchToUndo(limit=LEDGER))


def entries_of(scope: Scope) -> list[Entry]:
    """What was completed in ``scope`` and can be undone, in the order of completion."""
    return _ledger(scope, create=False)


def _ledger(scope: Scope, *, create: bool) -> list[Entry]:
    for task in scope.tasks.values():
        if task.live and isinstance(task.task_spec, Ledger):
            entries: list[Entry] = task.internal_data[ENTRIES]
            return entries
    entries = []
    if create:
        task = scope.task_tree.spawn(scope.spec.ledger)
        task.wait()
        task.internal_data[ENTRIES] = entries
    return entries


def take_out(thrower: LiveTask, activity: str | None) -> list[Entry]:
    """The entries that a compensation thrown at ``thrower`` undoes, in the order of completion; the ledger loses them.

    They are those of its own scope and, inside an event sub-process, those of the scope around that.
    """
    taken: list[Entry] = []
    for scope in _visible(thrower.workflow):
        entries = entries_of(scope)
        wanted: list[Entry] = []
        left: list[Entry] = []
        for entry in entries:
            is_meant = activity is None or scope.spec.task_specs[entry[0]].bpmn_id == activity
            (wanted if is_meant else left).append(entry)
        entries[:] = left
        taken = wanted + taken
    return taken


def _visible(scope: Scope) -> Iterator[Scope]:
    yield scope
    while scope.parent_task_id is not None and scope.parent_task.task_spec.is_event_sub_process:
        scope = scope.parent_task.workflow
        yield scope


def undo_next(compensator: LiveTask) -> None:
    """Open the handler of the next pending entry; without one, let what threw the compensation go on."""
    data = compensator.internal_data
    data.pop(UNDOING, None)
    if data[PENDING]:
        data[UNDOING] = data[PENDING].pop()
        _undo(data[UNDOING], compensator)
        return
    del data[PENDING]
    if compensator.workflow.top_workflow.get_subprocess_of(compensator.id) is None:  # else its scope is over by itself
        data[UNDONE] = 1
        compensator.make_ready()


def _undo(entry: Entry, compensator: LiveTask) -> None:
    name, number, item, inside, *in_pieces = entry
    scope = _scope_of(entry, compensator)
    activity = scope.spec.task_specs[name]
    handler = None if in_pieces else activity.handler
    undoing = scope.task_tree.spawn(activity if handler is None else scope.spec.task_specs[handler])
    data = undoing.internal_data
    data[UNDOES] = compensator.id
    if number:
        data[INDEX] = number - 1
        data[ITEM] = item
    if handler is None:
        _undo_inside(undoing, inside, in_pieces=bool(in_pieces))
    else:
        undoing.arrive()


def _scope_of(entry: Entry, compensator: LiveTask) -> Scope:
    """The scope that the activity of ``entry`` stands in, seen from what undoes it."""
    scope: Scope = compensator.workflow.top_workflow.get_subprocess_of(compensator.id) or compensator.workflow
    while entry[0] not in scope.spec.task_specs:
        scope = scope.parent_task.workflow
    return scope


def _undo_inside(undoing: LiveTask, inside: list[Entry], *, in_pieces: bool) -> None:
    """Open the scope of a completed sub-process again, not to run it but to undo what was done in it."""
    undoing.begin()
    scope = undoing.workflow.top_workflow.create_subprocess(undoing, undoing.task_spec.spec)
    if scope.spec.undone_by is None or in_pieces:
        undoing.internal_data[PENDING] = list(inside)
        undo_next(undoing)
        return
    if inside:
        _ledger(scope, create=True).extend(inside)
    scope.task_tree.spawn(scope.spec.task_specs[scope.spec.undone_by]).arrive()


def compensator_of(handler: LiveTask) -> LiveTask | None:
    """What waits for ``handler`` to undo something; None when it undoes nothing, or nobody waits any more."""
    compensator_id = handler.internal_data.get(UNDOES)
    return None if compensator_id is None else handler.workflow.top_workflow.find(compensator_id)


def undone(handler: LiveTask) -> None:
    """A handler has completed: the next one."""
    compensator = compensator_of(handler)
    if compensator is not None:
        undo_next(compensator)


def withdraw_handlers(compensator: LiveTask) -> None:
    """What threw the compensation is withdrawn: so is the handler that it waits for, in whatever scope."""
    for handler in list(_handlers_of(compensator)):
        handler.cancel()


def give_back(compensator: LiveTask) -> None:
    """What ``compensator`` has taken and not undone goes back into the ledgers, as what was completed first.

    A scope that is over, or is withdrawn itself, has no ledger any more: nothing in it is undone later.
    """
    for entry in reversed(_left_to_undo(compensator)):
        scope = _scope_or_none(entry, compensator)
        if scope is not None:
            entries_of(scope).insert(0, entry)


def _scope_or_none(entry: Entry, compensator: LiveTask) -> Scope | None:
    """The scope of ``entry``, seen from what undoes it; None when that is withdrawn with a part around it."""
    scope: Scope = compensator.workflow
    standing = list(scope.top_workflow.scopes())
    while entry[0] not in scope.spec.task_specs:
        around = next((one for one in standing if scope.parent_task_id in one.tasks), None)
        if around is None:
            return None
        scope = around
    return scope


def leave_unfinished(left: LiveTask) -> None:
    """Keep what was completed inside of ``left``, which somebody takes back by hand, as what can be undone.

    It is no event of the map that ends it. What undoes a part as a whole undoes only one that was completed.
    """
    top, spec = left.workflow.top_workflow, left.task_spec
    if UNDOES in left.internal_data or isinstance(spec, Ledger):
        return
    for run in left.children:
        if run.live and run.task_spec.loop is not None:
            leave_unfinished(run)
    entries = left.internal_data.get(ENTRIES)
    if entries:
        enter(left, entries)
    scope = top.get_subprocess_of(left.id)
    if scope is None:
        return
    for throwing in _throwing_right_in(scope):
        give_back(throwing)
    for inner in scope.live_tasks():
        leave_unfinished(inner)
    inside = entries_of(scope)
    if inside:
        undone_as_a_whole = spec.handler is not None or scope.spec.undone_by is not None
        spec.remember(left, list(inside), in_pieces=undone_as_a_whole)


def _handlers_of(compensator: LiveTask) -> Iterator[LiveTask]:
    for scope in compensator.workflow.top_workflow.scopes():
        for task in scope.live_tasks():
            if task.internal_data.get(UNDOES) == compensator.id:
                yield task


def _left_to_undo(compensator: LiveTask) -> list[Entry]:
    """The entries that ``compensator`` has taken and not undone, the one whose handler is open last."""
    data = compensator.internal_data
    left: list[Entry] = list(data[PENDING])
    if UNDOING in data:
        name, number, item, inside, *in_pieces = data[UNDOING]
        for undoing in _handlers_of(compensator):
            inside = _left_inside(undoing, inside)
        left.append([name, number, item, inside, *in_pieces])
    return left


def _left_inside(undoing: LiveTask, inside: list[Entry] | int) -> list[Entry] | int:
    """What is left of ``inside``, the entries of a sub-process that ``undoing`` has opened again."""
    scope = undoing.workflow.top_workflow.get_subprocess_of(undoing.id)
    if scope is None or undoing.task_spec.for_compensation:
        return inside
    if PENDING in undoing.internal_data:
        return _left_to_undo(undoing)
    return [one for task in _throwing_in(scope) for one in _left_to_undo(task)] + entries_of(scope) or 0


def _throwing_in(scope: Scope) -> Iterator[LiveTask]:
    """What has thrown a compensation in ``scope`` or deeper, and is not done."""
    for inner in scope.top_workflow.scopes():
        if _stands_in(inner, scope):
            yield from _throwing_right_in(inner)


def _throwing_right_in(scope: Scope) -> Iterator[LiveTask]:
    return (one for one in scope.live_tasks() if PENDING in one.internal_data and UNDOES not in one.internal_data)


def _stands_in(inner: Scope, scope: Scope) -> bool:
    while inner is not scope and inner.parent_task_id is not None:
        inner = inner.parent_task.workflow
    return inner is scope
