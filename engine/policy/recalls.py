"""Who may take a request for approval back, and on which maps."""

from __future__ import annotations

from typing import ClassVar

from engine.bpmn.compiled import OutcomeKind, StepDefinition
from engine.errors import N_, Conflict, NotAllowed
from engine.policy.permissions import Actor


class NotYoursToRecall(NotAllowed):
    code: ClassVar[str] = "not_yours_to_recall"
    template: ClassVar[str] = N_("Only who asked for this approval, or the deal's owner, may take the request back.")


class RecallNotGiven(NotAllowed):
    code: ClassVar[str] = "recall_not_given"
    template: ClassVar[str] = N_("The sales map does not let this request be taken back.")


class NothingToRecall(Conflict):
    code: ClassVar[str] = "nothing_to_recall"
    template: ClassVar[str] = N_("There is no step behind this approval to which the deal could go back.")


def allows_recall(step: StepDefinition) -> bool:
    """Where the map says nothing, a request can be taken back that can be returned for rework."""
    if step.approval is None:
        return False
    if step.recall is not None:
        return step.recall
    return any(outcome.kind is OutcomeKind.RETURNED for outcome in step.outcomes)


def is_asker(actor: Actor, *, asked_by_id: int | None, owner_id: int) -> bool:
    return bool(actor.people_acted_for & {asked_by_id, owner_id})


def ensure_may_recall(step: StepDefinition, actor: Actor, *, asked_by_id: int | None, owner_id: int) -> None:
    """Raises NotYoursToRecall, RecallNotGiven."""
    if not is_asker(actor, asked_by_id=asked_by_id, owner_id=owner_id):
        raise NotYoursToRecall
    if not allows_recall(step):
        raise RecallNotGiven
