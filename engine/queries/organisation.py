"""The company as its people set it up: who works where, by which calendars. Asked for at every step, changed rarely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution, FieldDefinition
from engine.model.calendar import Calendar
from engine.model.company_revision import CompanyRevision
from engine.model.department import Department, Membership
from engine.model.organisation_changes import has_changed_organisation
from engine.model.own_field import OwnField
from engine.model.person import Person
from engine.policy.assignment import Directory, DirectoryDepartment, DirectoryPerson
from engine.policy.business_calendar import BusinessCalendar, Day
from engine.policy.own_fields import KnownField

_IN_SESSION = "organisation"
_REVISION = "organisation_revision"
_EXPECTED = "organisation_revision_expected"


class CompanyChanged(Exception):
    """What was known of the company before this transaction is not known any more: look again and begin anew."""


@dataclass(frozen=True)
class Organisation:
    """``calendar_ids``, ``escalations`` and ``distributions`` hold what a department has of its own.

    ``own_fields`` are those of clients and contacts in their order, retired ones among them.
    """

    directory: Directory
    calendars: Mapping[int, BusinessCalendar]
    company_calendar: BusinessCalendar
    calendar_ids: Mapping[int, int]
    escalations: Mapping[int, str]
    distributions: Mapping[int, Distribution]
    own_fields: tuple[KnownField, ...] = ()


_lock = Lock()
_kept: WeakKeyDictionary[Engine, tuple[int, Organisation]] = WeakKeyDictionary()

REVISION = select(CompanyRevision.number).scalar_subquery()
"""For statements that read something else and can bring the revision along: tell it to ``revision_is``."""


def organisation(session: Session) -> Organisation:
    """The organisation as this transaction sees it, read again only when something of it was changed."""
    if has_changed_organisation(session):
        return _read(session)
    known: Organisation | None = session.info.get(_IN_SESSION)
    if known is None:
        known = session.info[_IN_SESSION] = _current(session)
    return known


def revision_is(session: Session, number: int) -> None:
    """Tell which revision this transaction sees. Raises CompanyChanged where another is expected."""
    session.info[_REVISION] = number
    if session.info.get(_EXPECTED, number) != number:
        raise CompanyChanged


def expect_revision(session: Session, number: int) -> None:
    """Let this transaction fail as soon as it sees another revision: who asks for it is known as of this one."""
    session.info[_EXPECTED] = number


def has_seen_expected_revision(session: Session) -> bool:
    """Whether the transaction has looked, and found what was expected."""
    return _REVISION in session.info and session.info[_REVISION] == session.info.get(_EXPECTED)


def _current(session: Session) -> Organisation:
    number: int | None = session.info.get(_REVISION) or session.scalar(select(CompanyRevision.number))
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    with _lock:
        kept = _kept.get(engine)
    if kept is not None and kept[0] == number and not has_changed_organisation(session):
        return kept[1]
    fresh = _read(session)
    # The number was read before the rest: what is kept may be newer than its number, never older. What this
    # transaction has changed itself has no number before its commit.
    if number is not None and not has_changed_organisation(session):
        with _lock:
            _kept[engine] = (number, fresh)
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
            Department.distribution,
            Department.archived_at,
        ).where(Department.deleted_at.is_(None))
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
                DirectoryDepartment(
                    id=one.id,
                    name=one.name,
                    head_id=one.head_id,
                    parent_id=one.parent_id,
                    is_archived=one.archived_at is not None,
                )
                for one in departments
            ),
        ),
        calendars={one.id: business_calendar(one) for one in calendars},
        company_calendar=business_calendar(calendars[0])
        if calendars and calendars[0].is_default
        else BusinessCalendar(),
        calendar_ids={one.id: one.calendar_id for one in departments if one.calendar_id is not None},
        escalations={one.id: one.escalation for one in departments if one.escalation},
        distributions={one.id: one.distribution for one in departments if one.distribution is not None},
        own_fields=tuple(
            known_field(one) for one in session.scalars(select(OwnField).order_by(OwnField.position, OwnField.id))
        ),
    )


def known_field(row: OwnField) -> KnownField:
    return KnownField(
        id=row.id,
        subject=row.subject,
        definition=FieldDefinition.model_validate({**row.definition, "name": row.name}),
        is_listed=row.is_listed,
        is_retired=row.retired_at is not None,
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
