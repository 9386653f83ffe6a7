"""When somebody leaves: their steps go back to the department, else to who stands above them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.approval_parts import voices_beside
from engine.commands.history import record
from engine.commands.locks import lock_instance
from engine.commands.notifications import notify
from engine.events import StepReassigned
from engine.model.notice import NoticeKind
from engine.model.person import Person, Role
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.directories import directory
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of


def hand_over_steps(session: Session, person: Person, *, actor: Actor, at: datetime) -> None:
    """Take every live step from ``person``, instance by instance in the order of their ids."""
    held = session.execute(
        select(WorkItem.instance_id, WorkItem.id)
        .where(WorkItem.assignee_id == person.id, WorkItem.state.in_(LIVE))
        .order_by(WorkItem.instance_id, WorkItem.id)
    ).all()
    for instance_id, work_item_id in held:
        instance = lock_instance(session, instance_id)
        work_item = session.get_one(WorkItem, work_item_id, populate_existing=True)
        if not work_item.is_live or work_item.assignee_id != person.id:  # done or handed on while we waited
            continue
        hand_over(session, work_item, instance, person, actor=actor, at=at)


def hand_over(
    session: Session, work_item: WorkItem, instance: ProcessInstance, person: Person, *, actor: Actor, at: datetime
) -> None:
    """Take one live step from ``person``: back to its department, or to who stands in for them."""
    heir = None if work_item.group_id is not None else _heir(session, work_item, instance, person)
    if heir is None:
        work_item.release()
    else:
        work_item.assign(heir, at=at)
        notify(session, NoticeKind.STEP_HANDED, to=[heir.id], at=at, by=actor, work_item=work_item)
    to = heir.full_name if heir is not None else work_item.group.name if work_item.group is not None else ""
    record(
        session,
        StepReassigned(name=work_item.name, previous=person.full_name, to=to, due_at=work_item.due_at),
        actor=actor,
        at=at,
        deal=instance.deal,
        work_item_id=work_item.id,
    )


def _heir(session: Session, work_item: WorkItem, instance: ProcessInstance, person: Person) -> Person | None:
    """The nearest head above who leaves, else the deal's owner, else an administrator.

    An approval never comes to who may not give it: the deal's owner, whom four eyes bar, who has a voice in it already.
    """
    people, owner_id = directory(session), instance.deal.owner_id
    step = process_of(session, instance.definition_id).steps.get(work_item.element_id)
    barred = {person.id, *barred_of(session, step, work_item, instance.deal)}
    if step is not None and step.approval is not None:
        barred |= {owner_id}
        if step.approval.mode in ("all", "count"):
            barred |= voices_beside(session, work_item)
    wanted = (*people.heads_of_person(person.id), owner_id)
    heir_id = next((one for one in wanted if one not in barred and people.person(one) is not None), None)
    if heir_id is not None:
        return session.get_one(Person, heir_id)
    return session.scalar(
        select(Person)
        .where(Person.role == Role.ADMINISTRATOR, Person.is_active, Person.id.not_in(barred))
        .order_by(Person.id)
        .limit(1)
    )
