"""What the approvals in a called map decided in one run, for the decision right behind the call; only where certain.

Approved: every approval of the called map was asked for in this run, and approved whenever it was asked last. Returned
or rejected: that is what all last answers amount to. In all cases no other decision of the called map came after it.
Whatever else happened (an approval left out, a rejection that somebody overruled, a deadline or an event that ended
it, a person who went another way behind the approvals) decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.bpmn.compiled import OutcomeKind, StepKind
from engine.bpmn.hearing import hearing
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow
from engine.bpmn.run_variables import forget_outcome, keep_outcome
from engine.bpmn.task_data import ANSWERS, LAST_DECISION
from engine.bpmn.variables import decision, outcome_variable


def begin_hearing(call: LiveTask) -> None:
    """A called map begins: nothing is decided in this run yet, and nothing stands of an earlier one."""
    if call.task_spec.bpmn_id in call.workflow.top_workflow.environment.lookups.called_approvals:
        forget_outcome(call.workflow, call.task_spec.bpmn_id)
        call.internal_data[ANSWERS] = {}
        call.internal_data[LAST_DECISION] = []


def stop_hearing(data: dict[str, Any]) -> None:
    """Somebody moved the deal by hand: what a run decides is not certain any more. ``data`` is the call's own."""
    data.pop(ANSWERS, None)
    data.pop(LAST_DECISION, None)


def hear_asked(step: LiveTask) -> None:
    """An approval opens, in whatever depth of a called map: its last answer does not count any longer."""
    if not _is_heard(step):
        return
    twins = any(one is not step and one.task_spec is step.task_spec for one in step.workflow.live_tasks())
    key = _own_key(step) if twins else _key(step)
    for call in hearing(step.workflow):
        answers = _with_past_as_one(call.internal_data[ANSWERS], step.workflow.top_workflow)
        call.internal_data[ANSWERS] = answers | {key: None}


def hear_answered(step: LiveTask, kind: str) -> None:
    """An approval has been given, or refused, as ``kind`` says. What is approved needs no decision behind it."""
    if not _is_heard(step):
        return
    for call in hearing(step.workflow):
        answers = call.internal_data[ANSWERS]
        answers[_own_key(step) if _own_key(step) in answers else _key(step)] = kind
        if kind == OutcomeKind.APPROVED:
            call.internal_data[LAST_DECISION] = [OutcomeKind.APPROVED.value]


def forget_replaced(question: LiveTask) -> None:
    """Somebody answered what a call had left open: the answer counts, whatever another token has decided meanwhile."""
    lookups = question.workflow.top_workflow.environment.lookups
    for call in lookups.replaced.get(question.task_spec.bpmn_id, ()):
        forget_outcome(question.workflow, call)


def conclude(call: LiveTask) -> None:
    """A called map has ended: keep what was decided in this run as the outcome of the call, where that is certain."""
    lookups = call.workflow.top_workflow.environment.lookups
    heard = lookups.called_approvals.get(call.task_spec.bpmn_id)
    if heard is None:
        return
    decided = _decided(call.internal_data, heard.steps)
    for outer in hearing(call.workflow):
        outer.internal_data[LAST_DECISION] = [decided] if decided else []
    if decided not in heard.outcomes:
        forget_outcome(call.workflow, call.task_spec.bpmn_id)
        return
    name = outcome_variable(call.task_spec.bpmn_id)
    call.workflow.top_workflow.environment.store.write(name, decided)
    keep_outcome(call.workflow, name, decided)


def _decided(data: dict[str, Any], steps: Iterable[str]) -> str | None:
    """``approved``, ``returned`` or ``rejected``; None where that is not certain."""
    if ANSWERS not in data:
        return None
    answers: dict[str, str | None] = data[ANSWERS]
    together = decision((kind, kind) for kind in answers.values() if kind is not None)
    if together is None or together[0] not in data[LAST_DECISION]:
        return None
    asked = {_step_of(key) for key in answers}
    if together[0] == OutcomeKind.APPROVED and (None in answers.values() or not asked.issuperset(steps)):
        return None
    return together[0]


def _with_past_as_one(answers: dict[str, str | None], top: LiveWorkflow) -> dict[str, str | None]:
    """The same answers, those of runs that are over no longer apart: they must not become more with each round."""
    return {key if _goes_on(key, top) else f"/{_step_of(key)}/{said}": said for key, said in answers.items()}


def _goes_on(key: str, top: LiveWorkflow) -> bool:
    scope, _, *own = key.split("/")
    return top.get_subprocess_of(scope) is not None and all(top.find(one) is not None for one in own)


def _is_heard(step: LiveTask) -> bool:
    lookups = step.workflow.top_workflow.environment.lookups
    if not lookups.called_approvals:
        return False
    definition = lookups.steps.get(step.task_spec.bpmn_id)
    return definition is not None and definition.kind is StepKind.APPROVAL


def _key(step: LiveTask) -> str:
    """A step and the scope that it is asked in: an answer in another run of a part does not replace this one's."""
    return f"{step.workflow.parent_task_id}/{step.task_spec.bpmn_id}"


def _step_of(key: str) -> str:
    return key.split("/")[1]


def _own_key(step: LiveTask) -> str:
    return f"{_key(step)}/{step.id}"
