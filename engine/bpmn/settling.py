"""Runs everything that needs nobody, until all that is left waits."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition

from engine.bpmn.catching_events import rises, waits_for
from engine.bpmn.guards import AUTOMATIC_STEPS, LIVE_TASKS, TooManyAutomaticSteps, TooManyLiveTasks, map_failed
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow, Scope
from engine.errors import DomainError, MapFailed


def settle(top: LiveWorkflow) -> None:
    """Run automatic steps; at rest, wake conditional events and inclusive joins one by one, and run on.

    Raises MapFailed when a step fails or the map does not come to rest within its bounds.
    """
    run = 0
    while top.agenda or _wake_one(top):
        while top.agenda:
            task = top.agenda.popleft()
            if not task.ready:  # withdrawn by what ran before it
                continue
            run += 1
            if run > AUTOMATIC_STEPS:
                raise failed_at(task, TooManyAutomaticSteps(limit=AUTOMATIC_STEPS))
            advance(task)
            if top.count_tasks() > LIVE_TASKS and top.count_live() > LIVE_TASKS:
                raise failed_at(task, TooManyLiveTasks(limit=LIVE_TASKS))


def advance(task: LiveTask) -> None:
    """Complete ``task``, and the activity around its scope when it held the last token in it. Raises MapFailed."""
    try:
        task.run()
    except MapFailed:
        raise
    except DomainError as problem:
        raise failed_at(task, problem) from problem
    _complete_if_over(task.workflow)


def _complete_if_over(scope: Scope) -> None:
    if (scope.parent_task_id is None and not scope.spec.is_attended) or not scope.is_over():
        return
    scope.dismiss_listeners()
    held = None if scope.parent_task_id is None else scope.top_workflow.get_subprocess_of(scope.parent_task_id)
    if held is scope:  # else it is the map itself, or was withdrawn
        scope.parent_task.make_ready()


def _wake_one(top: LiveWorkflow) -> bool:
    """Let one conditional event or one inclusive join go on, if there is one that can."""
    for scope in top.scopes():
        if scope.spec.has_conditional_events:
            for task in scope.live_tasks():
                if waits_for(task, ConditionalEventDefinition) and rises(task):
                    task.task_spec.happen(task)
                    return True
    for scope in top.scopes():
        for gateway in scope.spec.inclusive:
            if gateway.fire_if_nothing_can_come(scope):
                _complete_if_over(scope)  # the last tokens may have come to an end there
                return True
    return False


def failed_at(task: LiveTask, problem: DomainError) -> MapFailed:
    element_id = task.task_spec.bpmn_id or task.task_spec.name
    return map_failed(problem, element_id, task.workflow.top_workflow.environment.lookups.name_of(element_id))
