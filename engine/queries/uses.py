"""What a department or a calendar is used for now, and whether it ever was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.bpmn.compiled import CompiledProcess
from engine.events import CalendarChanged, CalendarDeleted, DepartmentChanged, Event, PersonChanged, kind_of
from engine.model.calendar import Calendar
from engine.model.department import Department, DepartmentTurn, Membership
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import PENDING, WorkItem
from engine.policy.assignment import resolve_name
from engine.queries.directories import directory
from engine.queries.processes import process_of


@dataclass(frozen=True, slots=True)
class MapUse:
    """A version of a map that names a department: new deals start on it, or deals still follow it."""

    definition_id: int
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class DepartmentUses:
    """``people`` are active. ``parts`` are departments in use below it. ``ever``: history names it."""

    people: int
    parts: int
    steps: int
    maps: tuple[MapUse, ...]
    ever: bool

    @property
    def now(self) -> bool:
        """Does anything still need it?"""
        return bool(self.people or self.parts or self.steps or self.maps)


@dataclass(frozen=True, slots=True)
class CalendarUses:
    """``departments`` are those in use that count by it. ``ever``: some time was, or may have been, counted by it."""

    is_company: bool
    departments: tuple[str, ...]
    ever: bool

    @property
    def now(self) -> bool:
        """Does anything still count by it?"""
        return self.is_company or bool(self.departments)


def department_uses(session: Session, department_id: int) -> DepartmentUses:
    """By a department that exists."""
    in_it, below = Membership.department_id == department_id, Department.parent_id == department_id
    its_steps = WorkItem.group_id == department_id
    maps = tuple(_maps_naming(session, department_id))
    ever = bool(maps) or any(
        session.scalar(select(looked).where(condition).limit(1)) is not None
        for looked, condition in (
            (Membership.person_id, in_it),
            (Department.id, below),
            (WorkItem.id, its_steps),
            (Notice.id, Notice.department_id == department_id),
            (DepartmentTurn.department_id, DepartmentTurn.department_id == department_id),
        )
    )
    return DepartmentUses(
        people=_count(session, Membership.person_id, in_it, Membership.person_id == Person.id, Person.is_active),
        parts=_count(session, Department.id, below, Department.archived_at.is_(None)),
        steps=_count(session, WorkItem.id, its_steps, WorkItem.state.in_(PENDING)),
        maps=maps,
        ever=ever or _has_had_people(session, department_id),
    )


def calendar_uses(session: Session, calendar_id: int) -> CalendarUses:
    """By a calendar that exists."""
    calendar = session.get_one(Calendar, calendar_id)
    counting = session.scalars(select(Department).where(Department.calendar_id == calendar_id)).all()
    return CalendarUses(
        is_company=calendar.is_default,
        departments=tuple(sorted(one.name for one in counting if one.archived_at is None)),
        ever=calendar.is_default or bool(counting) or _has_counted(session, calendar_id),
    )


def deleted_calendar(session: Session, calendar_id: int) -> str | None:
    """What a calendar was called whose deletion history tells; None where it tells of none."""
    deleted = _changes(session, CalendarDeleted)
    return next((one["name"] for one in deleted if one["calendar_id"] == calendar_id), None)


def _count(
    session: Session, looked: InstrumentedAttribute[int], *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]
) -> int:
    return session.scalar(select(func.count(looked)).where(*conditions)) or 0


def _maps_naming(session: Session, department_id: int) -> Iterator[MapUse]:
    """Those of whose names one would mean nobody, or somebody else, if the department were not there."""
    known = directory(session)
    others = replace(known, departments=tuple(one for one in known.departments if one.id != department_id))
    followed = select(ProcessInstance.definition_id).where(
        ProcessInstance.state.in_((InstanceState.RUNNING, InstanceState.SUSPENDED))
    )
    in_force = or_(ProcessDefinition.state == DefinitionState.PUBLISHED, ProcessDefinition.id.in_(followed))
    found = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.name, ProcessDefinition.version)
        .where(in_force)
        .order_by(ProcessDefinition.name, ProcessDefinition.version)
    )
    for row in found:
        names = set(_names_in(process_of(session, row.id)))
        if any(resolve_name(one, known) != resolve_name(one, others) for one in names):
            yield MapUse(row.id, row.name, row.version)


def _names_in(process: CompiledProcess) -> Iterator[str]:
    """Whom its steps, approvals and escalations name, but for what is found out deal by deal."""
    ladders = [process.default_escalation, *(step.escalation for step in process.steps.values())]
    told = [level.to for ladder in ladders if ladder is not None for level in ladder.levels]
    for step in process.steps.values():
        told += [*step.responsible, *(step.approval.approvers if step.approval is not None else ())]
    return (one for one in told if one and not one.startswith("="))


def _has_had_people(session: Session, department_id: int) -> bool:
    """Whether somebody who was taken out since has been in it: history tells departments of people by their names."""
    names = {session.get_one(Department, department_id).name}
    for change in _changes(session, DepartmentChanged):
        if change["department_id"] == department_id:
            names |= {*change["changes"].get("name", ())}
    of_people = (one["changes"].get("departments", ()) for one in _changes(session, PersonChanged))
    return any(not names.isdisjoint(told) for change in of_people for told in change)


def _has_counted(session: Session, calendar_id: int) -> bool:
    """Whether a department counted by it, or the whole company did, before."""
    if any(calendar_id in one["changes"].get("calendar_id", ()) for one in _changes(session, DepartmentChanged)):
        return True
    chosen = (one["calendar_id"] for one in _changes(session, CalendarChanged) if "is_default" in one["changes"])
    if calendar_id in chosen:
        return True
    return session.scalar(select(func.min(Calendar.id))) == calendar_id  # the first is the company's from the start


def _changes(session: Session, event: type[Event]) -> Sequence[Mapping[str, Any]]:
    """What history tells of the company's set-up, the oldest first: hundreds of entries, not millions."""
    told = select(HistoryEvent.data).where(HistoryEvent.kind == kind_of(event), HistoryEvent.deal_id.is_(None))
    return session.scalars(told.order_by(HistoryEvent.id)).all()
