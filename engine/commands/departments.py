"""Departments: add, change, put away, delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution
from engine.bpmn.escalation_text import parse_ladder
from engine.clock import Clock
from engine.commands.arranging import take_turn_arranging
from engine.commands.calendars import CalendarIsArchived
from engine.commands.escalations import bring_further_rungs
from engine.commands.history import record
from engine.errors import N_, Conflict, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, NotFound
from engine.events import (
    DepartmentAdded,
    DepartmentArchived,
    DepartmentChanged,
    DepartmentDeleted,
    DepartmentRestored,
)
from engine.model.calendar import Calendar
from engine.model.department import Department
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.search_keys import fold
from engine.policy.visible_names import is_invisible
from engine.queries.uses import department_uses

_DELETED = "\x7f"
"""Begins the key of a deleted department, as no name that somebody types does."""


class DepartmentExists(DomainError):
    code: ClassVar[str] = "department_exists"
    template: ClassVar[str] = N_("There is a department “%(name)s” already.")


class DepartmentIsArchived(Conflict):
    code: ClassVar[str] = "department_archived"
    template: ClassVar[str] = N_("The department “%(name)s” is archived. Take it into use again first.")


class DepartmentInUse(Conflict):
    """Archived, it would leave steps to nobody. What uses it is told by ``department_uses``."""

    code: ClassVar[str] = "department_in_use"
    template: ClassVar[str] = N_("The department “%(name)s” is still in use: its page says where.")


class DepartmentWasUsed(Conflict):
    """History names it: deleted, nobody could read there whose the steps were."""

    code: ClassVar[str] = "department_was_used"
    template: ClassVar[str] = N_("The department “%(name)s” was in use, and history names it: archive it instead.")


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
    take_turn_arranging(session)
    _ensure_sound(session, asdict(draft), None)
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
    """``changes`` holds any of DepartmentDraft's fields.

    A changed ladder holds for open steps from where they are on it: what they have climbed is behind them.
    Raises NotFound, NotAllowed, InvalidInput, DepartmentIsArchived.
    """
    department = _locked(session, department_id, actor)
    if department.archived_at is not None:
        raise DepartmentIsArchived(name=department.name)
    _ensure_sound(session, changes, department)
    changed: dict[str, Any] = {}
    for name in ("name", "head_id", "parent_id", "calendar_id", "escalation", "distribution"):
        if name in changes and changes[name] != getattr(department, name):
            changed[name] = [getattr(department, name), changes[name]]
            setattr(department, name, changes[name])
    if "escalation" in changed:
        bring_further_rungs(session, department.id, at=clock.now())
    if changed:
        department.name_key = fold(department.name)
        record(session, DepartmentChanged(department_id=department.id, changes=changed), actor=actor, at=clock.now())
    return department


def archive_department(session: Session, department_id: int, *, actor: Actor, clock: Clock) -> Department:
    """Give it nothing new; what it did stays as it was. Archived already, nothing happens.

    Raises NotFound, NotAllowed, DepartmentInUse.
    """
    department = _locked(session, department_id, actor)
    if department.archived_at is not None:
        return department
    if department_uses(session, department.id).now:
        raise DepartmentInUse(name=department.name)
    department.archived_at = clock.now()
    event = DepartmentArchived(department_id=department.id, name=department.name)
    record(session, event, actor=actor, at=clock.now())
    return department


def restore_department(session: Session, department_id: int, *, actor: Actor, clock: Clock) -> Department:
    """Use it again. In use already, nothing happens.

    Raises NotFound, NotAllowed, and of what it needs DepartmentIsArchived, CalendarIsArchived.
    """
    department = _locked(session, department_id, actor)
    if department.archived_at is None:
        return department
    above = session.get(Department, department.parent_id) if department.parent_id is not None else None
    if above is not None and above.archived_at is not None:
        raise DepartmentIsArchived(name=above.name)
    calendar = session.get(Calendar, department.calendar_id) if department.calendar_id is not None else None
    if calendar is not None and calendar.archived_at is not None:
        raise CalendarIsArchived(name=calendar.name)
    department.archived_at = None
    event = DepartmentRestored(department_id=department.id, name=department.name)
    record(session, event, actor=actor, at=clock.now())
    return department


def delete_department(session: Session, department_id: int, *, actor: Actor, clock: Clock) -> str:
    """Remove one that was made by mistake and never used; what it was called. Its name is free again.

    Deleted already, by whomever, it is as was asked for. Raises NotFound, NotAllowed, DepartmentWasUsed.
    """
    department = _locked(session, department_id, actor, deleted=True)
    if department.deleted_at is not None:
        return department.name
    if department_uses(session, department.id).ever:
        raise DepartmentWasUsed(name=department.name)
    department.deleted_at = department.archived_at = clock.now()
    department.name_key = f"{_DELETED}{department.id}"
    department.head_id = department.parent_id = department.calendar_id = None
    event = DepartmentDeleted(department_id=department_id, name=department.name)
    record(session, event, actor=actor, at=clock.now())
    return department.name


def _locked(session: Session, department_id: int, actor: Actor, *, deleted: bool = False) -> Department:
    """One who puts a department away and one who puts a person or a part into it come one after the other."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    take_turn_arranging(session)
    department = session.get(Department, department_id, with_for_update=True)
    if department is None or (department.deleted_at is not None and not deleted):
        raise NotFound
    return department


def _ensure_sound(session: Session, given: Mapping[str, Any], department: Department | None) -> None:
    errors: dict[str, DomainError] = {}
    own_id = department.id if department else None
    if "name" in given:
        key = fold(given["name"])
        if not key or is_invisible(given["name"]):
            errors["name"] = FieldRequired(label=N_("Name"))
        else:
            same = session.scalar(select(Department).where(Department.name_key == key, Department.id != (own_id or 0)))
            if same is not None:
                known = DepartmentIsArchived if same.archived_at is not None else DepartmentExists
                errors["name"] = known(name=same.name)
    if given.get("head_id") is not None and session.get(Person, given["head_id"]) is None:
        errors["head_id"] = FieldNotUnderstood(value=given["head_id"], expected=N_("a person"))
    if given.get("calendar_id") is not None and not _is_usable(session.get(Calendar, given["calendar_id"])):
        errors["calendar_id"] = FieldNotUnderstood(value=given["calendar_id"], expected=N_("a calendar"))
    above = session.get(Department, given["parent_id"]) if given.get("parent_id") is not None else None
    if given.get("parent_id") is not None and (not _is_usable(above) or _is_below(session, given["parent_id"], own_id)):
        errors["parent_id"] = FieldNotUnderstood(value=given["parent_id"], expected=N_("a department above this one"))
    if given.get("escalation"):
        try:
            parse_ladder(given["escalation"])
        except DomainError as error:
            errors["escalation"] = error
    if errors:
        raise InvalidInput(errors)


def _is_usable(chosen: Calendar | Department | None) -> bool:
    return chosen is not None and chosen.archived_at is None


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
