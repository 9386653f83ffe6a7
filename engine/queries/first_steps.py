"""What a new company still lacks before its first deal can be led."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ColumnExpressionArgument, exists, select
from sqlalchemy.orm import Session

from engine.model.calendar import Calendar
from engine.model.department import Department
from engine.model.person import Person, Role
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What there is already: departments, a process owner, people who sell or lead, a working calendar, a map.

    ``has_map`` is true for any version, also for a draft.
    """

    has_departments: bool
    has_owner: bool
    has_sellers: bool
    has_calendar: bool
    has_map: bool


def first_steps(session: Session, actor: Actor) -> FirstSteps | None:
    """None as soon as a map has been published. Raises NotFound for those who do not manage people."""
    ensure_sees(actor, Ability.MANAGE_PEOPLE)
    published = ProcessDefinition.state != DefinitionState.DRAFT
    if session.scalar(select(_any(published))):
        return None
    found = session.execute(
        select(
            _any(Department.archived_at.is_(None)),
            _any(Person.is_active, Person.role == Role.OWNER),
            _any(Person.is_active, Person.role.in_((Role.MANAGER, Role.HEAD))),
            _any(Calendar.id.is_not(None)),
            _any(ProcessDefinition.id.is_not(None)),
        )
    ).one()
    return FirstSteps(*map(bool, found))


def _any(*conditions: ColumnExpressionArgument[bool]) -> ColumnElement[bool]:
    return exists().where(*conditions)
