"""Departments: add, change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution
from engine.bpmn.escalation_text import parse_ladder
from engine.clock import Clock
from engine.commands.arranging import take_turn_arranging
from engine.commands.history import record
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, NotFound
from engine.events import DepartmentAdded, DepartmentChanged
from engine.model.calendar import Calendar
from engine.model.department import Department
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.search_keys import fold
from engine.policy.visible_names import is_invisible


class DepartmentExists(DomainError):
    code: ClassVar[str] = "department_exists"
    template: ClassVar[str] = N_("There is a department “%(name)s” already.")


@dataclass(frozen=True, slots=True)
class DepartmentDraft:
    """``escalation`` is the department's own ladder in words, ``distribution`` how its steps find their person.

    Both hold for steps whose map says nothing.
    """

    name: str
    head_id: int | None = None
    parent_id: int | None = None
    calendar_id: int | None = None
    escalation: str = ""
    distribution: Distribution | None = None


def add_department(session: Session, draft: DepartmentDraft, *, actor: Actor, clock: Clock) -> Department:
    """Who draws maps may add one by its name; more is said by who manages people. Raises NotAllowed, InvalidInput."""
    is_name_alone = draft == DepartmentDraft(draft.name)
    ensure_may(actor, Ability.ADD_DEPARTMENT if is_name_alone else Ability.MANAGE_PEOPLE)
    _ensure_sound(session, {"name": draft.name, "head_id": draft.head_id, "escalation": draft.escalation}, None)
    department = Department(
        name=draft.name.strip(),
        name_key=fold(draft.name),
        head_id=draft.head_id,
        parent_id=draft.parent_id,
        calendar_id=draft.calendar_id,
        escalation=draft.escalation.strip(),
        distribution=draft.distribution,
    )
    session.add(department)
    session.flush()
    record(
        session,
        DepartmentAdded(department_id=department.id, name=department.name),
        actor=actor,
        at=clock.now(),
    )
    return department


def update_department(
    session: Session, department_id: int, changes: Mapping[str, Any], *, actor: Actor, clock: Clock
) -> Department:
    """``changes`` holds any of DepartmentDraft's fields. Raises NotFound, NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    if changes.get("parent_id") is not None:
        take_turn_arranging(session)
    department = session.get(Department, department_id, with_for_update=True)
    if department is None:
        raise NotFound
    _ensure_sound(session, changes, department)
    changed: dict[str, Any] = {}
    for name in ("name", "head_id", "parent_id", "calendar_id", "escalation", "distribution"):
        if name in changes and changes[name] != getattr(department, name):
            changed[name] = [getattr(department, name), changes[name]]
            setattr(department, name, changes[name])
    if changed:
        department.name_key = fold(department.name)
        record(session, DepartmentChanged(department_id=department.id, changes=changed), actor=actor, at=clock.now())
    return department


def _ensure_sound(session: Session, given: Mapping[str, Any], department: Department | None) -> None:
    errors: dict[str, DomainError] = {}
    own_id = department.id if department else None
    if "name" in given:
        key = fold(given["name"])
        if not key or is_invisible(given["name"]):
            errors["name"] = FieldRequired(label=N_("Name"))
        elif session.scalar(select(Department.id).where(Department.name_key == key, Department.id != (own_id or 0))):
            errors["name"] = DepartmentExists(name=given["name"].strip())
    if given.get("head_id") is not None and session.get(Person, given["head_id"]) is None:
        errors["head_id"] = FieldNotUnderstood(value=given["head_id"], expected=N_("a person"))
    if given.get("calendar_id") is not None and session.get(Calendar, given["calendar_id"]) is None:
        errors["calendar_id"] = FieldNotUnderstood(value=given["calendar_id"], expected=N_("a calendar"))
    if given.get("parent_id") is not None and _is_below(session, given["parent_id"], own_id):
        errors["parent_id"] = FieldNotUnderstood(value=given["parent_id"], expected=N_("a department above this one"))
    if given.get("escalation"):
        try:
            parse_ladder(given["escalation"])
        except DomainError as error:
            errors["escalation"] = error
    if errors:
        raise InvalidInput(errors)


def _is_below(session: Session, candidate_id: int, own_id: int | None) -> bool:
    """Whether ``candidate_id`` is unknown, this very department or one of those below it."""
    at: int | None = candidate_id
    seen: set[int] = set()
    while at is not None:
        if at == own_id or at in seen:
            return True
        seen.add(at)
        above = session.get(Department, at)
        if above is None:
            return True
        at = above.parent_id
    return False
