"""With whom the steps of a deal are once it stands in another version of its map."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepDefinition
from engine.commands.history import record
from engine.commands.notifications import notify
from engine.commands.step_opening import StepOpener
from engine.errors import DomainError
from engine.events import StepReassigned
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.assignment import Assignment, resolve_assignment
from engine.policy.permissions import Actor
from engine.queries.directories import directory
from engine.queries.facts import DealFacts
from engine.queries.other_eyes import barred_of


def follow_responsible(
    session: Session,
    item: WorkItem,
    old: StepDefinition,
    new: StepDefinition,
    instance: ProcessInstance,
    *,
    keeps_holder: bool,
    opener: StepOpener,
    facts: DealFacts,
    actor: Actor,
    at: datetime,
) -> None:
    """Let a live step go to whom the new version names, as if it opened there: given out by its distribution.

    With ``keeps_holder`` whoever holds it keeps it, and only its department follows; unless four eyes bar them now.
    Where neither the responsible nor the way of giving out has changed, nothing does. The parts of an approval by
    several stay as they were asked: where the version asks others, the approval is asked anew.
    """
    if new.approval is not None and new.approval.mode != "any":
        return
    barred = barred_of(session, new, item, instance.deal)
    holds_on = keeps_holder and item.assignee_id is not None and item.assignee_id not in barred
    names_others = old.responsible != new.responsible or (old.distribution != new.distribution and not holds_on)
    if not (names_others or item.assignee_id in barred):
        return
    found = _named(session, new, instance, facts)
    if found.is_nobody:
        return
    if holds_on:
        item.group_id = found.department_ids[0] if found.department_ids else item.group_id
        return
    people = directory(session)
    former = item.assignee_id
    previous = item.assignee.full_name if item.assignee is not None else (item.group.name if item.group else "")
    person_id, item.group_id = opener.to_whom(new, found, barred)
    if person_id is None:
        item.release()
        department = people.department(item.group_id)
        name = department.name if department is not None else ""
    else:
        person = session.get_one(Person, person_id)
        if person.id != item.assignee_id:
            item.assign(person, at=at)
        name = person.full_name
    if item.assignee_id != former:
        tell_of_handing(session, item, former, actor=actor, at=at)
    if name != previous:
        event = StepReassigned(name=item.name, previous=previous, to=name, due_at=item.due_at)
        record(session, event, actor=actor, at=at, deal=instance.deal, work_item_id=item.id)


def tell_of_handing(session: Session, item: WorkItem, former: int | None, *, actor: Actor, at: datetime) -> None:
    """Let who has the step now hear of it, and ``former``, who had it until now."""
    for kind, who in ((NoticeKind.STEP_HANDED, item.assignee_id), (NoticeKind.STEP_TAKEN, former)):
        if who is not None:
            notify(session, kind, to=(who,), at=at, by=actor, work_item=item)


def _named(session: Session, step: StepDefinition, instance: ProcessInstance, facts: DealFacts) -> Assignment:
    try:
        return resolve_assignment(
            step.responsible,
            directory(session),
            instance.deal.owner_id,
            evaluate=facts.value,
            owner_takes_own_department=step.approval is None,
        )
    except DomainError:  # an expression that names nobody yet
        return Assignment()
