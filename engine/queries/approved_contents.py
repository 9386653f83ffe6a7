"""The content of approvals as it is now, and as it was when somebody decided: read from the deal and its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, OutcomeKind, StepDefinition, StepKind
from engine.events import ApprovalKept, StepCompleted, TextsErased, kind_of
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.history_event import HistoryEvent
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.approved_content import (
    BoundFile,
    Content,
    approved_content,
    binds_all_fields,
    binds_files,
    is_known,
    still_holds,
)

_WITHOUT_FILES = "deal_without_files"
_GIVEN = (kind_of(StepCompleted), kind_of(ApprovalKept))
_ERASURE = kind_of(TextsErased)


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """A decision as history holds it. ``number`` is its entry's; ``values`` is what the person typed with it.

    ``data`` is all that the entry says. ``was_outdated``: when texts of it were erased, the deal already held others.
    """

    number: int
    work_item_id: int
    by: str
    at: datetime
    outcome: str
    comment: str
    content: Content
    values: Mapping[str, Any]
    map_version: int
    data: Mapping[str, Any]
    was_outdated: bool = False


def latest_files(session: Session, deal_ids: Iterable[int]) -> dict[int, list[BoundFile]]:
    """The latest version of each file that is neither removed nor erased, by deal; in one statement."""
    newest = (
        select(func.max(DealFile.id))
        .where(DealFile.deal_id.in_(list(deal_ids)), DealFile.hidden_at.is_(None), DealFile.erased_at.is_(None))
        .group_by(DealFile.deal_id, DealFile.name)
        .scalar_subquery()
    )
    found: dict[int, list[BoundFile]] = {}
    for file in session.scalars(select(DealFile).where(DealFile.id.in_(newest))):
        bound = BoundFile(file.id, file.name, file.version, file.sha256, file.size)
        found.setdefault(file.deal_id, []).append(bound)
    return found


NO_FILES = ~exists().where(DealFile.deal_id == Deal.id).correlate(Deal)
"""For statements that read a deal and can say along whether it has no file at all: tell it to ``without_files``."""


def without_files(session: Session, deal_id: int, *, is_so: bool) -> None:
    """Tell whether a locked deal has no file: spares asking for them. Forgotten with ``files_changed``."""
    session.info[_WITHOUT_FILES] = deal_id if is_so else None


def has_files(session: Session, deal_id: int) -> bool:
    """Whether a locked deal may have files: true where nobody has told that it has none."""
    return bool(session.info.get(_WITHOUT_FILES) != deal_id)


def files_changed(session: Session) -> None:
    session.info.pop(_WITHOUT_FILES, None)


def present_content(session: Session, step: StepDefinition, deal: Deal, client: Client) -> Content:
    """What a decision on ``step`` would be bound to now."""
    wanted = binds_files(step) and has_files(session, deal.id)
    files = latest_files(session, [deal.id]).get(deal.id, ()) if wanted else ()
    return approved_content(step, deal, client, files)


def fields_approved_as_whole(
    session: Session, process: CompiledProcess, deal: Deal, instance_id: int
) -> frozenset[str]:
    """The fields of a deal that approvals were given for which bind all of them, whatever they are called.

    While such an approval is asked for, that is every field that the deal has now.
    """
    elements = [name for name, step in process.steps.items() if step.approval is not None and binds_all_fields(step)]
    if not elements:
        return frozenset()
    items = session.execute(
        select(WorkItem.id, WorkItem.state).where(
            WorkItem.instance_id == instance_id,
            WorkItem.element_id.in_(elements),
            WorkItem.state.in_((*PENDING, WorkItemState.COMPLETED)),
        )
    ).all()
    if any(state in PENDING for _, state in items):
        return frozenset(deal.fields)
    given = given_approvals(session, deal.id, [number for number, _ in items]).values()
    return frozenset(name for one in given for name in one.content.get("fields") or ())


def deciding_part(session: Session, withdrawn: WorkItem) -> WorkItem | None:
    """The part by which an approval was decided, when ``withdrawn`` was another part of it; None where none was."""
    return session.scalar(
        select(WorkItem)
        .where(
            WorkItem.instance_id == withdrawn.instance_id,
            WorkItem.activity_id == withdrawn.activity_id,
            WorkItem.state == WorkItemState.COMPLETED,
            WorkItem.completed_at == withdrawn.completed_at,  # it withdrew the others in the same moment
        )
        .order_by(WorkItem.id.desc())
        .limit(1)
    )


def returned_approval(session: Session, withdrawn: WorkItem) -> WorkItem | None:
    """The approval whose return took ``withdrawn`` back with it; None where the deal went another way."""
    return session.scalar(
        select(WorkItem)
        .where(
            WorkItem.instance_id == withdrawn.instance_id,
            WorkItem.activity_id != withdrawn.activity_id,
            WorkItem.kind == StepKind.APPROVAL,
            WorkItem.state == WorkItemState.COMPLETED,
            WorkItem.outcome == OutcomeKind.RETURNED.value,
            WorkItem.completed_at == withdrawn.completed_at,  # it took back what was open beside in the same moment
        )
        .order_by(WorkItem.id.desc())
        .limit(1)
    )


def given_approvals(session: Session, deal_id: int, work_item_ids: Sequence[int]) -> dict[int, GivenApproval]:
    """What history says of decisions that were committed before, by work item; in one statement."""
    if not work_item_ids:
        return {}
    rows = session.execute(
        select(
            HistoryEvent.number, HistoryEvent.work_item_id, HistoryEvent.actor_name, HistoryEvent.at, HistoryEvent.data
        )
        .where(
            HistoryEvent.deal_id == deal_id,
            HistoryEvent.kind.in_(_GIVEN),
            HistoryEvent.work_item_id.in_(list(work_item_ids)),
        )
        .order_by(HistoryEvent.number)
    )
    given = [_given(row) for row in rows]
    if not all(is_known(one.content) for one in given):
        outdated = _outdated_at_erasures(session, deal_id)
        given = [replace(one, was_outdated=one.number in outdated) for one in given]
    return {one.work_item_id: one for one in given}


def holds(step: StepDefinition, given: GivenApproval, present: Content) -> bool:
    """Whether an approval that is under way was given for what the deal has now.

    Of two erased texts nobody can see whether they were the same. Therefore it was seen to when they were erased.
    """
    return not given.was_outdated and still_holds(step, given.content, given.values, present)


def _outdated_at_erasures(session: Session, deal_id: int) -> frozenset[int]:
    erasures = select(HistoryEvent.data).where(HistoryEvent.deal_id == deal_id, HistoryEvent.kind == _ERASURE)
    return frozenset(number for data in session.scalars(erasures) for number in data.get("outdated") or ())


def _given(row: Any) -> GivenApproval:
    data = row.data
    return GivenApproval(
        number=row.number,
        work_item_id=row.work_item_id,
        by=data.get("by") or row.actor_name,
        at=row.at,
        outcome=data.get("outcome", ""),
        comment=data.get("comment", ""),
        content=data.get("content") or {},
        values=data.get("values") or {},
        map_version=data.get("map_version", 0),
        data=data,
    )
