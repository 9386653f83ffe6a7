"""The parts of an approval by several: whose voices they are, and what they decide together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ApprovalRule, OutcomeKind
from engine.commands.step_opening import members_of
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.approval_rules import Decision, Vote, decide
from engine.queries.absences import substitutes_of


def parts_of(session: Session, work_item: WorkItem) -> list[WorkItem]:
    """The parts of an approval as they were given, then those that are not, by their numbers."""
    parts = session.scalars(
        select(WorkItem).where(
            WorkItem.instance_id == work_item.instance_id, WorkItem.activity_id == work_item.activity_id
        )
    )
    return sorted(parts, key=lambda one: (one.completed_at is None, one.completed_at or one.opened_at, one.part))


def voices_beside(session: Session, work_item: WorkItem) -> set[int]:
    """Who gave or holds another part of the same approval."""
    parts = (one for one in parts_of(session, work_item) if one.id != work_item.id)
    return {voice_of(one) if one.state is WorkItemState.COMPLETED else one.assignee_id or 0 for one in parts}


def voice_of(work_item: WorkItem) -> int:
    """Whose voice a completed part is: the person substituted, not the substitute."""
    return work_item.on_behalf_of_id or work_item.completed_by_id or 0


def is_same_voice(one: WorkItem, other: WorkItem, rule: ApprovalRule) -> bool:
    """Whether two completed or held parts answer the same question: the same entry of a list, else the same person."""
    if rule.mode == "list":
        return one.approver == other.approver
    return speaker_of(one) == speaker_of(other)


def speaker_of(one: WorkItem) -> int:
    """Who gave or holds a part; a part that nobody holds has a voice that is nobody's yet."""
    return voice_of(one) if one.state is WorkItemState.COMPLETED else one.assignee_id or -one.id


def decision_of(
    session: Session,
    rule: ApprovalRule,
    parts: Sequence[WorkItem],
    stale: Collection[int] = (),
    barred: Collection[int] = (),
    *,
    at: datetime,
) -> Decision:
    """What the parts decide together at ``at``. ``stale`` are ids of parts approved with another content: no votes.

    ``barred`` are members whom four eyes keep from being asked next.
    A vote that had to be given again counts in its old turn.
    """
    given = [one for one in parts if one.state is WorkItemState.COMPLETED]

    def first_given(part: WorkItem) -> int:
        return next(at for at, other in enumerate(given) if is_same_voice(part, other, rule))

    votes = [
        Vote(voice_of(one), OutcomeKind(one.outcome or ""), one.approver)
        for one in sorted(given, key=first_given)
        if one.id not in stale
    ]
    return decide(rule, votes, members=_voices(session, rule, parts, barred, at))


def _voices(
    session: Session, rule: ApprovalRule, parts: Sequence[WorkItem], barred: Collection[int], at: datetime
) -> tuple[int, ...]:
    """Whose voices count: of each part, who gave it or holds it now; in order, also the members not asked yet.

    A part given back to the department stands for a voice too, under a number that is nobody's: it has to be heard,
    whoever takes it.
    """
    if rule.mode == "list":
        return ()
    asked = [speaker_of(one) for one in parts if one.state is not WorkItemState.CANCELLED]
    members = members_of(session, parts[0].group_id) if rule.in_order and parts else ()
    rest = [one for one in members if one not in barred and one not in asked]
    if rule.mode == "count":
        rest = _who_can_answer_first(session, rest, parts, at)
    return tuple(dict.fromkeys(one for one in (*asked, *rest) if one))


def _who_can_answer_first(
    session: Session, members: Sequence[int], parts: Sequence[WorkItem], at: datetime
) -> list[int]:
    """``members`` in their order, but last those for whom nobody could answer now.

    Where so many people have to approve, one person answers once: who has answered, in their own name or for somebody
    absent, answers neither for themselves nor for whom they substitute. Whoever is away may be back before their turn.
    """
    spoken = {one.completed_by_id for one in parts if one.state is WorkItemState.COMPLETED}
    acting = substitutes_of(session, members, at) if spoken else {}

    def turn(member: int) -> int:
        if substitutes := acting.get(member):
            return int(spoken.issuperset(substitutes))
        return 2 * (member in spoken)

    return sorted(members, key=turn)


def note_approved(instance: ProcessInstance, item: WorkItem, hashed: str) -> None:
    """Keep for whoever asks approvals again that the item was approved when the content had this hash.

    Parts of one approval, or approvals of the same element side by side, that were given for different contents leave
    nothing that could be compared: history is read then.
    """
    noted = dict(instance.approved or {})
    activity, at, before = noted.get(item.element_id, ("", "", hashed))
    is_beside = activity == item.activity_id or item.opened_at.isoformat() <= at
    given_at = item.completed_at.isoformat() if item.completed_at is not None else at
    noted[item.element_id] = (item.activity_id, given_at, "" if is_beside and before != hashed else hashed)
    instance.approved = noted
