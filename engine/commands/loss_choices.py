"""Why a deal ends without a sale: chosen from the company's list, with words of one's own beside it.

A program that knows no list says its reason in words, as ever: where they are a name of the list, that is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldType
from engine.commands.interventions import LONGEST_REASON, reason_given
from engine.errors import N_, DomainError, InvalidInput
from engine.model.deal import Deal, DealResult
from engine.policy.permissions import Actor, may_edit_deal
from engine.queries.loss_reasons import loss_reasons, offered_reason, reason_named


class LossReasonRequired(DomainError):
    code: ClassVar[str] = "loss_reason_required"
    template: ClassVar[str] = N_("The deal ends without a sale: choose why.")


@dataclass(frozen=True, slots=True)
class LossChoice:
    """``reason_id`` is one of the list. ``is_asked``: whoever decides has the list before them and has to choose."""

    reason_id: int | None = None
    is_asked: bool = False


NOT_ASKED = LossChoice()


def reason_told(name: str, comment: str) -> str:
    """What a deal says of its end: the reason as it is called now, and what was said beside it."""
    said = comment.strip()
    return (f"{name}: {said}" if said and said != name else name)[:LONGEST_REASON]


def explain_cancelling(session: Session, deal: Deal, choice: LossChoice, comment: str) -> str:
    """Write into the deal why it is cancelled, and say it. Raises InvalidInput."""
    if choice.reason_id is not None:
        reason = offered_reason(session, choice.reason_id, "reason_id")
        deal.loss_reason_id, deal.loss_reason = reason.id, reason_told(reason.name, comment)
    elif choice.is_asked and loss_reasons(session):
        raise InvalidInput({"reason_id": LossReasonRequired()})
    else:
        deal.loss_reason = reason_given(comment)
        deal.loss_reason_id = reason_named(session, comment)
    return deal.loss_reason


def why_lost(deal: Deal) -> tuple[str, int | None]:
    """What a deal says of its loss so far."""
    return deal.loss_reason, deal.loss_reason_id


@dataclass(frozen=True, slots=True)
class Losing:
    """What a step says of the loss that it may bring: said before the deal moves, taken back where it is not lost."""

    session: Session
    deal: Deal
    process: CompiledProcess
    choice: LossChoice

    def say(self, comment: str) -> None:
        """Raises InvalidInput for a reason that is not offered."""
        if self.choice.reason_id is not None:
            reason = offered_reason(self.session, self.choice.reason_id, "loss_reason_id")
            said = comment.strip() or str(self.deal.fields.get("loss_reason") or "")
            self.deal.loss_reason_id, self.deal.loss_reason = reason.id, reason_told(reason.name, said)

    def settle(self, before: tuple[str, int | None], actor: Actor) -> None:
        """Raises InvalidInput where the deal is lost and who lost it, and may change it, has not chosen why."""
        if self.deal.result is not DealResult.LOST:
            if why_lost(self.deal) != before:
                self.deal.loss_reason, self.deal.loss_reason_id = before
            return
        is_asked = self.choice.is_asked and may_edit_deal(actor, owner_id=self.deal.owner_id)
        if is_asked and is_unexplained(self.session, self.deal, self.process):
            raise InvalidInput({"loss_reason_id": LossReasonRequired()})


def is_unexplained(session: Session, deal: Deal, process: CompiledProcess) -> bool:
    """Whether a deal is lost and nobody has chosen why, though the company has a list. An open one asks nothing."""
    if deal.result is not DealResult.LOST or deal.loss_reason_id is not None:
        return False
    asked = (field for step in process.steps.values() for field in step.fields if field.name == "loss_reason")
    chosen_in_the_map = deal.fields.get("loss_reason") and any(one.type is FieldType.CHOICE for one in asked)
    return not chosen_in_the_map and bool(loss_reasons(session))


def read_loss_reason(session: Session, deal: Deal, wanted: dict[str, Any]) -> None:
    """Let ``wanted`` changes of a deal say both the reason of the list and its words. Raises InvalidInput."""
    if wanted.get("loss_reason_id") is not None:
        reason = offered_reason(session, wanted["loss_reason_id"], "loss_reason_id")
        wanted["loss_reason"] = reason_told(reason.name, wanted.get("loss_reason") or "")
    elif "loss_reason" in wanted and wanted["loss_reason"] != deal.loss_reason:
        wanted["loss_reason_id"] = reason_named(session, wanted["loss_reason"])
