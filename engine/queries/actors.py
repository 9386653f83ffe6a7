"""Who somebody is at a moment: role, departments, and for whom they act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.department import Department, Membership
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.absences import SUBSTITUTED_BY, substitutions_at

# Every request asks who somebody is: what is asked is written once.
_PERSON = select(Person.id, Person.login, Person.full_name, Person.role, Person.locale).where(
    Person.id == bindparam("of_person"), Person.is_active
)
_MEMBERSHIPS = select(Membership.person_id, Membership.department_id).where(
    Membership.person_id.in_(bindparam("of_people", expanding=True))
)
_HEADED = select(Department.id).where(Department.head_id == bindparam("of_person")).cte("headed", recursive=True)
_HEADED_AND_BELOW = select(
    _HEADED.union(select(Department.id).join(_HEADED, Department.parent_id == _HEADED.c.id)).c.id
)


def actor_of(session: Session, person_id: int, at: datetime) -> Actor:
    """The actor behind an account, with the substitutions in force at ``at``. Raises NotFound for the inactive."""
    person = session.execute(_PERSON, {"of_person": person_id}).one_or_none()
    if person is None:
        raise NotFound
    absent = _absent_people(session, person_id, at)
    memberships = session.execute(_MEMBERSHIPS, {"of_people": [person_id, *absent]}).all()
    return Actor(
        person_id=person.id,
        login=person.login,
        full_name=person.full_name,
        role=person.role,
        department_ids=frozenset(department for member, department in memberships if member == person_id),
        headed_department_ids=_headed_departments(session, person_id),
        substitutes_for=absent,
        substituted_department_ids=frozenset(department for member, department in memberships if member in absent),
        locale=person.locale,
    )


def _headed_departments(session: Session, person_id: int) -> frozenset[int]:
    """Departments that the person heads, and all below them."""
    return frozenset(session.scalars(_HEADED_AND_BELOW, {"of_person": person_id}))


def _absent_people(session: Session, substitute_id: int, at: datetime) -> frozenset[int]:
    """Whom the person substitutes, also through others: who is away themselves passes on whom they stand in for."""
    absent: set[int] = set()
    newly = {substitute_id}
    while newly:
        found = {person for person, _ in substitutions_at(session, SUBSTITUTED_BY, newly, at)}
        newly = found - absent - {substitute_id}
        absent |= newly
    return frozenset(absent)
