"""The working calendars as values that can count."""

from __future__ import annotations

from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.calendar import Calendar
from engine.model.department import Department, Membership
from engine.policy.business_calendar import BusinessCalendar, Day

_CACHE = "calendars"


def default_calendar(session: Session) -> BusinessCalendar:
    """The company's calendar; before one exists, Monday to Friday 9 to 18 in Kyiv."""
    return _calendar(session, None)


def calendar_of_department(session: Session, department_id: int | None) -> BusinessCalendar:
    """The department's own calendar, else that of the departments above it, else the company's."""
    seen: set[int] = set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        department = session.get(Department, department_id)
        if department is None:
            break
        if department.calendar_id is not None:
            return _calendar(session, department.calendar_id)
        department_id = department.parent_id
    return default_calendar(session)


def calendar_of_person(session: Session, person_id: int) -> BusinessCalendar:
    """The calendar of the person's first department that has one, else the company's."""
    calendar_id = session.scalar(
        select(Department.calendar_id)
        .join(Membership, Membership.department_id == Department.id)
        .where(Membership.person_id == person_id, Department.calendar_id.is_not(None))
        .order_by(Department.id)
        .limit(1)
    )
    return _calendar(session, calendar_id)


def _calendar(session: Session, calendar_id: int | None) -> BusinessCalendar:
    """Read once per transaction: a step asks for the same calendar several times."""
    cache: dict[int | None, BusinessCalendar] = session.info.setdefault(_CACHE, {})
    if calendar_id not in cache:
        wanted = Calendar.is_default if calendar_id is None else Calendar.id == calendar_id
        row = session.scalar(select(Calendar).where(wanted).limit(1))
        cache[calendar_id] = business_calendar(row) if row is not None else BusinessCalendar()
    return cache[calendar_id]


def business_calendar(row: Calendar) -> BusinessCalendar:
    """Raises CalendarNotUsable."""
    return BusinessCalendar(
        zone=row.zone,
        week=tuple(_day(row.weekly.get(str(weekday), [])) for weekday in range(7)),
        exceptions={one.day: _day(one.spans) for one in row.exceptions},
    )


def _day(spans: list[list[str]]) -> Day:
    return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
