"""The steps behind the numbers of reports: approvals asked for in a period, and steps done in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind, StepKind
from engine.db.types import Moment
from engine.model.work_item import LIVE, PENDING, WorkItem, WorkItemState
from engine.policy.permissions import Actor
from engine.queries.ordered_reads import largest_first
from engine.queries.pages import LONGEST_PAGE, ListOrder
from engine.queries.reports import ensure_reads_reports
from engine.queries.scopes import visible_work_items
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows

_ORDER = ListOrder("reported_steps", (datetime, int))

RESPONSIBLE = func.coalesce(WorkItem.completed_by_id, WorkItem.assignee_id)
"""Who did the step, else who holds it; None for a step that nobody has taken."""
_LATEST = func.coalesce(WorkItem.completed_at, WorkItem.opened_at, type_=Moment)


class ReportedSteps(StrEnum):
    """Approvals asked for in the period and what became of them; ``DONE`` are steps of any kind done in the period.

    ``LATE_NOW`` are late steps of any kind, of whichever period.
    ``WITHDRAWN``: the deal went another way, or enough others had answered. ``LATE``: answered late, or late now.
    """

    ASKED = "asked"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    LATE = "late"
    DONE = "done"
    DONE_LATE = "done_late"
    LATE_NOW = "late_now"


_STATES: Mapping[ReportedSteps, Sequence[WorkItemState]] = {
    ReportedSteps.ASKED: tuple(WorkItemState),
    ReportedSteps.WAITING: PENDING,
    ReportedSteps.WITHDRAWN: (WorkItemState.CANCELLED,),
    ReportedSteps.LATE: (*LIVE, WorkItemState.COMPLETED),
    ReportedSteps.LATE_NOW: LIVE,
}
"""In which states such steps are; the others are done."""
_OUTCOMES = {
    ReportedSteps.APPROVED: OutcomeKind.APPROVED,
    ReportedSteps.RETURNED: OutcomeKind.RETURNED,
    ReportedSteps.REJECTED: OutcomeKind.REJECTED,
}


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """``comment`` is what was said with the decision: of a return, its reason."""

    row: WorkItemRow
    comment: str


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A page of ``items``, the latest first, of ``total``. ``next_cursor``: of the next page, if there is one.

    ``total`` is None where it was not asked for.
    """

    items: tuple[ReportedStep, ...]
    total: int | None
    next_cursor: str | None


def in_period(which: ReportedSteps, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """Conditions: approvals opened, or steps done, from ``since`` up to, not including, ``until``."""
    if which is ReportedSteps.LATE_NOW:
        return [WorkItem.state.in_(LIVE)]
    is_done = which in (ReportedSteps.DONE, ReportedSteps.DONE_LATE)
    at = WorkItem.completed_at if is_done else WorkItem.opened_at
    chosen = [WorkItem.state == WorkItemState.COMPLETED] if is_done else [WorkItem.kind == StepKind.APPROVAL]
    if since is not None:
        # Nothing ends before it begins: with every state named, an index leads to the steps of the period.
        chosen += [at >= since, since <= _LATEST, WorkItem.state.in_(tuple(WorkItemState))]
    return chosen + ([at < until] if until is not None else [])


def is_one_of(which: ReportedSteps, now: datetime) -> ColumnElement[bool]:
    """Whether a step of the period is one of those."""
    is_done = WorkItem.state == WorkItemState.COMPLETED
    answered_late = is_done & (WorkItem.completed_at > WorkItem.due_at)
    late_now = WorkItem.state.in_(LIVE) & (WorkItem.due_at < now)
    conditions: dict[ReportedSteps, ColumnElement[bool]] = {
        ReportedSteps.ASKED: true(),
        ReportedSteps.WAITING: WorkItem.state.in_(PENDING),
        ReportedSteps.WITHDRAWN: WorkItem.state == WorkItemState.CANCELLED,
        ReportedSteps.LATE: or_(answered_late, late_now),
        ReportedSteps.LATE_NOW: late_now,
        ReportedSteps.DONE: is_done,
        ReportedSteps.DONE_LATE: answered_late,
    }
    return conditions[which] if which in conditions else is_done & (WorkItem.outcome == _OUTCOMES[which].value)


def reported_steps(
    session: Session,
    actor: Actor,
    which: ReportedSteps,
    *,
    person_id: int | None = None,
    department_id: int | None = None,
    step: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
    limit: int = LONGEST_PAGE,
    cursor: str | None = None,
    counted: bool = True,
) -> ListedReport:
    """A page, the latest first. ``counted``: ``total`` is told, for which all are read.

    ``person_id`` 0 and ``department_id`` 0 mean: of nobody, of none.
    ``step`` is a step's name. Raises NotFound, CursorNotUnderstood.
    """
    ensure_reads_reports(actor)
    conditions: list[Any] = [visible_work_items(actor), *in_period(which, since, until), is_one_of(which, now)]
    for column, wanted in ((RESPONSIBLE, person_id), (WorkItem.group_id, department_id)):
        if wanted is not None:
            conditions.append(column == wanted if wanted else column.is_(None))
    if step is not None:
        conditions.append(WorkItem.name == step)
    after = _ORDER.after(cursor)
    parts = [(WorkItem.state == state, *conditions) for state in _STATES.get(which, (WorkItemState.COMPLETED,))]
    chosen = largest_first(_LATEST, WorkItem.id, parts, after=after, size=limit).subquery("page")
    ordered = work_item_rows(page=chosen).order_by(_LATEST.desc(), WorkItem.id.desc())
    found = rows_of(session.execute(ordered), actor, now)
    page = _ORDER.page(found, limit=limit, cursor=cursor, key=lambda row: (row.completed_at or row.opened_at, row.id))
    counting = select(func.count()).select_from(WorkItem).where(*conditions)
    total = session.scalar(counting) if counted else None
    ids = [row.id for row in page.items]
    comments = select(WorkItem.id, WorkItem.comment).where(WorkItem.id.in_(ids))
    said = {row.id: row.comment for row in session.execute(comments)}
    items = tuple(ReportedStep(row, said.get(row.id, "")) for row in page.items)
    return ListedReport(items, total, page.next_cursor)
