"""Which calls of other maps listen to what is decided in them (engine/bpmn/called_approvals.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn.compiled import OutcomeKind
from engine.bpmn.live_workflow import LiveTask, Scope
from engine.bpmn.task_data import ANSWERS, LAST_DECISION


def hearing(scope: Scope) -> Iterator[LiveTask]:
    """The calls around ``scope`` that listen, the innermost first."""
    while scope.parent_task_id is not None:
        holder: LiveTask = scope.parent_task
        if ANSWERS in holder.internal_data:
            yield holder
        scope = holder.workflow


def hear_decision(scope: Scope, flows: Iterable[str]) -> None:
    """Something in ``scope`` chose among ways and took ``flows``: by what approvals said, or by anything else."""
    lookups = scope.top_workflow.environment.lookups
    if not lookups.called_approvals:
        return
    taken = frozenset(flows)
    if taken and taken <= lookups.repeating:
        return
    said = sorted({kind for flow in taken for kind in lookups.verdicts.get(flow, ())})
    for call in hearing(scope):
        call.internal_data[LAST_DECISION] = said


def hear_terminated(scope: Scope) -> None:
    """A terminate end in ``scope``: if work goes on there, who approved may not have had the last word.

    A refusal stands: whoever draws such an end for it means that.
    """
    for call in hearing(scope):
        if OutcomeKind.APPROVED in call.internal_data[LAST_DECISION] and not scope.is_over():
            call.internal_data[LAST_DECISION] = []
