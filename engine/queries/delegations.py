"""Who handed a step on to whom, as far as it can be handed back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.delegation import Delegation
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.queries.directories import directory


@dataclass(frozen=True, slots=True)
class HandedOn:
    """``note`` is what was said with it."""

    by: str
    note: str
    at: datetime


def open_delegation(session: Session, work_item: WorkItem) -> Delegation | None:
    """The latest handing-on of the step to who holds it now, unless it was handed back."""
    latest = session.scalar(
        select(Delegation)
        .where(Delegation.work_item_id == work_item.id, Delegation.returned_at.is_(None))
        .order_by(Delegation.id.desc())
        .limit(1)
    )
    return latest if latest is not None and latest.to_id == work_item.assignee_id else None


def first_asked(session: Session, work_item: WorkItem) -> int | None:
    """The person who held the step before anybody handed it on, while they work here; else who holds it now.

    Whom an approval may go to is told from them: handed on twice, it would else come to people of another department.
    """
    first = session.scalar(
        select(Delegation.from_id).where(Delegation.work_item_id == work_item.id).order_by(Delegation.id).limit(1)
    )
    return first if directory(session).person(first) is not None else work_item.assignee_id


def handed_on(session: Session, work_item_id: int, assignee_id: int | None) -> HandedOn | None:
    """From whom the holder of a visible step has it; None for a step that nobody handed on."""
    if assignee_id is None:
        return None
    row = session.execute(
        select(Delegation.to_id, Person.full_name, Delegation.note, Delegation.at)
        .join(Person, Person.id == Delegation.by_id)
        .where(Delegation.work_item_id == work_item_id, Delegation.returned_at.is_(None))
        .order_by(Delegation.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.to_id != assignee_id:
        return None
    return HandedOn(row.full_name, row.note, row.at)
