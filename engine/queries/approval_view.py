"""What the page of an approval shows beside its form: what is decided on, what changed, what others remarked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from engine.bpmn.compiled import OutcomeKind, Reauthentication, StepDefinition, StepKind
from engine.events import ApprovalKept, ApprovalRecalled, kind_of
from engine.model.authenticator import Authenticator
from engine.model.draft import Draft
from engine.model.history_event import HistoryEvent
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.approved_content import Content, Difference, as_decided, differences
from engine.policy.history_chain import content_hash
from engine.policy.permissions import Actor
from engine.policy.recalls import allows_recall, is_asker
from engine.queries.approved_contents import (
    GivenApproval,
    deciding_part,
    given_approvals,
    present_content,
    returned_approval,
)
from engine.queries.processes import process_of

_MOST_REMARKS = 20


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wrote with the last decision that they gave on a step of the deal."""

    work_item_id: int
    step: str
    outcome: str
    by: str
    at: datetime
    comment: str


@dataclass(frozen=True, slots=True)
class LateDecision:
    """How an approval was decided without the person whose part was withdrawn."""

    by: str
    at: datetime | None
    outcome: str
    comment: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The return of the approval ``step``, by which a request was taken back that the reader was asked.

    ``typed`` is the comment that the reader had begun there, and nobody has seen; ``fields`` what they had typed into
    the fields, ``former`` what the steps before the request had given these.
    """

    step: str
    by: str
    at: datetime | None
    comment: str
    typed: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    former: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recalled:
    """Who had asked for an approval took the request back."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class KeptApproval:
    """``given_in`` is the number of the entry in which the approval was given, ``given_at`` when."""

    by: str
    given_in: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """``before`` is what the same person, or the same entry of the list, decided last; ``changes`` what changed since.

    ``late`` says who decided without this part; ``kept`` that the approval stands from a round before.
    """

    content: Content
    content_hash: str
    before: GivenApproval | None
    changes: tuple[Difference, ...]
    late: LateDecision | None
    kept: KeptApproval | None
    may_recall: bool
    reauthenticate: Reauthentication
    has_authenticator: bool


def remarks_of(session: Session, instance_id: int, *, besides: int) -> tuple[Remark, ...]:
    """Remarks and reasons of a deal's approvals that count today, the latest first, without the step ``besides``."""
    decided = session.scalars(
        select(WorkItem)
        .where(
            WorkItem.instance_id == instance_id,
            WorkItem.kind == StepKind.APPROVAL,
            WorkItem.state == WorkItemState.COMPLETED,
            WorkItem.id != besides,
        )
        .options(joinedload(WorkItem.completed_by))
        .order_by(WorkItem.completed_at.desc(), WorkItem.id.desc())
    )
    seen: set[tuple[str, int | None, str, int | None]] = set()
    remarks = []
    for one in decided:
        voice = (one.element_id, one.item_index, one.approver, one.on_behalf_of_id or one.completed_by_id)
        if voice in seen:
            continue
        seen.add(voice)
        if one.comment and one.completed_at is not None:
            by = one.completed_by.full_name if one.completed_by is not None else ""
            remarks.append(Remark(one.id, one.name, one.outcome or "", by, one.completed_at, one.comment))
    return tuple(remarks[:_MOST_REMARKS])


def approval_view(session: Session, actor: Actor, work_item: WorkItem) -> ApprovalView | None:
    """For a step that the caller has found visible. None for one that is no approval and asks for no proof."""
    process = process_of(session, work_item.instance.definition_id)
    step = process.steps.get(work_item.element_id)
    if step is None or (step.kind is not StepKind.APPROVAL and step.reauthenticate is Reauthentication.NONE):
        return None
    deal = work_item.deal
    live, is_approval = work_item.is_live, step.kind is StepKind.APPROVAL
    content = present_content(session, step, deal, deal.client) if is_approval else {}
    before = _before(session, work_item, step, actor) if live and is_approval else None
    asked = is_asker(actor, asked_by_id=work_item.asked_by_id, owner_id=deal.owner_id)
    wants_code = live and step.reauthenticate is Reauthentication.CODE
    return ApprovalView(
        content=content,
        content_hash=content_hash(content) if is_approval else "",
        before=before,
        changes=differences(as_decided(before.content, before.values), content) if before is not None else (),
        late=_late(session, work_item) if work_item.state is WorkItemState.CANCELLED else None,
        kept=_kept(session, work_item) if work_item.state is WorkItemState.COMPLETED else None,
        may_recall=live and asked and allows_recall(step),
        reauthenticate=step.reauthenticate if live else Reauthentication.NONE,
        has_authenticator=wants_code and has_authenticator(session, actor.person_id),
    )


def taken_back(session: Session, actor: Actor, work_item: WorkItem) -> TakenBack | None:
    """By what return a withdrawn step was taken back; of one that waits, the request before it. None where by none."""
    withdrawn = work_item if work_item.state is WorkItemState.CANCELLED else _request_before(session, work_item)
    returned = returned_approval(session, withdrawn) if withdrawn is not None else None
    if withdrawn is None or returned is None:
        return None
    draft = session.get(Draft, (withdrawn.id, actor.person_id))
    by = returned.completed_by.full_name if returned.completed_by is not None else ""
    if draft is None:
        return TakenBack(returned.name, by, returned.completed_at, returned.comment, "")
    former = _given_before(session, withdrawn)
    return TakenBack(
        returned.name, by, returned.completed_at, returned.comment, draft.comment, fields=draft.texts, former=former
    )


def _given_before(session: Session, work_item: WorkItem) -> dict[str, Any]:
    """What the steps of the instance had given by field, each the last, when ``work_item`` opened."""
    done = session.scalars(
        select(WorkItem.values)
        .where(
            WorkItem.instance_id == work_item.instance_id,
            WorkItem.state == WorkItemState.COMPLETED,
            WorkItem.completed_at <= work_item.opened_at,
            WorkItem.id < work_item.id,
        )
        .order_by(WorkItem.completed_at, WorkItem.id)
    )
    given: dict[str, Any] = {}
    for values in done:
        given |= values
    return given


def recalled(session: Session, work_item: WorkItem) -> Recalled | None:
    """By whom the request was taken back to which a withdrawn step belonged; None where by nobody."""
    if work_item.state is not WorkItemState.CANCELLED:
        return None
    entry = session.execute(
        select(HistoryEvent.actor_name, HistoryEvent.at, HistoryEvent.data)
        .where(
            HistoryEvent.deal_id == work_item.deal_id,
            HistoryEvent.kind == kind_of(ApprovalRecalled),
            HistoryEvent.at == work_item.completed_at,  # all that it withdraws, it withdraws in the same moment
        )
        .order_by(HistoryEvent.number.desc())
        .limit(1)
    ).one_or_none()
    return Recalled(entry.actor_name, entry.at, entry.data["reason"]) if entry is not None else None


def _request_before(session: Session, work_item: WorkItem) -> WorkItem | None:
    """The last request for the same before a live one, where it was withdrawn without an answer."""
    if not work_item.is_live:
        return None
    before = session.scalar(
        select(WorkItem)
        .where(
            WorkItem.instance_id == work_item.instance_id,
            WorkItem.element_id == work_item.element_id,
            WorkItem.activity_id != work_item.activity_id,
            WorkItem.id < work_item.id,
            WorkItem.item_index.is_not_distinct_from(work_item.item_index),
        )
        .order_by(WorkItem.id.desc())
        .limit(1)
    )
    return before if before is not None and before.state is WorkItemState.CANCELLED else None


def has_authenticator(session: Session, person_id: int) -> bool:
    known = session.get(Authenticator, person_id)
    return known is not None and known.confirmed_at is not None


def is_with_remarks(kind: StepKind, outcome: str | None, comment: str) -> bool:
    """Whether somebody approved and had something to say: what comes later has to heed it."""
    return kind is StepKind.APPROVAL and outcome == OutcomeKind.APPROVED.value and bool(comment.strip())


def strongest(wanted: Sequence[Reauthentication]) -> Reauthentication:
    """The strongest proof among those asked for."""
    order = (Reauthentication.NONE, Reauthentication.PASSWORD, Reauthentication.CODE)
    return max(wanted, key=order.index, default=Reauthentication.NONE)


def _before(session: Session, work_item: WorkItem, step: StepDefinition, actor: Actor) -> GivenApproval | None:
    """The last decision by whom this part asks. In a department that anybody may answer for, the last one at all."""
    decided = session.scalars(
        select(WorkItem)
        .where(
            WorkItem.instance_id == work_item.instance_id,
            WorkItem.element_id == work_item.element_id,
            WorkItem.state == WorkItemState.COMPLETED,
        )
        .order_by(WorkItem.completed_at.desc(), WorkItem.id.desc())
    )
    mine = [one for one in decided if one.item_index == work_item.item_index]
    if step.approval is not None and step.approval.mode == "list":
        mine = [one for one in mine if one.approver == work_item.approver]
    elif step.approval is not None and step.approval.mode != "any":
        voice = work_item.assignee_id or actor.person_id
        mine = [one for one in mine if (one.on_behalf_of_id or one.completed_by_id) == voice]
    return given_approvals(session, work_item.deal_id, [mine[0].id]).get(mine[0].id) if mine else None


def _late(session: Session, work_item: WorkItem) -> LateDecision | None:
    deciding = deciding_part(session, work_item)
    if deciding is None:
        return None
    by = deciding.completed_by.full_name if deciding.completed_by is not None else ""
    return LateDecision(by, deciding.completed_at, deciding.outcome or "", deciding.comment)


def _kept(session: Session, work_item: WorkItem) -> KeptApproval | None:
    data = session.scalar(
        select(HistoryEvent.data).where(
            HistoryEvent.deal_id == work_item.deal_id,
            HistoryEvent.kind == kind_of(ApprovalKept),
            HistoryEvent.work_item_id == work_item.id,
        )
    )
    if data is None:
        return None
    return KeptApproval(data["by"], data["given_in"], datetime.fromisoformat(data["given_at"]))
