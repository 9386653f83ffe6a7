"""Everybody and every department, as the names in maps find them."""

from __future__ import annotations

from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from engine.events import DepartmentAdded, DepartmentChanged, PersonAdded, PersonChanged, kind_of
from engine.model.department import Department, Membership
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.policy.assignment import Directory, DirectoryDepartment, DirectoryPerson

_KINDS = tuple(kind_of(event) for event in (DepartmentAdded, DepartmentChanged, PersonAdded, PersonChanged))

_lock = Lock()
_kept: WeakKeyDictionary[Engine, tuple[Any, Directory]] = WeakKeyDictionary()


def directory(session: Session) -> Directory:
    """The company's directory, read again only when a person or a department was added or changed."""
    version = session.execute(
        select(
            select(func.max(HistoryEvent.id)).where(HistoryEvent.kind.in_(_KINDS)).scalar_subquery(),
            select(func.max(Person.id)).scalar_subquery(),
            select(func.max(Department.id)).scalar_subquery(),
        )
    ).one()
    engine = session.get_bind()
    key = engine if isinstance(engine, Engine) else engine.engine
    with _lock:
        known = _kept.get(key)
    if known is not None and known[0] == tuple(version):
        return known[1]
    fresh = _read(session)
    with _lock:
        _kept[key] = (tuple(version), fresh)
    return fresh


def _read(session: Session) -> Directory:
    memberships: dict[int, list[int]] = {}
    for person_id, department_id in session.execute(
        select(Membership.person_id, Membership.department_id).order_by(Membership.department_id)
    ):
        memberships.setdefault(person_id, []).append(department_id)
    people = session.execute(select(Person.id, Person.login, Person.full_name, Person.position, Person.is_active))
    departments = session.execute(select(Department.id, Department.name, Department.head_id, Department.parent_id))
    return Directory(
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
    )
