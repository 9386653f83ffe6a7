"""Opening human steps: whose they are, by when, who is asked, and what happens when they are late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, StepDefinition, StepKind
from engine.bpmn.deadline_rules import DeadlineRule, EscalationLadder, RelativeToField
from engine.bpmn.escalation_text import parse_ladder
from engine.bpmn.expressions import compile_expression
from engine.bpmn.runtime import OpenedStep
from engine.commands.distributing import Distributor
from engine.commands.history import record
from engine.commands.notifications import notify
from engine.commands.search_texts import step_search_text
from engine.db.work_session import add_rows, new_row, number
from engine.errors import N_, DomainError, MapFailed
from engine.events import StepOpened
from engine.model.client import Client
from engine.model.notice import NoticeKind
from engine.model.person import Person, Role
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.assignment import Assignment, resolve_assignment, resolve_name
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.due_dates import due_at
from engine.policy.escalation_ladder import DEFAULT_LADDER, next_escalation_at
from engine.policy.permissions import Actor
from engine.queries.calendars import calendar_of_department, calendar_of_person, default_calendar
from engine.queries.directories import department_distribution, department_escalation, directory
from engine.queries.facts import DealFacts
from engine.queries.other_eyes import barred_from


class ApproverMissing(DomainError):
    """Nobody bears the name that the map gives, or nobody stands above the owner; and there is no administrator."""

    code: ClassVar[str] = "approver_missing"
    template: ClassVar[str] = N_("nobody can be asked for this approval")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One work item to open: a person who holds it, or a department whose members may claim it."""

    person_id: int | None = None
    group_id: int | None = None
    approver: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the instance the question stands: its activity, its run in a loop, and who asks."""

    activity_id: str
    asked_by_id: int | None
    index: int | None
    item: object


class StepOpener:
    """Opens the human steps of one instance at one moment, in the transaction of the step that reached them."""

    def __init__(
        self,
        session: Session,
        instance: ProcessInstance,
        process: CompiledProcess,
        *,
        facts: DealFacts,
        actor: Actor,
        at: datetime,
    ) -> None:
        self._session, self._instance, self._process = session, instance, process
        self._facts, self._actor, self._at = facts, actor, at
        self._directory = directory(session)
        self._distributor = Distributor(session, instance.deal, at)
        self._barred_by_place: dict[tuple[str, int | None], frozenset[int]] = {}

    def open(self, opened: Sequence[OpenedStep], *, asked_by_id: int) -> list[WorkItem]:
        """Open a work item for each step that waits now, several for an approval by several."""
        items: list[WorkItem] = []
        for one in opened:
            step = self._process.steps[one.element_id]
            place = _Place(one.activity_id, asked_by_id, one.index, one.item)
            for part, asked in enumerate(self._asked(step, asked_by_id)):
                items.append(self._item(step, place, part, asked))
        self._write(items)
        return items

    def ask(
        self, step: StepDefinition, after: WorkItem, to_ask: Sequence[int] | Sequence[str], *, part: int
    ) -> list[WorkItem]:
        """Ask the next in an approval in order: ``to_ask`` holds a member's id or an entry of the rule's list."""
        place = _Place(after.activity_id, after.asked_by_id, after.item_index, after.item)
        asked = [self._asked_as(step, one, after.group_id, after.asked_by_id) for one in to_ask[:1]]
        items = [self._item(step, place, part, one) for one in asked]
        self._write(items)
        return items

    def ask_as_before(self, step: StepDefinition, before: WorkItem, person_id: int, *, part: int) -> WorkItem:
        """Ask again who gave a part of an approval; where they have left, whoever the map asks in their place."""
        place = _Place(before.activity_id, before.asked_by_id, before.item_index, before.item)
        barred = self._barred(step, before.asked_by_id)
        if self._directory.person(person_id) is not None and person_id not in barred:
            asked = _Asked(person_id, before.group_id, before.approver)
        elif before.approver:
            asked = self._asked_as(step, before.approver, before.group_id, before.asked_by_id)
        else:
            asked = _Asked(None, before.group_id)
        item = self._item(step, place, part, asked)
        self._write([item])
        return item

    def to_whom(self, step: StepDefinition, named: Assignment, barred: frozenset[int]) -> tuple[int | None, int | None]:
        """The person and the department who get a step for one of those whom the map names."""
        group_id = named.department_ids[0] if named.department_ids else None
        asked = self._given_out(step, _Asked(named.person_id, group_id), barred)
        return asked.person_id, asked.group_id

    def _asked(self, step: StepDefinition, asked_by_id: int) -> list[_Asked]:
        barred = self._barred(step, asked_by_id)
        assignment = self._assignment(step, barred)
        group_id = assignment.department_ids[0] if assignment.department_ids else None
        rule = step.approval
        if rule is None or rule.mode == "any":
            return [self._given_out(step, _Asked(assignment.person_id, group_id), barred)]
        if rule.mode == "list":
            names = rule.approvers[:1] if rule.in_order else rule.approvers
            return [self._asked_as(step, name, None, asked_by_id) for name in names]
        members = [one for one in members_of(self._session, group_id) if one not in barred]
        if not members:
            return [self._able(step, _Asked(assignment.person_id, group_id), barred)]
        return [_Asked(person_id=member, group_id=group_id) for member in (members[:1] if rule.in_order else members)]

    def _asked_as(self, step: StepDefinition, who: int | str, group_id: int | None, asked_by_id: int | None) -> _Asked:
        if isinstance(who, int):
            return _Asked(person_id=who, group_id=group_id)
        barred = self._barred(step, asked_by_id)
        found = resolve_name(who, self._directory, self._instance.deal.owner_id)
        if found.is_nobody:
            found = self._stand_in(step, barred)
        asked = _Asked(found.person_id, found.department_ids[0] if found.department_ids else None, approver=who)
        return self._given_out(step, asked, barred)

    def _given_out(self, step: StepDefinition, asked: _Asked, barred: frozenset[int]) -> _Asked:
        """A department's step with the member to whom the map, or else the department itself, gives it."""
        asked = self._able(step, asked, barred)
        distribution = step.distribution or department_distribution(self._session, asked.group_id)
        if asked.group_id is None or distribution is None:
            return asked
        person_id = self._distributor.person_for(distribution, asked.group_id, step.element_id, barred=barred)
        return replace(asked, person_id=person_id)

    def _barred(self, step: StepDefinition, asked_by_id: int | None) -> frozenset[int]:
        if not step.four_eyes:
            return frozenset()
        key = (step.element_id, asked_by_id)
        if key not in self._barred_by_place:
            deal = self._instance.deal
            found = barred_from(self._session, step, deal, asked_by_id=asked_by_id, opened_at=self._at)
            self._barred_by_place[key] = found
        return self._barred_by_place[key]

    def _able(self, step: StepDefinition, asked: _Asked, barred: frozenset[int]) -> _Asked:
        """Nobody is given what four eyes forbid them to do: then it is the nearest head's, else an administrator's.

        A department that has somebody beside those barred keeps its step.
        """
        if asked.group_id is not None:
            heads = self._directory.heads_above(asked.group_id)
            if not barred or {*members_of(self._session, asked.group_id), *heads} - barred:
                return replace(asked, person_id=None) if asked.person_id in barred else asked
        elif asked.person_id not in barred:
            return asked
        else:
            heads = self._directory.heads_of_person(asked.person_id)
        head = next((one for one in heads if one not in barred), None)
        return replace(asked, person_id=head or self._administrator(step, barred), group_id=None)

    def _assignment(self, step: StepDefinition, barred: frozenset[int]) -> Assignment:
        """Whose step it is. A step that would be nobody's goes to a stand-in: it must not be lost."""
        try:
            found = resolve_assignment(
                step.responsible,
                self._directory,
                self._instance.deal.owner_id,
                evaluate=self._facts.value,
                owner_takes_own_department=step.approval is None,
            )
        except DomainError:  # an expression that names nobody yet
            found = Assignment()
        return self._stand_in(step, barred) if found.is_nobody else found

    def _stand_in(self, step: StepDefinition, barred: frozenset[int]) -> Assignment:
        """The deal's owner; for an approval an administrator, who hands it on: who asks must not be the one who gives.

        Raises MapFailed when there is no administrator beside the owner.
        """
        if step.approval is None and not barred:
            return Assignment(person_id=self._instance.deal.owner_id)
        return Assignment(person_id=self._administrator(step, barred))

    def _administrator(self, step: StepDefinition, barred: frozenset[int]) -> int:
        """Raises MapFailed when there is none beside the owner and those whom four eyes bar."""
        barred |= {self._instance.deal.owner_id}
        administrator_id = self._session.scalar(
            select(Person.id)
            .where(Person.role == Role.ADMINISTRATOR, Person.is_active, Person.id.not_in(barred))
            .order_by(Person.id)
            .limit(1)
        )
        if administrator_id is None:
            raise MapFailed(element=step.name, element_id=step.element_id, problem=ApproverMissing())
        return administrator_id

    def _item(self, step: StepDefinition, place: _Place, part: int, asked: _Asked) -> WorkItem:
        deal, session = self._instance.deal, self._session
        calendar = (
            calendar_of_department(session, asked.group_id)
            if asked.group_id is not None
            else calendar_of_person(session, asked.person_id or deal.owner_id)
        )
        due = self._due(step, calendar)
        ladder = ladder_of_step(session, self._process, step, asked.group_id)
        name = step.name if place.index is None else f"{step.name} ({place.item or place.index + 1})"
        return new_row(
            WorkItem,
            instance_id=self._instance.id,
            deal_id=deal.id,
            activity_id=place.activity_id,
            part=part,
            element_id=step.element_id,
            name=name[:500],
            kind=step.kind,
            stage=step.stage,
            state=WorkItemState.OPEN if asked.person_id is None else WorkItemState.CLAIMED,
            assignee_id=asked.person_id,
            group_id=asked.group_id,
            approver=asked.approver,
            asked_by_id=place.asked_by_id,
            opened_at=self._at,
            due_at=due,
            next_escalation_at=next_escalation_at(ladder, due, calendar, 0, opened_at=self._at)
            if due is not None
            else None,
            item_index=place.index,
            item=place.item,
            search_text=step_search_text(name, deal),
        )

    def _due(self, step: StepDefinition, calendar: BusinessCalendar) -> datetime | None:
        """When the step is due. A date of the deal that nobody filled in yet gives no deadline until somebody does."""
        if step.deadline is None:
            return None
        try:
            return self._counted(step.deadline, calendar)
        except DomainError as problem:
            if not isinstance(step.deadline, RelativeToField):
                raise MapFailed(element=step.name, element_id=step.element_id, problem=problem) from problem
        if not counts_from_client(step):
            return None
        # Whoever writes the client's date at this moment does not see this step yet: one of the two waits here.
        client_id = self._instance.deal.client_id
        self._session.get_one(Client, client_id, with_for_update={"read": True}, populate_existing=True)
        try:
            return self._counted(step.deadline, calendar)
        except DomainError:
            return None

    def _counted(self, rule: DeadlineRule, calendar: BusinessCalendar) -> datetime:
        return max(due_at(rule, self._at, calendar, self._facts.value), self._at)

    def _write(self, items: Sequence[WorkItem]) -> None:
        number(self._session, items)
        add_rows(self._session, items)
        for one in items:
            person = self._directory.person(one.assignee_id)
            department = self._directory.department(one.group_id)
            record(
                self._session,
                StepOpened(
                    name=one.name,
                    element_id=one.element_id,
                    stage=one.stage,
                    assignee=person.full_name if person is not None else "",
                    group=department.name if department is not None else "",
                    due_at=one.due_at,
                    part=one.part,
                ),
                actor=self._actor,
                at=self._at,
                deal=self._instance.deal,
                work_item_id=one.id,
            )
            tell_of_step(self._session, one, actor=self._actor, at=self._at)


def tell_of_step(session: Session, item: WorkItem, *, actor: Actor, at: datetime) -> None:
    """Let who has the step now hear of it, or those who may take it."""
    person_id, kind = item.assignee_id, NoticeKind.STEP_OPENED
    if item.kind is StepKind.APPROVAL:
        kind = NoticeKind.APPROVAL_ASKED
    elif person_id is None:
        kind = NoticeKind.STEP_TO_TAKE
    notify(
        session,
        kind,
        to=() if person_id is None else (person_id,),
        department_id=item.group_id if person_id is None else None,
        at=at,
        by=actor,
        work_item=item,
    )


def members_of(session: Session, department_id: int | None) -> tuple[int, ...]:
    """Active members of a department, by id."""
    return directory(session).members_of(department_id)


def counts_from_client(step: StepDefinition) -> bool:
    """Whether the step's deadline is counted from something that its deal's client says."""
    rule = step.deadline
    return isinstance(rule, RelativeToField) and "client" in compile_expression(rule.expression).names


def calendar_of_step(session: Session, work_item: WorkItem) -> BusinessCalendar:
    """The calendar of the responsible: the department's, else the person's, else the company's."""
    if work_item.group_id is not None:
        return calendar_of_department(session, work_item.group_id)
    if work_item.assignee_id is not None:
        return calendar_of_person(session, work_item.assignee_id)
    return default_calendar(session)


def ladder_of_step(
    session: Session, process: CompiledProcess, step: StepDefinition, group_id: int | None
) -> EscalationLadder:
    """The step's own ladder, else the map's, else the department's, else the product's."""
    if step.escalation is not None:
        return step.escalation
    if process.default_escalation is not None:
        return process.default_escalation
    words = department_escalation(session, group_id)
    return _ladder_in_words(words) if words else DEFAULT_LADDER


@lru_cache(maxsize=128)
def _ladder_in_words(words: str) -> EscalationLadder:
    return parse_ladder(words)
