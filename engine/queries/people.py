"""People, departments and calendars, for settings and for choosing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from engine.alphabet import sort_key
from engine.bpmn.compiled import Distribution
from engine.errors import NotFound
from engine.events import EmployeeErased, kind_of
from engine.model.api_token import ApiToken
from engine.model.calendar import Calendar, CalendarException
from engine.model.department import Department, Membership
from engine.model.history_event import HistoryEvent
from engine.model.person import Person, Role
from engine.model.substitution import Substitution
from engine.policy.permissions import Ability, Actor
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import ensure_sees
from engine.queries.substitution_rows import SubstitutionRow, substitution_rows
from engine.queries.text_search import matches

_ORDER = ListOrder("people", (str, int))


@dataclass(frozen=True, slots=True)
class DepartmentName:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: int
    login: str
    full_name: str
    position: str
    email: str
    phone: str
    role: Role
    is_active: bool
    has_password: bool
    locale: str
    departments: tuple[DepartmentName, ...]


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    name: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """``substitutions`` are those in which the person is absent or acts for another, latest first.

    ``erased_at`` and ``erased_by`` say when their own data was erased last, and by whom.
    """

    row: PersonRow
    substitutions: tuple[SubstitutionRow, ...]
    tokens: tuple[TokenRow, ...]
    erased_at: datetime | None = None
    erased_by: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """``calendar_id`` None means the calendar of the department above, or the company's."""

    id: int
    name: str
    head_id: int | None
    head_name: str
    parent_id: int | None
    calendar_id: int | None
    calendar_name: str
    escalation: str
    distribution: Distribution | None
    is_archived: bool
    members: int


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that differs: a holiday has no ``spans``."""

    day: date
    name: str
    spans: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """``weekly`` maps "0" (Monday) to "6" to spans of local times "HH:MM" in ``zone``."""

    id: int
    name: str
    zone: str
    is_default: bool
    weekly: Mapping[str, Any]
    exceptions: tuple[CalendarDay, ...]
    is_archived: bool


@dataclass(frozen=True, slots=True)
class PersonChoice:
    id: int
    full_name: str
    position: str


def people(
    session: Session,
    actor: Actor,
    q: str = "",
    *,
    department_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PersonRow]:
    """Everybody by name, the inactive too; of a department, those whom ``departments`` counts as its members.

    Raises NotFound for those who do not manage people, CursorNotUnderstood.
    """
    ensure_sees(actor, Ability.MANAGE_PEOPLE)
    limit = page_size(limit)
    statement = select(Person).where(matches(session, Person.search_text, q), *_behind(cursor))
    if department_id is not None:
        members = select(Membership.person_id).where(Membership.department_id == literal(department_id, BigInteger))
        statement = statement.where(Person.id.in_(members), Person.is_active)
    found = session.scalars(statement.order_by(Person.sort_key, Person.id).limit(limit + 1)).all()
    rows = [_person_row(person) for person in found]
    return _ORDER.page(rows, limit=limit, cursor=cursor, key=lambda row: (sort_key(row.full_name), row.id))


def person_view(session: Session, actor: Actor, person_id: int) -> PersonView:
    """One's own page, or anybody's for those who manage people. Raises NotFound."""
    if person_id != actor.person_id:
        ensure_sees(actor, Ability.MANAGE_PEOPLE)
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    concerns = (Substitution.person_id == person_id) | (Substitution.substitute_id == person_id)
    tokens = session.execute(
        select(ApiToken.id, ApiToken.name, ApiToken.created_at, ApiToken.revoked_at)
        .where(ApiToken.person_id == person_id)
        .order_by(ApiToken.id.desc())
    )
    erasure = None if person.is_active else _last_erasure(session, person_id)
    return PersonView(
        row=_person_row(person),
        substitutions=substitution_rows(session, concerns)[::-1],
        tokens=tuple(TokenRow(*row) for row in tokens),
        erased_at=erasure.at if erasure is not None else None,
        erased_by=erasure.actor_name if erasure is not None else "",
    )


def _last_erasure(session: Session, person_id: int) -> Row[datetime, str] | None:
    of_person = HistoryEvent.data["person_id"].as_integer() == person_id
    return session.execute(
        select(HistoryEvent.at, HistoryEvent.actor_name)
        .where(HistoryEvent.kind == kind_of(EmployeeErased), of_person)
        .order_by(HistoryEvent.id.desc())
        .limit(1)
    ).one_or_none()


def departments(
    session: Session,
    actor: Actor,  # noqa: ARG001  # every query is told who asks; the company's structure is open to all its people
) -> tuple[DepartmentRow, ...]:
    """All departments by name, archived ones among them."""
    members = (
        select(func.count())
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.department_id == Department.id, Person.is_active)
        .correlate(Department)
        .scalar_subquery()
    )
    head = aliased(Person)
    rows = session.execute(
        select(
            Department.id,
            Department.name,
            Department.head_id,
            func.coalesce(head.full_name, ""),
            Department.parent_id,
            Department.calendar_id,
            func.coalesce(Calendar.name, ""),
            Department.escalation,
            Department.distribution,
            Department.archived_at.is_not(None),
            members,
        )
        .outerjoin(head, head.id == Department.head_id)
        .outerjoin(Calendar, Calendar.id == Department.calendar_id)
        .where(Department.deleted_at.is_(None))
        .order_by(Department.sort_key, Department.id)
    )
    return tuple(DepartmentRow(*row) for row in rows)


def calendars(session: Session) -> tuple[CalendarRow, ...]:
    """The company's calendar first, then by name, archived ones among them."""
    rows = sorted(session.scalars(select(Calendar)), key=lambda one: (not one.is_default, sort_key(one.name), one.id))
    return tuple(
        CalendarRow(
            id=row.id,
            name=row.name,
            zone=row.zone,
            is_default=row.is_default,
            weekly=row.weekly,
            exceptions=tuple(_calendar_day(one) for one in row.exceptions),
            is_archived=row.archived_at is not None,
        )
        for row in rows
    )


def choose_people(
    session: Session,
    actor: Actor,  # noqa: ARG001  # every query is told who asks; a step can be handed to anybody
    q: str,
    limit: int = 20,
    *,
    among: Collection[int] | None = None,
) -> tuple[PersonChoice, ...]:
    """Active people by name, for type-ahead; only ``among`` these ids, where they are given."""
    chosen = [] if among is None else [Person.id.in_(among)]
    rows = session.execute(
        select(Person.id, Person.full_name, Person.position)
        .where(Person.is_active, matches(session, Person.search_text, q), *chosen)
        .order_by(Person.sort_key, Person.id)
        .limit(page_size(limit))
    )
    return tuple(PersonChoice(*row) for row in rows)


def active_people(
    session: Session,
    actor: Actor,  # noqa: ARG001  # as above
    q: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PersonChoice]:
    """Active people by name, page by page. Raises CursorNotUnderstood."""
    limit = page_size(limit)
    rows = session.execute(
        select(Person.id, Person.full_name, Person.position)
        .where(Person.is_active, matches(session, Person.search_text, q), *_behind(cursor))
        .order_by(Person.sort_key, Person.id)
        .limit(limit + 1)
    )
    found = [PersonChoice(*row) for row in rows]
    return _ORDER.page(found, limit=limit, cursor=cursor, key=lambda one: (sort_key(one.full_name), one.id))


def _behind(cursor: str | None) -> list[ColumnElement[bool]]:
    """Of people by name those whom no earlier page has shown. Raises CursorNotUnderstood."""
    after = _ORDER.after(cursor)
    if after is None:
        return []
    return [tuple_(Person.sort_key, Person.id) > tuple_(literal(after[0]), literal(after[1], BigInteger))]


def names_of_role(session: Session, role: Role, limit: int) -> tuple[str, ...]:
    """Whom one can ask: active people of a role, by name."""
    names = select(Person.full_name).where(Person.is_active, Person.role == role)
    return tuple(session.scalars(names.order_by(Person.sort_key, Person.id).limit(limit)))


def who_publishes(session: Session, limit: int = 3) -> tuple[str, ...]:
    """Whom to ask for a sales map: process owners, by name."""
    return names_of_role(session, Role.OWNER, limit)


def _person_row(person: Person) -> PersonRow:
    return PersonRow(
        id=person.id,
        login=person.login,
        full_name=person.full_name,
        position=person.position,
        email=person.email,
        phone=person.phone,
        role=person.role,
        is_active=person.is_active,
        has_password=person.password_hash is not None,
        locale=person.locale,
        departments=tuple(DepartmentName(one.id, one.name) for one in person.departments),
    )


def _calendar_day(one: CalendarException) -> CalendarDay:
    return CalendarDay(one.day, one.name, tuple((start, end) for start, end in one.spans))
