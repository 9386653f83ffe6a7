"""Handing a step back to whoever handed it on, with what was found out."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_work_item
from engine.commands.notifications import notify
from engine.commands.work_items import StepNotYours, holder_of
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.events import StepHandedBack
from engine.model.delegation import Delegation
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.approvers import may_decide
from engine.policy.permissions import Actor
from engine.queries.behalf import behalf_name
from engine.queries.delegations import first_asked, open_delegation
from engine.queries.directories import directory
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of


class NotHandedOn(DomainError):
    code: ClassVar[str] = "not_handed_on"
    template: ClassVar[str] = N_("Nobody handed this step on to its holder, so it cannot be handed back.")


class NobodyToHandBackTo(DomainError):
    code: ClassVar[str] = "nobody_to_hand_back_to"
    template: ClassVar[str] = N_("Whoever handed this step on may not take it any more; hand it on to somebody else.")


def hand_back_work_item(session: Session, work_item_id: int, note: str, *, actor: Actor, clock: Clock) -> WorkItem:
    """Give a step back to who handed it on; when they may not have it any more, to who held it before, or to the
    department.

    Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed, InvalidInput, NotHandedOn, NobodyToHandBackTo.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    if work_item.assignee_id not in actor.people_acted_for:
        raise StepNotYours(with_whom=holder_of(work_item))
    delegation = open_delegation(session, work_item)
    if delegation is None:
        raise NotHandedOn
    if not note.strip():
        raise InvalidInput({"answer": FieldRequired(label=N_("Your answer"))})
    at, behalf = clock.now(), behalf_name(session, work_item, actor)
    receiver = _receiver(session, work_item, instance, delegation)
    if receiver is not None:
        work_item.assign(receiver, at=at)
    elif work_item.group_id is not None:
        work_item.release()
    else:
        raise NobodyToHandBackTo
    delegation.returned_at = at
    told = [receiver.id] if receiver is not None else []
    notify(session, NoticeKind.STEP_HANDED, to=told, at=at, by=actor, work_item=work_item, text=note)
    event = StepHandedBack(name=work_item.name, to=holder_of(work_item), comment=note.strip(), on_behalf_of=behalf)
    record(session, event, actor=actor, at=at, deal=instance.deal, work_item_id=work_item.id)
    return work_item


def _receiver(
    session: Session, work_item: WorkItem, instance: ProcessInstance, delegation: Delegation
) -> Person | None:
    """Who handed it on, else who held it before: whoever of them works here and may have the step."""
    people, step = directory(session), process_of(session, instance.definition_id).steps[work_item.element_id]
    barred = barred_of(session, step, work_item, instance.deal)
    for person_id in (delegation.by_id, delegation.from_id):
        holds_it = person_id == work_item.assignee_id  # a head who has taken it over cannot give it to themselves
        if person_id is None or holds_it or person_id in barred or people.person(person_id) is None:
            continue
        if step.approval is None or may_decide(
            people, person_id, group_id=work_item.group_id, assignee_id=first_asked(session, work_item)
        ):
            return session.scalars(select(Person).where(Person.id == person_id)).one()
    return None
