"""Completing a step: the decision is recorded with what was decided on, and the deal moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from sqlalchemy import bindparam, delete
from sqlalchemy.orm import Session

from engine.bpmn.compiled import (
    CompiledProcess,
    FieldDefinition,
    FieldType,
    Outcome,
    OutcomeKind,
    Reauthentication,
    StepDefinition,
    StepKind,
)
from engine.bpmn.runtime import CompleteStep
from engine.clock import Clock
from engine.commands.approval_parts import note_approved
from engine.commands.approvals import decided_outcome, ensure_one_voice_each, ensure_undecided
from engine.commands.asked_again import ask_again_beside
from engine.commands.awaited_deadlines import set_deadlines_here
from engine.commands.clients import lock_client_of, write_client_in_step
from engine.commands.deals import faults_of_values
from engine.commands.execution import failing_in, run_step
from engine.commands.file_fields import file_values
from engine.commands.history import record
from engine.commands.idempotency import Once
from engine.commands.incidents import perform, resolve_part
from engine.commands.locks import lock_work_item
from engine.commands.loss_choices import NOT_ASKED, Losing, LossChoice, is_unexplained, why_lost
from engine.commands.notifications import notify
from engine.commands.search_texts import find_anew
from engine.commands.work_items import FourEyes, StepNotYours, holder_of
from engine.db.session import Database
from engine.db.work_session import postpone
from engine.errors import N_, Conflict, DomainError, InvalidInput, NotFound, ReasonRequired, UnknownOutcome
from engine.events import DealChanged, StepCompleted, plain
from engine.model.deal import Deal, DealResult
from engine.model.draft import Draft
from engine.model.notice import NoticeKind
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.approved_content import deal_value
from engine.policy.exchange_rates import CURRENCIES
from engine.policy.field_values import is_as_shown, to_json
from engine.policy.form_values import read_form
from engine.policy.history_chain import content_hash
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Actor, may_act_on_step
from engine.policy.personal_texts import ERASED
from engine.policy.reauthentication import Reauthenticated, ensure_reauthenticated
from engine.policy.simultaneous_edits import UNKNOWN, AsOf, Touch, reconciled
from engine.queries.approved_contents import present_content
from engine.queries.behalf import behalf_of
from engine.queries.calendars import default_calendar
from engine.queries.changes_since import changed_since, touch_of
from engine.queries.directories import directory
from engine.queries.facts import DealFacts, typed_fields
from engine.queries.map_fields import field_labels
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of
from engine.queries.references import resolved_references

Locale = Literal["uk", "en"]

_DEAL_ATTRIBUTES = {"deal.amount": "amount", "deal.currency": "currency", "deal.close_date": "close_date"}
_NEGATIVE = (OutcomeKind.RETURNED, OutcomeKind.REJECTED)
_FORGET_DRAFTS = delete(Draft).where(Draft.work_item_id == bindparam("of_work_item"))


class ContentChanged(Conflict):
    """What would be approved is not what the person saw: nothing is recorded, they look again."""

    code: ClassVar[str] = "content_changed"
    template: ClassVar[str] = N_("What you were about to decide on has changed meanwhile. Look at it again and decide.")


class ContentNotNamed(DomainError):
    """A program that names nothing has seen nothing; the map's owner wants that it has."""

    code: ClassVar[str] = "content_not_named"
    template: ClassVar[str] = N_("This approval names what was read: send the step’s content_hash.")


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """``seen`` is the hash of the content that the person had before them; None: it is not compared.

    ``loss`` says why the deal is lost, should this step lose it.
    """

    work_item_id: int
    outcome: str
    values: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""
    seen: str | None = None
    loss: LossChoice = NOT_ASKED
    read_as_of: AsOf | None = None


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """``error`` is None when the step is done. ``is_unexplained``: its deal is lost, and nobody has chosen why.

    ``not_taken`` as ``values_not_taken`` tells it.
    """

    work_item_id: int
    error: DomainError | None
    is_unexplained: bool = False
    not_taken: tuple[str, ...] = ()


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
    seen: str | None = None,
    proof: Reauthenticated | None = None,
    zone: str = "Europe/Kyiv",
    by_program: bool = False,
    loss: LossChoice = NOT_ASKED,
    read_as_of: AsOf | None = None,
    told_as_of: AsOf | None = None,
) -> WorkItem:
    """Do a step: record the decision, and move the deal on.

    ``values`` are the form's texts or JSON values by field name; ``locale`` says how numbers and dates in texts are
    written, ``zone`` in which moments without one are meant. ``outcome`` is the id of one of the step's outcomes. With
    ``command_id``, a repetition changes nothing. ``seen`` is the hash of the content that an approver had before them:
    what has changed since is not decided on. ``proof`` is that the person has proved anew who they are, where the map
    asks for it. ``by_program``: nobody has a page before them; where the map wants it an approval names what was
    seen. ``loss`` says why the deal is lost, should this step lose it. With ``read_as_of``, when the form was read,
    what others changed since stays where the form was left as it was, and is told where both have changed it, unless
    that was told as of ``told_as_of``.
    Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed, InvalidInput, EditedMeanwhile, ContentChanged,
    ReauthenticationRequired, MapFailed.
    """
    at = clock.now()
    arguments = {"id": work_item_id, "values": values, "outcome": outcome, "comment": comment}
    once = Once(command_id, "complete_work_item", arguments, actor, at)
    work_item, instance = lock_work_item(session, work_item_id, actor)
    # Only a command that was performed is remembered, and then the step is not live any more. The lock makes whoever
    # comes with the same id wait, and look only after the first one's commit.
    if not work_item.is_live and once.was_performed(session):
        return work_item
    ensure_undecided(session, work_item, outcome, by=actor)
    process = process_of(session, instance.definition_id)
    step = process.steps[work_item.element_id]
    completion = _Completion(session, work_item, process, step, instance, actor, at)
    behalf_id = completion.ensure_may_complete()
    button = _button(step, outcome)
    content = completion.content()
    hashed = content_hash(content)
    if seen is not None and seen != hashed:
        raise ContentChanged
    if by_program and seen is None and step.content_seen and button.kind is OutcomeKind.APPROVED:
        raise InvalidInput({"content_hash": ContentNotNamed()})
    read = completion.read_form(button, values, comment, locale, zone)
    if read_as_of is not None:
        left = completion.left_to_others(values, read, read_as_of, told=told_as_of, locale=locale, zone=zone)
        read = completion.read_form(button, {**values, **left}, comment, locale, zone) if left else read
    read |= file_values(session, work_item.deal_id, step.fields, read)
    ensure_reauthenticated(step.reauthenticate, proof, actor=actor, at=at)
    work_item.complete(
        actor.person_id,
        outcome=outcome,
        values=read,
        comment=comment.strip(),
        on_behalf_of_id=behalf_id,
        at=at,
    )
    completion.record(button, content, hashed, proof if step.reauthenticate is not Reauthentication.NONE else None)
    completion.write_into_deal(read)
    completion.write_into_client(read, values)
    if step.kind is StepKind.APPROVAL and outcome == OutcomeKind.APPROVED.value:
        note_approved(instance, work_item, content_hash(completion.content()) if read else hashed)
    # Files, client and title change beside the steps: who waits in a join is asked about them before the deal moves.
    ask_again_beside(session, instance, work_item.activity_id, actor=actor, at=at)
    postpone(session, _FORGET_DRAFTS, {"of_work_item": work_item.id})
    losing, told_before = Losing(session, instance.deal, process, loss), why_lost(instance.deal)
    losing.say(comment)
    completion.move_on(read)
    losing.settle(told_before, actor)
    once.remember(session, {"work_item_id": work_item.id})
    return work_item


def complete_many(
    database: Database,
    requests: Sequence[CompletionRequest],
    *,
    actor: Actor,
    clock: Clock,
    locale: Locale = "uk",
    zone: str = "Europe/Kyiv",
    command_id: str | None = None,
    proof: Reauthenticated | None = None,
    by_program: bool = False,
) -> list[CompletionResult]:
    """Complete several steps, each in its own transaction; one that fails does not hold the others back."""
    results = []
    for request in requests:
        key = f"{command_id}:{request.work_item_id}" if command_id else None

        def command(session: Session, one: CompletionRequest = request, once: str | None = key) -> CompletionResult:
            done = complete_work_item(
                session,
                one.work_item_id,
                one.values,
                one.outcome,
                one.comment,
                actor=actor,
                clock=clock,
                command_id=once,
                locale=locale,
                seen=one.seen,
                proof=proof,
                zone=zone,
                by_program=by_program,
                loss=one.loss,
                read_as_of=one.read_as_of,
            )
            told = is_lost_unexplained(session, done), values_not_taken(done, one.values)
            return CompletionResult(one.work_item_id, None, *told)

        try:
            results.append(perform(database, command, actor=actor, clock=clock))
        except DomainError as failure:
            results.append(CompletionResult(request.work_item_id, failure))
    return results


def values_not_taken(done: WorkItem, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Names in ``given`` that changed nothing in a step that is done: no field of it, or one that did not apply.

    Programs may send more than a step asks for, so that this is no error; but a name misspelt is not lost in silence.
    """
    return tuple(
        name for name, value in given.items() if name not in done.values or (done.values[name] is None and value)
    )


def is_lost_unexplained(session: Session, done: WorkItem) -> bool:
    """Whether the deal of a step that was done a moment ago is lost, and nobody has chosen why."""
    instance = done.instance
    deal = instance.deal
    return deal.result is DealResult.LOST and is_unexplained(session, deal, process_of(session, instance.definition_id))


@dataclass(frozen=True, slots=True)
class _Completion:
    """One person doing one step of a locked instance, at one moment."""

    session: Session
    work_item: WorkItem
    process: CompiledProcess
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
        barred = barred_of(self.session, self.step, item, self.instance.deal)
        behalf_id = behalf_of(self.session, item, actor, barred=barred)
        if barred & {actor.person_id, behalf_id}:
            raise FourEyes
        if self.step.approval is not None:
            voice_id, person_id = behalf_id or actor.person_id, actor.person_id
            ensure_one_voice_each(self.session, item, self.step.approval, voice_id, person_id=person_id)
        return behalf_id

    def content(self) -> Mapping[str, Any]:
        """What the person has before them: of an approval, what it is bound to."""
        deal = self.instance.deal
        if self.step.kind is not StepKind.APPROVAL:
            return _content_of(deal)
        return present_content(self.session, self.step, deal, deal.client)

    def read_form(
        self, button: Outcome, values: Mapping[str, Any], comment: str, locale: Locale, zone: str
    ) -> dict[str, Any]:
        """The form's values as JSON. All that is wrong is told at once. Raises InvalidInput.

        A field that does not apply gives up the value that the deal had of it: what nobody saw decides nothing.
        """
        errors: dict[str, DomainError] = {}
        if button.needs_reason and not comment.strip():
            errors["comment"] = ReasonRequired()
        read = self._read_fields(button, values, locale, zone, errors) if self.step.fields else {}
        if errors:
            raise InvalidInput(errors)
        return read

    def _read_fields(
        self, button: Outcome, values: Mapping[str, Any], locale: Locale, zone: str, errors: dict[str, DomainError]
    ) -> dict[str, Any]:
        """As ``read_form``; what is wrong is added to ``errors``, and then nothing is read."""
        fields, deal = _asked(self.step, button), self.instance.deal
        facts = DealFacts(deal, self.process, calendar=default_calendar(self.session), at=self.at)
        form = read_form(fields, values, locale, known=facts.known, zone=zone)
        read, unknown = resolved_references(self.session, fields, form.values)
        errors |= form.errors | unknown | _faults_of_own(fields, read)
        if errors:
            return {}
        given_up = {
            one.name: None
            for one in fields
            if one.name in form.hidden and one.type is not FieldType.READ_ONLY and deal.fields.get(one.name) is not None
        }
        return {name: to_json(value) for name, value in {**read, **given_up}.items()}

    def left_to_others(
        self,
        values: Mapping[str, Any],
        read: Mapping[str, Any],
        as_of: AsOf,
        *,
        told: AsOf | None,
        locale: Locale,
        zone: str,
    ) -> dict[str, Any]:
        """What others gave those fields since, which the form's reader left as they were read, by the field's name.

        ``values`` came from the form, ``read`` is what they say. Raises EditedMeanwhile.
        """
        deal = self.instance.deal
        if as_of.client is not None and any(one.name.startswith(CLIENT_ROOT) for one in self.step.fields):
            lock_client_of(self.session, deal)  # else another deal's step may write between comparing and writing
        since = changed_since(self.session, deal, as_of)
        since_told = changed_since(self.session, deal, told) if since and told is not None else since
        touches: dict[str, Touch] = {}
        wanted: dict[str, Any] = {}
        for asked in self.step.fields if since else ():
            touch = touch_of(since, asked.name)
            if touch is None or not _is_sent(asked, values, read, as_of):
                continue
            typed = values.get(asked.name, "")
            is_left = touch.before is not UNKNOWN and is_as_shown(asked, typed, touch.before, locale, zone=zone)
            if not is_left and touch_of(since_told, asked.name) is None:
                continue
            touches[asked.name] = touch
            wanted[asked.name] = touch.before if is_left else read[asked.name]
        current = {name: deal_value(deal, deal.client, name) for name in wanted}
        shown = {name: "" if value == ERASED else value for name, value in current.items()}
        kept = reconciled(wanted, shown, touches, {})
        return {name: to_json(current[name]) for name in wanted.keys() - kept.keys()}

    def record(self, button: Outcome, content: Mapping[str, Any], hashed: str, proof: Reauthenticated | None) -> None:
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
            content_hash=hashed,
            map_version=self.instance.definition.version,
            labels=self._labels(content) if item.kind is StepKind.APPROVAL else {},
            authentication={"by": proof.by, "at": proof.at.isoformat()} if proof is not None else {},
        )
        record(self.session, event, actor=self.actor, at=self.at, deal=self.instance.deal, work_item_id=item.id)

    def _labels(self, content: Mapping[str, Any]) -> dict[str, str]:
        return field_labels(self.process, content)

    def write_into_deal(self, read: Mapping[str, Any]) -> None:
        """Fields named ``deal.…`` edit the deal itself; the others are kept among its fields under their names."""
        deal = self.instance.deal
        changes: dict[str, Any] = {}
        kept = dict(deal.fields)
        for name, value in read.items():
            attribute = _DEAL_ATTRIBUTES.get(name)
            if name.startswith(CLIENT_ROOT):
                continue
            if attribute is None:
                kept[name.removeprefix("deal.")] = value
            elif value is not None and _deal_value(attribute, value) != getattr(deal, attribute):
                changes[attribute] = [getattr(deal, attribute), _deal_value(attribute, value)]
                setattr(deal, attribute, _deal_value(attribute, value))
        if kept != deal.fields:
            deal.fields = kept
        if changes:
            find_anew(self.session, deal, is_renamed="title" in changes)
            record(self.session, DealChanged(changes=changes), actor=self.actor, at=self.at, deal=deal)

    def write_into_client(self, read: Mapping[str, Any], said: Mapping[str, Any]) -> None:
        """Fields named ``client.…`` edit the client; what is not among ``said`` stays. Raises InvalidInput."""
        fields = [one for one in self.step.fields if one.name.startswith(CLIENT_ROOT) and one.name in read]
        given = {one.name: read[one.name] for one in fields if one.name in said or not one.is_typed or one.default}
        if given:
            write_client_in_step(self.session, self.instance.deal, given, actor=self.actor, at=self.at)

    def move_on(self, read: Mapping[str, Any]) -> None:
        """Step the instance, unless others still have to decide. Raises MapFailed."""
        item, approval = self.work_item, self.step.approval
        decided = item.outcome or OutcomeKind.COMPLETED.value
        if approval is not None and approval.mode != "any":
            stimulus = CompleteStep(activity_id=item.activity_id, outcome=decided)
            with failing_in(self.instance, stimulus):
                several = decided_outcome(self.session, item, self.step, self.instance, actor=self.actor, at=self.at)
            if several is None:
                if self.instance.open_incidents:
                    resolve_part(self.session, self.instance, stimulus, item.id, actor=self.actor, at=self.at)
                set_deadlines_here(self.session, self.instance, actor=self.actor, at=self.at)
                return
            decided = several
        self._tell_who_asked(decided)
        own = {name: value for name, value in read.items() if not name.startswith(("deal.", CLIENT_ROOT))}
        run_step(
            self.session,
            self.instance,
            CompleteStep(activity_id=item.activity_id, outcome=decided, values=typed_fields(self.process, own)),
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
    for one in step.outcomes:
        if one.id == outcome:
            return one
    raise InvalidInput({"outcome": UnknownOutcome(outcome=outcome)})


def _asked(step: StepDefinition, button: Outcome) -> list[FieldDefinition]:
    """The form of the step. Who sends it back or refuses it does not have to fill it in: nobody will use it."""
    lenient = button.kind in _NEGATIVE
    return [_optional(one) if lenient else one for one in step.fields]


def _is_sent(field: FieldDefinition, values: Mapping[str, Any], read: Mapping[str, Any], as_of: AsOf) -> bool:
    """Whether a form says something in a field: an unticked box is not mentioned, nor what does not apply.

    A form that does not say as of which version of the client it was read is not compared with the client.
    """
    if not field.is_typed or field.type is FieldType.FILE:
        return False
    if field.name.startswith(CLIENT_ROOT) and as_of.client is None:
        return False
    return field.name in read and (field.name in values or read[field.name] is not None)


def _optional(field: FieldDefinition) -> FieldDefinition:
    columns = tuple(_optional(column) for column in field.columns)
    return field.model_copy(update={"required": False, "columns": columns})


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


def _faults_of_own(fields: Sequence[FieldDefinition], read: Mapping[str, Any]) -> dict[str, DomainError]:
    """What is typed into the deal's own sum and currency is held to the same as on the deal's page."""
    typed = {one.name: read.get(one.name) for one in fields if one.is_typed}
    amount, currency = typed.get("deal.amount"), typed.get("deal.currency")
    faults = faults_of_values("-", amount if isinstance(amount, Decimal) else None, currency or CURRENCIES[0])
    return {f"deal.{name}": fault for name, fault in faults.items()}


def _deal_value(attribute: str, value: Any) -> Any:
    if attribute == "amount":
        return Decimal(str(value))
    return date.fromisoformat(value) if attribute == "close_date" else value
