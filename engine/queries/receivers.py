"""To whom a step can be handed, and why not to the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepDefinition
from engine.model.work_item import WorkItem
from engine.policy.approvers import NotGiven, why_not_given
from engine.policy.assignment import Directory
from engine.policy.permissions import Actor
from engine.queries.delegations import first_asked
from engine.queries.directories import directory
from engine.queries.other_eyes import barred_of
from engine.queries.people import PersonChoice, choose_people
from engine.queries.processes import process_of
from engine.queries.work_items import visible_work_item


@dataclass(frozen=True, slots=True)
class Receiving:
    """What decides who may get a step. ``group_id`` and ``assignee_id`` say of whom an approval was asked first."""

    directory: Directory
    is_approval: bool
    group_id: int | None
    assignee_id: int | None
    barred: frozenset[int]

    def refusal(self, person_id: int) -> NotGiven | None:
        return why_not_given(
            self.directory,
            person_id,
            is_approval=self.is_approval,
            group_id=self.group_id,
            assignee_id=self.assignee_id,
            barred=self.barred,
        )


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody found by name. ``refusal`` is None for whom the step can be handed to."""

    person: PersonChoice
    refusal: NotGiven | None


def receiving(session: Session, step: StepDefinition, work_item: WorkItem) -> Receiving:
    """What decides to whom the work item can be handed."""
    is_approval = step.approval is not None
    return Receiving(
        directory=directory(session),
        is_approval=is_approval,
        group_id=work_item.group_id,
        assignee_id=first_asked(session, work_item) if is_approval else None,
        barred=barred_of(session, step, work_item, work_item.deal),
    )


def receivers(session: Session, actor: Actor, work_item_id: int, q: str, *, limit: int = 20) -> tuple[Receiver, ...]:
    """Active people whom ``q`` finds: first those who can get the step, by name, then who cannot or has it now.

    Who cannot is told only to whom looks for a name: without one the list offers what can be chosen. Raises NotFound.
    """
    work_item, definition_id = visible_work_item(session, actor, work_item_id)
    step = process_of(session, definition_id).steps.get(work_item.element_id)
    rule = receiving(session, step, work_item) if step is not None else None
    people = directory(session).people
    refused = {one.id: rule.refusal(one.id) if rule is not None else None for one in people}
    if work_item.assignee_id is not None:
        refused[work_item.assignee_id] = NotGiven.HOLDS_IT
    return tuple(_found(session, actor, refused, q, limit))


def _found(
    session: Session, actor: Actor, refused: Mapping[int, NotGiven | None], q: str, limit: int
) -> Iterator[Receiver]:
    able = choose_people(session, actor, q, limit, among=[one for one, why in refused.items() if why is None])
    yield from (Receiver(one, None) for one in able)
    left = limit - len(able)
    if q.strip() and left > 0:
        others = choose_people(session, actor, q, left, among=[one for one, why in refused.items() if why is not None])
        yield from (Receiver(one, refused[one.id]) for one in others)
