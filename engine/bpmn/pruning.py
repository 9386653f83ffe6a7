"""Drops what is finished: an instance's state is what is alive, its past belongs to the history.

Stock keeps every task for ever, stalls in silence at tree depth 1,000 and slows down with each rework loop.
"""

from __future__ import annotations

from engine.bpmn.live_workflow import LiveWorkflow, Scope


def prune(workflow: LiveWorkflow) -> None:
    """Keep live tasks only. They hang under the root of their scope, the runs of a loop under their loop."""
    for scope in workflow.scopes():
        if scope.parent_task_id is not None and workflow.find(scope.parent_task_id) is None:
            del workflow.subprocesses[scope.parent_task_id]
        else:
            _prune_scope(scope)


def _prune_scope(scope: Scope) -> None:
    root = scope.task_tree
    live = [task for task in scope.tasks.values() if task.live]
    scope.tasks.clear()
    scope.tasks[root.id] = root
    root.forget_children()
    for task in live:
        scope.tasks[task.id] = task
        task.forget_children()
    for task in live:
        loop = task.parent if task.task_spec.loop is not None else None
        task.hang_under(root if loop is None else loop)
