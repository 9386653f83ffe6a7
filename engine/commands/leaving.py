"""When somebody leaves, the company or a department: steps go back to the department, else to who stands above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.commands.approval_parts import voices_beside
from engine.commands.history import record
from engine.commands.locks import lock_instance
from engine.commands.notifications import notify
from engine.commands.step_opening import members_of
from engine.events import StepReassigned
from engine.model.notice import NoticeKind
from engine.model.person import Person, Role
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.approvers import may_decide
from engine.policy.permissions import Actor
from engine.queries.directories import directory
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of


def hand_over_steps(session: Session, person: Person, *, actor: Actor, at: datetime) -> None:
    """Take every live step from ``person``, instance by instance in the order of their ids."""
    for item, instance in _held(session, person, true()):
        hand_over(session, item, instance, person, actor=actor, at=at)


def hand_over_approvals(session: Session, person: Person, left: Collection[int], *, actor: Actor, at: datetime) -> None:
    """Take from ``person`` the approvals that were asked of departments of which they are no member any more, ``left``.

    Other steps stay: whoever has begun one finishes it. An approval is the word of the department, or of its heads.
    """
    asked_of_them = and_(WorkItem.kind == StepKind.APPROVAL, WorkItem.group_id.in_(left))
    for item, instance in _held(session, person, asked_of_them):
        if not may_decide(directory(session), person.id, group_id=item.group_id, assignee_id=None):
            hand_over(session, item, instance, person, actor=actor, at=at)


def ensure_holder_may(
    session: Session, work_item: WorkItem, instance: ProcessInstance, *, actor: Actor, at: datetime
) -> bool:
    """Take a live step that waits again from a holder who has left meanwhile; whether it was taken.

    They left the company, or the department whose approval it is. What came to an administrator, because nobody of the
    department was left, stays there.
    """
    holder = work_item.assignee
    if holder is None or (holder.is_active and _may_hold(session, work_item, holder)):
        return False
    hand_over(session, work_item, instance, holder, actor=actor, at=at)
    return True


def _may_hold(session: Session, work_item: WorkItem, holder: Person) -> bool:
    is_asked_of_department = work_item.kind is StepKind.APPROVAL and work_item.group_id is not None
    if not is_asked_of_department or holder.role is Role.ADMINISTRATOR:
        return True
    return may_decide(directory(session), holder.id, group_id=work_item.group_id, assignee_id=None)


def _held(session: Session, person: Person, wanted: ColumnElement[bool]) -> Iterator[tuple[WorkItem, ProcessInstance]]:
    """The live steps of ``person``, locked one by one."""
    held = session.execute(
        select(WorkItem.instance_id, WorkItem.id)
        .where(WorkItem.assignee_id == person.id, WorkItem.state.in_(LIVE), wanted)
        .order_by(WorkItem.instance_id, WorkItem.id)
    ).all()
    for instance_id, work_item_id in held:
        instance = lock_instance(session, instance_id)
        work_item = session.get_one(WorkItem, work_item_id, populate_existing=True)
        if work_item.is_live and work_item.assignee_id == person.id:  # else done or handed on while we waited
            yield work_item, instance


def hand_over(
    session: Session, work_item: WorkItem, instance: ProcessInstance, person: Person, *, actor: Actor, at: datetime
) -> None:
    """Take one live step from ``person``: back to its department, or to who stands in for them.

    Nobody may be left in the department who may do it: of an approval, who has a voice in it already may not.
    """
    heir = None
    barred = _barred(session, work_item, instance, person)
    if work_item.group_id is None or barred.issuperset(members_of(session, work_item.group_id)):
        heir = _heir(session, work_item, instance, person, barred)
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


def _barred(session: Session, work_item: WorkItem, instance: ProcessInstance, person: Person) -> frozenset[int]:
    """To whom the step of ``person`` does not come.

    An approval never comes to who may not give it: the deal's owner, whom four eyes bar, who has a voice in it already.
    """
    step = process_of(session, instance.definition_id).steps.get(work_item.element_id)
    barred = {person.id, *barred_of(session, step, work_item, instance.deal)}
    if step is not None and step.approval is not None:
        barred |= {instance.deal.owner_id}
        if step.approval.mode in ("all", "count"):
            barred |= voices_beside(session, work_item)
    return frozenset(barred)


def _heir(
    session: Session, work_item: WorkItem, instance: ProcessInstance, person: Person, barred: Collection[int]
) -> Person | None:
    """The nearest head above the department asked, or who leaves; else the deal's owner, else an administrator."""
    people, group_id = directory(session), work_item.group_id
    heads = people.heads_of_person(person.id) if group_id is None else people.heads_above(group_id)
    wanted = (*heads, instance.deal.owner_id)
    heir_id = next((one for one in wanted if one not in barred and people.person(one) is not None), None)
    if heir_id is not None:
        return session.get_one(Person, heir_id)
    return session.scalar(
        select(Person)
        .where(Person.role == Role.ADMINISTRATOR, Person.is_active, Person.id.not_in(barred))
        .order_by(Person.id)
        .limit(1)
    )
