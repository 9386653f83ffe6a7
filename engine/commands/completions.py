"""Completing a step: the decision is recorded with what was decided on, and the deal moves on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import bindparam, delete
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldType, Outcome, OutcomeKind, StepDefinition
from engine.bpmn.runtime import CompleteStep
from engine.clock import Clock
from engine.commands.approvals import decided_outcome, ensure_one_voice_each
from engine.commands.deals import deal_search_text
from engine.commands.execution import failing_in, run_step
from engine.commands.history import record
from engine.commands.idempotency import Once
from engine.commands.incidents import perform
from engine.commands.locks import lock_work_item
from engine.commands.notifications import notify
from engine.commands.step_opening import members_of
from engine.commands.work_items import FourEyes, StepNotYours, holder_of
from engine.db.session import Database
from engine.db.work_session import postpone
from engine.errors import DomainError, InvalidInput, NotFound, ReasonRequired, UnknownOutcome
from engine.events import DealChanged, StepCompleted, plain
from engine.model.deal import Deal
from engine.model.draft import Draft
from engine.model.notice import NoticeKind
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.approvers import other_eyes_needed
from engine.policy.field_values import read_values, to_json
from engine.policy.history_chain import canonical_json
from engine.policy.permissions import Actor, may_act_on_step
from engine.queries.directories import directory
from engine.queries.facts import typed_fields
from engine.queries.processes import process_of

Locale = Literal["uk", "en"]

_DEAL_ATTRIBUTES = {"deal.amount": "amount", "deal.currency": "currency", "deal.close_date": "close_date"}
_NEGATIVE = (OutcomeKind.RETURNED, OutcomeKind.REJECTED)
_FORGET_DRAFTS = delete(Draft).where(Draft.work_item_id == bindparam("of_work_item"))


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    work_item_id: int
    outcome: str
    values: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """``error`` is None when the step is done."""

    work_item_id: int
    error: DomainError | None


def complete_work_item(
    session: Session,
    work_item_id: int,
    values: Mapping[str, Any],
    outcome: str = OutcomeKind.COMPLETED.value,
    comment: str = "",
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    locale: Locale = "uk",
) -> WorkItem:
    """Do a step: record the decision, and move the deal on.

    ``values`` are the form's texts or JSON values by field name; ``locale`` says how numbers and dates in texts are
    written. ``outcome`` is the id of one of the step's outcomes. With ``command_id``, a repetition changes nothing.
    Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed, InvalidInput, MapFailed.
    """
    at = clock.now()
    arguments = {"id": work_item_id, "values": values, "outcome": outcome, "comment": comment}
    once = Once(command_id, "complete_work_item", arguments, actor, at)
    work_item, instance = lock_work_item(session, work_item_id, actor)
    # Only a command that was performed is remembered, and then the step is not live any more. The lock makes whoever
    # comes with the same id wait, and look only after the first one's commit.
    if not work_item.is_live and once.was_performed(session):
        return work_item
    work_item.ensure_live()
    step = process_of(session, instance.definition_id).steps[work_item.element_id]
    completion = _Completion(session, work_item, step, instance, actor, at)
    behalf_id = completion.ensure_may_complete()
    button = _button(step, outcome)
    read = _read_form(step, button, values, comment, locale)
    content = _content_of(instance.deal)
    work_item.complete(
        actor.person_id,
        outcome=outcome,
        values=read,
        comment=comment.strip(),
        on_behalf_of_id=behalf_id,
        at=at,
    )
    completion.record(button, content)
    completion.write_into_deal(read)
    postpone(session, _FORGET_DRAFTS, {"of_work_item": work_item.id})
    completion.move_on(read)
    once.remember(session, {"work_item_id": work_item.id})
    return work_item


def complete_many(
    database: Database,
    requests: Sequence[CompletionRequest],
    *,
    actor: Actor,
    clock: Clock,
    locale: Locale = "uk",
    command_id: str | None = None,
) -> list[CompletionResult]:
    """Complete several steps, each in its own transaction; one that fails does not hold the others back."""
    results = []
    for request in requests:
        key = f"{command_id}:{request.work_item_id}" if command_id else None

        def command(session: Session, one: CompletionRequest = request, once: str | None = key) -> None:
            complete_work_item(
                session,
                one.work_item_id,
                one.values,
                one.outcome,
                one.comment,
                actor=actor,
                clock=clock,
                command_id=once,
                locale=locale,
            )

        error: DomainError | None = None
        try:
            perform(database, command, actor=actor, clock=clock)
        except DomainError as failure:
            error = failure
        results.append(CompletionResult(request.work_item_id, error))
    return results


@dataclass(frozen=True, slots=True)
class _Completion:
    """One person doing one step of a locked instance, at one moment."""

    session: Session
    work_item: WorkItem
    step: StepDefinition
    instance: ProcessInstance
    actor: Actor
    at: datetime

    def ensure_may_complete(self) -> int | None:
        """On whose behalf the actor acts, or None. Raises NotFound, StepNotYours, FourEyes, NotAllowed."""
        item, actor = self.work_item, self.actor
        if actor.is_system:
            raise NotFound
        if not may_act_on_step(actor, assignee_id=item.assignee_id, group_id=item.group_id):
            raise StepNotYours(with_whom=holder_of(item))
        behalf_id = self._behalf_id()
        barred = other_eyes_needed(item.asked_by_id, self.instance.deal.owner_id)
        if self.step.four_eyes and barred & {actor.person_id, behalf_id}:
            raise FourEyes
        if self.step.approval is not None:
            ensure_one_voice_each(self.session, item, self.step.approval, behalf_id or actor.person_id)
        return behalf_id

    def _behalf_id(self) -> int | None:
        """For whom the actor acts: who holds the step; or, in a department that is not the actor's, its absent member.

        A step claimed there stays the absent member's voice: claiming must not turn one right into two.
        """
        item, actor = self.work_item, self.actor
        if item.assignee_id in actor.substitutes_for:
            return item.assignee_id
        if item.group_id is None or item.group_id in actor.department_ids | actor.headed_department_ids:
            return None
        absent = [one for one in members_of(self.session, item.group_id) if one in actor.substitutes_for]
        others = [one for one in absent if one != item.asked_by_id]
        return next(iter(others or absent), None)

    def record(self, button: Outcome, content: Mapping[str, Any]) -> None:
        item, people = self.work_item, directory(self.session)
        person = people.person(self.actor.person_id)
        substituted = people.known_person(item.on_behalf_of_id)
        departments = [people.department(one) for one in person.department_ids] if person is not None else []
        event = StepCompleted(
            name=item.name,
            element_id=item.element_id,
            stage=item.stage,
            step_kind=item.kind.value,
            outcome=button.id,
            outcome_label=button.label,
            comment=item.comment,
            values=item.values,
            on_behalf_of=substituted.full_name if substituted is not None else "",
            department=min((one.name for one in departments if one is not None), default=""),
            position=person.position if person is not None else "",
            due_at=item.due_at,
            content=content,
            content_hash=hashlib.sha256(canonical_json(content)).hexdigest(),
            map_version=self.instance.definition.version,
        )
        record(self.session, event, actor=self.actor, at=self.at, deal=self.instance.deal, work_item_id=item.id)

    def write_into_deal(self, read: Mapping[str, Any]) -> None:
        """Fields named ``deal.…`` edit the deal itself; the others are kept among its fields under their names."""
        deal = self.instance.deal
        changes: dict[str, Any] = {}
        kept = dict(deal.fields)
        for name, value in read.items():
            attribute = _DEAL_ATTRIBUTES.get(name)
            if attribute is None:
                kept[name.removeprefix("deal.")] = value
            elif value is not None and _deal_value(attribute, value) != getattr(deal, attribute):
                changes[attribute] = [getattr(deal, attribute), _deal_value(attribute, value)]
                setattr(deal, attribute, _deal_value(attribute, value))
        if kept != deal.fields:
            deal.fields = kept
        if changes:
            deal.search_text = deal_search_text(deal)
            record(self.session, DealChanged(changes=changes), actor=self.actor, at=self.at, deal=deal)

    def move_on(self, read: Mapping[str, Any]) -> None:
        """Step the instance, unless others still have to decide. Raises MapFailed."""
        item, approval = self.work_item, self.step.approval
        decided = item.outcome or OutcomeKind.COMPLETED.value
        if approval is not None and approval.mode != "any":
            with failing_in(self.instance, CompleteStep(activity_id=item.activity_id, outcome=decided)):
                several = decided_outcome(self.session, item, self.step, self.instance, actor=self.actor, at=self.at)
            if several is None:
                return
            decided = several
        self._tell_who_asked(decided)
        process = process_of(self.session, self.instance.definition_id)
        own = {name: value for name, value in read.items() if not name.startswith("deal.")}
        run_step(
            self.session,
            self.instance,
            CompleteStep(activity_id=item.activity_id, outcome=decided, values=typed_fields(process, own)),
            actor=self.actor,
            at=self.at,
            # Approvals in a row are asked for by whoever asked for the first, not by those who approved.
            asked_by_id=item.asked_by_id if approval is not None else None,
        )

    def _tell_who_asked(self, decided: str) -> None:
        item = self.work_item
        if self.step.approval is None or item.asked_by_id is None:
            return
        kind = NoticeKind.RETURNED if decided == OutcomeKind.RETURNED.value else NoticeKind.DECISION_MADE
        notify(
            self.session,
            kind,
            to=(item.asked_by_id,),
            at=self.at,
            by=self.actor,
            work_item=item,
            text=item.comment,
            outcome=decided,
        )


def _button(step: StepDefinition, outcome: str) -> Outcome:
    button = next((one for one in step.outcomes if one.id == outcome), None)
    if button is None:
        raise InvalidInput({"outcome": UnknownOutcome(outcome=outcome)})
    return button


def _read_form(
    step: StepDefinition, button: Outcome, values: Mapping[str, Any], comment: str, locale: Locale
) -> dict[str, Any]:
    """The form's values as JSON. All that is wrong is told at once. Raises InvalidInput."""
    errors: dict[str, DomainError] = {}
    if button.needs_reason and not comment.strip():
        errors["comment"] = ReasonRequired()
    # Who sends a step back or refuses it does not have to fill in its form: nobody will use it.
    lenient = button.kind in _NEGATIVE
    fields = [one.model_copy(update={"required": False}) if lenient else one for one in step.fields]
    read: dict[str, Any] = {}
    try:
        read = read_values(fields, values, locale)
    except InvalidInput as invalid:
        errors |= invalid.errors
    if errors:
        raise InvalidInput(errors)
    read_only = {one.name for one in step.fields if one.type is FieldType.READ_ONLY}
    return {name: to_json(value) for name, value in read.items() if name not in read_only}


def _content_of(deal: Deal) -> dict[str, Any]:
    """The deal's data as the person had it before them when they decided."""
    content = {
        "title": deal.title,
        "client": deal.client.name,
        "amount": deal.amount,
        "currency": deal.currency,
        "close_date": deal.close_date,
        "fields": deal.fields,
    }
    return dict(plain(content))


def _deal_value(attribute: str, value: Any) -> Any:
    if attribute == "amount":
        return Decimal(str(value))
    return date.fromisoformat(value) if attribute == "close_date" else value
