"""Approvals by several: one work item each, and one decision of them all, for one and the same content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import ApprovalRule, OutcomeKind, StepDefinition, StepKind
from engine.commands.approval_parts import decision_of, is_same_voice, parts_of, speaker_of, voice_of
from engine.commands.history import record
from engine.commands.step_opening import StepOpener, calendar_of_step
from engine.commands.step_withdrawal import cancel_step
from engine.errors import N_, AlreadyCancelled, AlreadyCompleted, AlreadyDoneByYou, DomainError, MapFailed, NotAllowed
from engine.events import ApprovalAskedAgain
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.approved_content import as_decided, told_changes
from engine.policy.permissions import Actor
from engine.queries.approved_contents import (
    GivenApproval,
    deciding_part,
    given_approvals,
    holds,
    present_content,
    returned_approval,
)
from engine.queries.facts import DealFacts
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of


class ApprovalOutOfReach(DomainError):
    """The rule asks for more voices than there are people: it would wait for ever, and must never pass for given."""

    code: ClassVar[str] = "approval_out_of_reach"
    template: ClassVar[str] = N_("more people must approve than the department has")


def decided_outcome(
    session: Session,
    work_item: WorkItem,
    step: StepDefinition,
    instance: ProcessInstance,
    *,
    actor: Actor,
    at: datetime,
) -> str | None:
    """What the approval as a whole decided now that ``work_item`` is completed, or None while others are still asked.

    The first return or rejection decides and withdraws the questions to the others; an approval decides when the
    rule is met by approvals of what stands there now. Who approved something else is asked again. In order, the next
    is asked.
    """
    rule = step.approval or ApprovalRule()
    with session.no_autoflush:  # the part that is completed now is among them as it is in memory
        parts = parts_of(session, work_item)
        stale = _stale(session, step, instance, [one for one in parts if one is not work_item])
    barred = barred_of(session, step, work_item, instance.deal) if rule.in_order else ()
    decision = decision_of(session, rule, parts, [given.work_item_id for given in stale], barred, at=at)
    live = [one for one in parts if one.state in LIVE]
    if decision.outcome is not None:
        for one in live:
            cancel_step(session, one, instance, actor=actor, at=at)
        return decision.outcome.value
    asking = _Asking(session, step, instance, actor, at)
    live += asking.again(stale, parts, rule)
    if not live and decision.is_out_of_reach:
        raise MapFailed(element=work_item.name, element_id=work_item.element_id, problem=ApprovalOutOfReach())
    if rule.in_order and not live:
        asking.next(work_item, decision.to_ask, part=max(one.part for one in parts) + 1)
    return None


class ApprovalDecided(AlreadyCompleted):
    """The others have decided without this voice. ``by``, ``at`` and ``outcome`` say who, when and what."""

    code: ClassVar[str] = "approval_decided"
    template: ClassVar[str] = N_("The approval was decided without you: by %(by)s, %(at)s.")


class StepTakenBack(AlreadyCancelled):
    """An approval in another branch was returned. ``step``, ``by`` and ``at`` say which one, by whom and when."""

    template: ClassVar[str] = N_(
        "This step was taken back: “%(step)s” was returned for rework (%(by)s, %(at)s). When the deal comes here "
        "again, the step opens anew."
    )


def ensure_undecided(session: Session, work_item: WorkItem, outcome: str, *, by: Actor) -> None:
    """Raises AlreadyCompleted, AlreadyDoneByYou, ApprovalDecided, StepTakenBack, AlreadyCancelled.

    Each says what happened meanwhile. ``outcome`` is what is wanted: who has decided otherwise before has not done it.
    """
    done_by_them = work_item.state is WorkItemState.COMPLETED and work_item.completed_by_id == by.person_id
    if done_by_them and work_item.outcome == outcome:
        raise AlreadyDoneByYou(by=by.full_name, at=work_item.completed_at, outcome=work_item.outcome)
    if work_item.state is WorkItemState.CANCELLED:
        deciding = deciding_part(session, work_item) if work_item.kind is StepKind.APPROVAL else None
        if deciding is not None:
            raise ApprovalDecided(by=_decider(deciding), at=deciding.completed_at, outcome=deciding.outcome)
        returned = returned_approval(session, work_item)
        if returned is not None:
            raise StepTakenBack(step=returned.name, by=_decider(returned), at=returned.completed_at)
    work_item.ensure_live()


def _decider(work_item: WorkItem) -> str:
    return work_item.completed_by.full_name if work_item.completed_by is not None else ""


def ensure_one_voice_each(
    session: Session, work_item: WorkItem, rule: ApprovalRule, voice_id: int, *, person_id: int
) -> None:
    """One person counts once in an approval by several, whoever hands which part to whom. Raises NotAllowed.

    ``voice_id`` is whose voice it is, ``person_id`` who gives it: beside their own, a substitute gives that of the
    absent where all are asked, but not where so many people have to approve. In a list the same person may stand for
    two roles, and then answers for each. Who is asked again, because what they approved has changed, speaks in the part
    that was opened for that.
    """
    if rule.mode in ("any", "list"):
        return
    parts = parts_of(session, work_item)
    given = [one for one in parts if one.state is WorkItemState.COMPLETED]
    same_voice = [one for one in given if voice_of(one) == voice_id]
    same_person = [one for one in given if rule.mode == "count" and one.completed_by_id == person_id]
    for spoken, reason in (
        (same_voice, N_("Your decision in this approval is already recorded.")),
        (same_person, N_("Several people have to approve here, and you have decided already: somebody else decides.")),
    ):
        if spoken and not any(one.part < work_item.part and _is_superseded(one, parts, rule) for one in spoken):
            raise NotAllowed(reason=reason)


def _stale(
    session: Session, step: StepDefinition, instance: ProcessInstance, parts: Sequence[WorkItem]
) -> list[GivenApproval]:
    """The approvals among ``parts`` that were given for another content than the deal has now."""
    approved = [
        one.id for one in parts if one.state is WorkItemState.COMPLETED and one.outcome == OutcomeKind.APPROVED.value
    ]
    if not approved:
        return []
    deal = instance.deal
    given = given_approvals(session, deal.id, approved)
    present = present_content(session, step, deal, deal.client)
    return [one for one in given.values() if not holds(step, one, present)]


def _is_superseded(given: WorkItem, parts: Sequence[WorkItem], rule: ApprovalRule) -> bool:
    """Whether whoever gave this part has been asked again since."""
    return any(
        one.part > given.part and one.state is not WorkItemState.CANCELLED and is_same_voice(one, given, rule)
        for one in parts
    )


class _Asking:
    """Opens further parts of one approval."""

    def __init__(
        self, session: Session, step: StepDefinition, instance: ProcessInstance, actor: Actor, at: datetime
    ) -> None:
        self._session, self._step, self._instance = session, step, instance
        self._actor, self._at = actor, at

    def again(self, stale: Sequence[GivenApproval], parts: Sequence[WorkItem], rule: ApprovalRule) -> list[WorkItem]:
        """Ask those whose approval is for another content, each once."""
        by_id = {one.id: one for one in parts}
        opened: list[WorkItem] = []
        for given in stale:
            before = by_id[given.work_item_id]
            if _is_superseded(before, (*parts, *opened), rule):
                continue
            self._record(before, given)
            part = max(one.part for one in (*parts, *opened)) + 1
            opened.append(self._opener(before).ask_as_before(self._step, before, speaker_of(before), part=part))
        return opened

    def next(self, after: WorkItem, to_ask: Sequence[int] | Sequence[str], *, part: int) -> None:
        self._opener(after).ask(self._step, after, to_ask, part=part)

    def _record(self, before: WorkItem, given: GivenApproval) -> None:
        deal = self._instance.deal
        present = present_content(self._session, self._step, deal, deal.client)
        changes = told_changes(as_decided(given.content, given.values), present)
        event = ApprovalAskedAgain(name=before.name, element_id=before.element_id, by=given.by, changes=changes)
        record(self._session, event, actor=self._actor, at=self._at, deal=deal, work_item_id=before.id)

    def _opener(self, beside: WorkItem) -> StepOpener:
        process = process_of(self._session, self._instance.definition_id)
        facts = DealFacts(self._instance.deal, process, calendar=calendar_of_step(self._session, beside), at=self._at)
        return StepOpener(self._session, self._instance, process, facts=facts, actor=self._actor, at=self._at)
