"""What a letter about a step has to say, as of the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.department import Department
from engine.model.person import Person
from engine.model.work_item import WorkItem

_Assignee = aliased(Person)


@dataclass(frozen=True, slots=True)
class StepNotice:
    """``holder`` is the person who has the step, or the department that may take it; ``due_at`` is aware UTC."""

    to: str
    locale: str
    reader: str
    work_item_id: int
    step: str
    stage: str
    holder: str
    deal_number: str
    deal_title: str
    client: str
    due_at: datetime | None


def step_notice(
    session: Session, *, person_id: int, work_item_id: int, even_if_over: bool = False
) -> StepNotice | None:
    """None when there is nothing to write any more: the step is done, or the person has left or has no address.

    ``even_if_over``: the letter says just that, that the step does not wait any more.
    """
    person = session.get(Person, person_id)
    if person is None or not person.is_active or not person.email:
        return None
    row = session.execute(
        select(WorkItem, Deal.number, Deal.title, Client.name, _Assignee.full_name, Department.name)
        .join(Deal, Deal.id == WorkItem.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .outerjoin(_Assignee, _Assignee.id == WorkItem.assignee_id)
        .outerjoin(Department, Department.id == WorkItem.group_id)
        .where(WorkItem.id == work_item_id)
    ).one_or_none()
    if row is None:
        return None
    work_item, number, title, client, assignee, department = row
    if not work_item.is_live and not even_if_over:
        return None
    return StepNotice(
        to=person.email,
        locale=person.locale,
        reader=person.full_name,
        work_item_id=work_item.id,
        step=work_item.name,
        stage=work_item.stage,
        holder=assignee or department or "",
        deal_number=number,
        deal_title=title,
        client=client,
        due_at=work_item.due_at,
    )
