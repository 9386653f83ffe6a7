"""Approvals by several: one work item each, and one decision of them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ApprovalRule, OutcomeKind, StepDefinition
from engine.commands.execution import cancel_step
from engine.commands.step_opening import StepOpener, calendar_of_step, members_of
from engine.errors import N_, DomainError, MapFailed, NotAllowed
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.approval_rules import Vote, decide
from engine.policy.permissions import Actor
from engine.queries.facts import DealFacts
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
    rule is met. In order, the next is asked.
    """
    rule = step.approval or ApprovalRule()
    with session.no_autoflush:  # the part that is completed now is among them as it is in memory
        parts = _parts(session, work_item)
    votes = [
        Vote(voice_of(one), OutcomeKind(one.outcome or ""), one.approver)
        for one in parts
        if one.state is WorkItemState.COMPLETED
    ]
    decision = decide(rule, votes, members=_voices(session, rule, parts, work_item))
    live = [one for one in parts if one.state in LIVE]
    if decision.outcome is not None:
        for one in live:
            cancel_step(session, one, instance, actor=actor, at=at)
        return decision.outcome.value
    if not live and decision.is_out_of_reach:
        raise MapFailed(element=work_item.name, element_id=work_item.element_id, problem=ApprovalOutOfReach())
    if rule.in_order and not live:
        process = process_of(session, instance.definition_id)
        facts = DealFacts(instance.deal, process, calendar=calendar_of_step(session, work_item), at=at)
        opener = StepOpener(session, instance, process, facts=facts, actor=actor, at=at)
        opener.ask(step, work_item, decision.to_ask, part=max(one.part for one in parts) + 1)
    return None


def ensure_one_voice_each(session: Session, work_item: WorkItem, rule: ApprovalRule, voice_id: int) -> None:
    """One person counts once in an approval by several, whoever hands which part to whom. Raises NotAllowed.

    In a list the same person may stand for two roles, and then answers for each.
    """
    if rule.mode in ("any", "list"):
        return
    spoken = (one for one in _parts(session, work_item) if one.state is WorkItemState.COMPLETED)
    if any(voice_of(one) == voice_id for one in spoken):
        raise NotAllowed(reason=N_("Your decision in this approval is already recorded."))


def voices_beside(session: Session, work_item: WorkItem) -> set[int]:
    """Who gave or holds another part of the same approval."""
    parts = (one for one in _parts(session, work_item) if one.id != work_item.id)
    return {voice_of(one) if one.state is WorkItemState.COMPLETED else one.assignee_id or 0 for one in parts}


def voice_of(work_item: WorkItem) -> int:
    """Whose voice a completed part is: the person substituted, not the substitute."""
    return work_item.on_behalf_of_id or work_item.completed_by_id or 0


def _parts(session: Session, work_item: WorkItem) -> list[WorkItem]:
    """The parts of an approval as they were given, then those that are not, by their numbers."""
    parts = session.scalars(
        select(WorkItem).where(
            WorkItem.instance_id == work_item.instance_id, WorkItem.activity_id == work_item.activity_id
        )
    )
    return sorted(parts, key=lambda one: (one.completed_at is None, one.completed_at or one.opened_at, one.part))


def _voices(session: Session, rule: ApprovalRule, parts: Sequence[WorkItem], work_item: WorkItem) -> tuple[int, ...]:
    """Whose voices count: of each part, who gave it or holds it now; in order, also the members not asked yet.

    A part given back to the department stands for a voice too, under a number that is nobody's: it has to be heard,
    whoever takes it.
    """
    if rule.mode == "list":
        return ()
    asked = [
        voice_of(one) if one.state is WorkItemState.COMPLETED else one.assignee_id or -one.id
        for one in parts
        if one.state is not WorkItemState.CANCELLED
    ]
    rest = members_of(session, work_item.group_id) if rule.in_order else ()
    return tuple(dict.fromkeys(one for one in (*asked, *rest) if one))
