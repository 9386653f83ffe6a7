"""Who somebody is at a moment: role, departments, and for whom they act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.department import Department, Membership
from engine.model.person import Person
from engine.model.substitution import Substitution
from engine.policy.permissions import Actor
from engine.queries.absences import substitutions_at


def actor_of(session: Session, person_id: int, at: datetime) -> Actor:
    """The actor behind an account, with the substitutions in force at ``at``. Raises NotFound for the inactive."""
    person = session.execute(
        select(Person.id, Person.login, Person.full_name, Person.role, Person.locale).where(
            Person.id == person_id, Person.is_active
        )
    ).one_or_none()
    if person is None:
        raise NotFound
    absent = _absent_people(session, person_id, at)
    memberships = session.execute(
        select(Membership.person_id, Membership.department_id).where(Membership.person_id.in_({person_id, *absent}))
    ).all()
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
    headed = select(Department.id).where(Department.head_id == person_id).cte("headed", recursive=True)
    below = select(Department.id).join(headed, Department.parent_id == headed.c.id)
    return frozenset(session.scalars(select(headed.union(below).c.id)))


def _absent_people(session: Session, substitute_id: int, at: datetime) -> frozenset[int]:
    """Whom the person substitutes, also through others: who is away themselves passes on whom they stand in for."""
    absent: set[int] = set()
    newly = {substitute_id}
    while newly:
        found = {person for person, _ in substitutions_at(session, Substitution.substitute_id.in_(newly), at)}
        newly = found - absent - {substitute_id}
        absent |= newly
    return frozenset(absent)
