"""By which working calendar somebody's time is counted."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.policy.business_calendar import BusinessCalendar
from engine.queries.organisation import organisation


def default_calendar(session: Session) -> BusinessCalendar:
    """The company's calendar; before one exists, Monday to Friday 9 to 18 in Kyiv."""
    return organisation(session).company_calendar


def calendar_of_department(session: Session, department_id: int | None) -> BusinessCalendar:
    """The department's own calendar, else that of the departments above it, else the company's."""
    known = organisation(session)
    seen: set[int] = set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        if department_id in known.calendar_ids:
            return known.calendars[known.calendar_ids[department_id]]
        department = known.directory.department(department_id)
        department_id = department.parent_id if department is not None else None
    return known.company_calendar


def calendar_of_person(session: Session, person_id: int) -> BusinessCalendar:
    """The calendar of the person's first department that has one, else the company's."""
    known = organisation(session)
    person = known.directory.person(person_id)
    own = (known.calendar_ids.get(one) for one in (person.department_ids if person is not None else ()))
    calendar_id = next((one for one in own if one is not None), None)
    return known.calendars[calendar_id] if calendar_id is not None else known.company_calendar
