"""Approvals asked for in a period: how they were answered, and how long that took."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.model.department import Department
from engine.model.person import Person
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.permissions import Actor
from engine.queries.calendars import calendar_of_department
from engine.queries.reported_steps import RESPONSIBLE, ReportedSteps, in_period, is_one_of
from engine.queries.reports import ensure_reads_reports
from engine.queries.scopes import visible_work_items
from engine.queries.version_figures import Timing, timing, worked

NEWEST_ANSWERS = 2_000
"""Of so many answers, the newest ones, the working time is taken."""

_COUNTED = (
    ReportedSteps.ASKED,
    ReportedSteps.APPROVED,
    ReportedSteps.RETURNED,
    ReportedSteps.REJECTED,
    ReportedSteps.WAITING,
    ReportedSteps.WITHDRAWN,
    ReportedSteps.LATE,
)


class ApprovalGroup(StrEnum):
    DEPARTMENT = "department"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """``asked`` are all: approved, returned, rejected, still waiting, or withdrawn. ``late`` are some of these.

    ``id`` is the department's that was asked, or of the person who answered, else holds it; None for none.
    ``timing`` is the working time from the question to the answer, by the calendar of the department asked.
    """

    id: int | None
    name: str
    asked: int
    approved: int
    returned: int
    rejected: int
    waiting: int
    withdrawn: int
    late: int
    timing: Timing


def approval_report(
    session: Session,
    actor: Actor,
    group_by: ApprovalGroup = ApprovalGroup.DEPARTMENT,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> tuple[ApprovalRow, ...]:
    """Of the approvals that the actor sees, asked for in the period; most late ones first. Raises NotFound."""
    ensure_reads_reports(actor)
    chosen = [visible_work_items(actor), *in_period(ReportedSteps.ASKED, since, until)]
    counts = [func.count().filter(is_one_of(which, now)) for which in _COUNTED]
    times = _times(session, group_by, chosen)
    names = [which.value for which in _COUNTED]
    rows = [
        ApprovalRow(
            row[0], row[1] or "", **dict(zip(names, row[2:], strict=True)), timing=timing(times.get(row[0], []))
        )
        for row in session.execute(_grouped(group_by).add_columns(*counts).where(*chosen))
    ]
    return tuple(sorted(rows, key=lambda row: (-row.late, -row.asked, sort_key(row.name), row.id or 0)))


def _times(
    session: Session, group_by: ApprovalGroup, chosen: list[ColumnElement[bool]]
) -> dict[int | None, list[timedelta]]:
    answers = session.execute(
        select(RESPONSIBLE.label("person_id"), WorkItem.group_id, WorkItem.opened_at, WorkItem.completed_at)
        .where(*chosen, WorkItem.state == WorkItemState.COMPLETED)
        .order_by(WorkItem.completed_at.desc(), WorkItem.id.desc())
        .limit(NEWEST_ANSWERS)
    )
    times: dict[int | None, list[timedelta]] = defaultdict(list)
    calendars: dict[int | None, BusinessCalendar] = {}
    for one in answers:
        if one.group_id not in calendars:
            calendars[one.group_id] = calendar_of_department(session, one.group_id)
        of = one.group_id if group_by is ApprovalGroup.DEPARTMENT else one.person_id
        times[of] += worked(calendars[one.group_id], one.opened_at, one.completed_at)
    return times


def _grouped(group_by: ApprovalGroup) -> Select[*tuple[Any, ...]]:
    """Select the group's id and name; the caller adds the counts."""
    if group_by is ApprovalGroup.DEPARTMENT:
        return (
            select(WorkItem.group_id, Department.name)
            .select_from(WorkItem)
            .outerjoin(Department, Department.id == WorkItem.group_id)
            .group_by(WorkItem.group_id, Department.name)
        )
    return (
        select(RESPONSIBLE, Person.full_name)
        .select_from(WorkItem)
        .outerjoin(Person, Person.id == RESPONSIBLE)
        .group_by(RESPONSIBLE, Person.full_name)
    )
