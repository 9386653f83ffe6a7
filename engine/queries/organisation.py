"""The company as its people set it up: who works where, by which calendars. Asked for at every step, changed rarely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from engine.events import CalendarChanged, DepartmentAdded, DepartmentChanged, PersonAdded, PersonChanged, kind_of
from engine.model.calendar import Calendar, CalendarException
from engine.model.department import Department, Membership
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.policy.assignment import Directory, DirectoryDepartment, DirectoryPerson
from engine.policy.business_calendar import BusinessCalendar, Day

_KINDS = tuple(
    kind_of(event) for event in (CalendarChanged, DepartmentAdded, DepartmentChanged, PersonAdded, PersonChanged)
)
_IN_SESSION = "organisation"

Version = tuple[Any, ...]


@dataclass(frozen=True)
class Organisation:
    """``calendar_ids`` and ``escalations`` hold what departments have of their own, by department."""

    directory: Directory
    calendars: Mapping[int, BusinessCalendar]
    company_calendar: BusinessCalendar
    calendar_ids: Mapping[int, int]
    escalations: Mapping[int, str]


_lock = Lock()
_kept: WeakKeyDictionary[Engine, tuple[Version, Organisation]] = WeakKeyDictionary()


def organisation(session: Session) -> Organisation:
    """The organisation as this transaction sees it, read again only when something of it was changed."""
    known: Organisation | None = session.info.get(_IN_SESSION)
    if known is None:
        known = session.info[_IN_SESSION] = _current(session)
    return known


def _current(session: Session) -> Organisation:
    # The newest number alone would miss a change that commits after a later one, and take one that was rolled back on
    # SQLite for the next one of that number: so how many there are, and when the last was, count too.
    version: Version = tuple(
        session.execute(
            select(
                func.max(HistoryEvent.id),
                func.count(HistoryEvent.id),
                func.max(HistoryEvent.at),
                *(
                    select(func.max(table.id)).scalar_subquery()
                    for table in (Person, Department, Calendar, CalendarException)
                ),
            ).where(HistoryEvent.kind.in_(_KINDS))
        ).one()
    )
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    with _lock:
        kept = _kept.get(engine)
    if kept is not None and kept[0] == version:
        return kept[1]
    fresh = _read(session)
    with _lock:
        _kept[engine] = (version, fresh)
    return fresh


def _read(session: Session) -> Organisation:
    memberships: dict[int, list[int]] = {}
    for person_id, department_id in session.execute(
        select(Membership.person_id, Membership.department_id).order_by(Membership.department_id)
    ):
        memberships.setdefault(person_id, []).append(department_id)
    people = session.execute(select(Person.id, Person.login, Person.full_name, Person.position, Person.is_active))
    departments = session.execute(
        select(
            Department.id,
            Department.name,
            Department.head_id,
            Department.parent_id,
            Department.calendar_id,
            Department.escalation,
        )
    ).all()
    calendars = list(session.scalars(select(Calendar).order_by(Calendar.is_default.desc(), Calendar.id)))
    return Organisation(
        directory=Directory(
            people=tuple(
                DirectoryPerson(
                    id=one.id,
                    login=one.login,
                    full_name=one.full_name,
                    position=one.position,
                    department_ids=tuple(memberships.get(one.id, ())),
                    is_active=one.is_active,
                )
                for one in people
            ),
            departments=tuple(
                DirectoryDepartment(id=one.id, name=one.name, head_id=one.head_id, parent_id=one.parent_id)
                for one in departments
            ),
        ),
        calendars={one.id: business_calendar(one) for one in calendars},
        company_calendar=business_calendar(calendars[0])
        if calendars and calendars[0].is_default
        else BusinessCalendar(),
        calendar_ids={one.id: one.calendar_id for one in departments if one.calendar_id is not None},
        escalations={one.id: one.escalation for one in departments if one.escalation},
    )


def business_calendar(row: Calendar) -> BusinessCalendar:
    """Raises CalendarNotUsable."""
    return BusinessCalendar(
        zone=row.zone,
        week=tuple(_day(row.weekly.get(str(weekday), [])) for weekday in range(7)),
        exceptions={one.day: _day(one.spans) for one in row.exceptions},
    )


def _day(spans: list[list[str]]) -> Day:
    return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
