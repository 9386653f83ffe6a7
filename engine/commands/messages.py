"""Messages from outside: wake an instance that waits for one, or open a deal that starts with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import false, or_, select, true
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.inspection import with_given
from engine.bpmn.runtime import DeliverMessage
from engine.clock import Clock
from engine.commands.approved_changes import ensure_none_spared, read_by
from engine.commands.clients import ClientDraft
from engine.commands.deals import DealDraft, ensure_message_may_say, open_deal
from engine.commands.execution import correlation_text, run_step
from engine.commands.history import record
from engine.commands.idempotency import Once, already_performed, remember
from engine.commands.incidents import perform
from engine.commands.locks import lock_instance
from engine.db.session import Database
from engine.errors import N_, DealIsSuspended, DomainError
from engine.events import MessageReceived
from engine.model.deal import Deal
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.policy.field_values import read_values
from engine.policy.permissions import Ability, Actor, may
from engine.policy.personal_texts import ERASED
from engine.queries.calendars import default_calendar
from engine.queries.facts import DealFacts, typed_fields
from engine.queries.processes import process_of
from engine.queries.scopes import visible_deals

_DEAL_KEYS = ("deal", "deal_id", "deal_number")


class NobodyWaits(DomainError):
    """Nothing that the sender may see waits for this message now."""

    code: ClassVar[str] = "nobody_waits"
    template: ClassVar[str] = N_("No deal waits for the message “%(name)s” with this correlation.")


@dataclass(frozen=True, slots=True)
class Receiver:
    """An event that waited for a message when it came."""

    subscription_id: int
    instance_id: int
    deal_id: int


@dataclass(frozen=True, slots=True)
class MessageDelivery:
    """The deals that were woken, and the one that the message opened.

    ``failed_deal_ids`` are those whose maps failed at it, each with an incident, and those whose approved content it
    would have changed. ``receivers`` are still to be told.
    """

    deal_ids: tuple[int, ...] = ()
    opened_deal_id: int | None = None
    failed_deal_ids: tuple[int, ...] = ()
    receivers: tuple[Receiver, ...] = ()


def send_message(
    database: Database,
    name: str,
    correlation: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> MessageDelivery:
    """Deliver a message to every waiting event whose correlation fits; where none waits, open a deal that it starts.

    Of runs of one part that wait for it side by side, the first that began to wait is told alone.
    Several receivers are told each in a transaction of its own: a deal whose map fails holds no other back. Where
    another event was faster than all that waited in a deal, the message is for what waits there then; a deal in which
    nothing does is not among those that were told. A repetition with the same ``command_id`` tells those who were to be
    told at first and were not, and nobody twice.
    Arguments and errors are those of ``deliver_message``; MapFailed only where one deal was to be told.
    """

    def begin(session: Session) -> MessageDelivery:
        return deliver_message(session, name, correlation, values, actor=actor, clock=clock, command_id=command_id)

    begun = perform(database, begin, actor=actor, clock=clock)
    woken, failed = list(begun.deal_ids), []

    def tell(receiver: Receiver, tell_one: Callable[..., int | None]) -> bool:
        """False if nothing waited."""
        once = f"{command_id}:{receiver.subscription_id}" if command_id is not None else None

        def told(session: Session) -> int | None:
            return tell_one(session, receiver, name, values, actor=actor, clock=clock, command_id=once)

        try:
            deal_id = perform(database, told, actor=actor, clock=clock)
        except DomainError:
            failed.append(receiver.deal_id)
            return True
        woken.extend([deal_id] if deal_id is not None else [])
        return deal_id is not None

    for receiver in [one for one in begun.receivers if not tell(one, _tell)]:
        if receiver.deal_id not in {*woken, *failed}:
            tell(receiver, partial(_tell_what_waits_now, correlation=correlation))
    if not (woken or failed or begun.opened_deal_id is not None):
        with database.read() as session:
            raise _nobody_told(session, name, correlation, actor)
    return MessageDelivery(tuple(dict.fromkeys(woken)), begun.opened_deal_id, tuple(dict.fromkeys(failed)))


def deliver_message(
    session: Session,
    name: str,
    correlation: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> MessageDelivery:
    """Deliver a message to the event that waits for it; of several, say which they are; of none, open a deal by it.

    A message speaks for the deal: its owner sends it, the head of sales, or an administrator (and their tokens).

    ``deal_id`` or ``deal_number`` in ``correlation`` narrows it to one deal; the other keys must equal those that the
    map names, and an event without correlation takes any; so does one whose key was erased, in that very deal. To open
    a deal, ``values`` hold ``client_id``, or ``client`` (a name), and may hold ``title``, ``amount``, ``currency`` and
    ``close_date``; the rest become its fields.
    Raises NobodyWaits, DealIsSuspended, NotAllowed, InvalidInput, ContentApproved, ApprovalSpared, MapFailed.
    """
    at = clock.now()
    arguments = {"name": name, "correlation": correlation, "values": values}
    done = already_performed(session, command_id, "deliver_message", arguments, actor=actor, at=at)
    if done is not None:
        return _delivered(done)
    receivers = _receivers(session, name, correlation, actor)
    if len(receivers) > 1:
        begun = MessageDelivery(receivers=receivers)
    elif receivers:
        begun = _tell_only(session, receivers[0], name, correlation, values, actor=actor, clock=clock)
    else:
        opened = None if correlation else _open_by_message(session, name, values, actor=actor, clock=clock)
        begun = MessageDelivery(opened_deal_id=opened)
    if not (begun.receivers or begun.deal_ids or begun.opened_deal_id is not None):
        raise _nobody_told(session, name, correlation, actor)
    remember(session, command_id, _kept(begun), actor=actor)
    return begun


def _nobody_told(session: Session, name: str, correlation: Mapping[str, Any], actor: Actor) -> DomainError:
    """Why. A suspended deal keeps no message: who learns that nothing was done sends it again when the deal goes on."""
    if _receivers(session, name, correlation, actor, state=InstanceState.SUSPENDED):
        return DealIsSuspended()
    return NobodyWaits(name=name)


def _kept(delivery: MessageDelivery) -> dict[str, Any]:
    return {
        "deal_ids": list(delivery.deal_ids),
        "opened_deal_id": delivery.opened_deal_id,
        "receivers": [[one.subscription_id, one.instance_id, one.deal_id] for one in delivery.receivers],
    }


def _delivered(kept: Mapping[str, Any]) -> MessageDelivery:
    receivers = tuple(Receiver(*one) for one in kept.get("receivers", ()))
    return MessageDelivery(tuple(kept["deal_ids"]), kept.get("opened_deal_id"), receivers=receivers)


def _receivers(
    session: Session,
    name: str,
    correlation: Mapping[str, Any],
    actor: Actor,
    *,
    state: InstanceState = InstanceState.RUNNING,
) -> tuple[Receiver, ...]:
    """The waiting events that the actor may tell, in the order in which instances are locked."""
    own = {key: value for key, value in correlation.items() if key not in _DEAL_KEYS}
    names_deal = len(own) < len(correlation)  # then what an awaited one was known by may be erased
    wanted = [
        MessageSubscription.name == name,
        MessageSubscription.kind == SubscriptionKind.MESSAGE,
        or_(
            MessageSubscription.correlation_key == correlation_text(own),
            MessageSubscription.correlation_key == correlation_text({}),
            MessageSubscription.correlation_key.contains(ERASED) if names_deal else false(),
        ),
        visible_deals(actor),
        true() if may(actor, Ability.DIRECT_WORK) else Deal.owner_id.in_(actor.people_acted_for),
        ProcessInstance.state == state,
    ]
    number = correlation.get("deal_number") or correlation.get("deal")
    if number is not None:
        wanted.append(Deal.number == str(number))
    if correlation.get("deal_id") is not None:
        given = str(correlation["deal_id"])
        wanted.append(Deal.id == (int(given) if given.isascii() and given.isdigit() else -1))
    rows = session.execute(
        select(
            MessageSubscription.id,
            MessageSubscription.instance_id,
            ProcessInstance.deal_id,
            MessageSubscription.node_id,
        )
        .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
        .join(Deal, Deal.id == ProcessInstance.deal_id)
        .where(*wanted)
        .order_by(MessageSubscription.instance_id, MessageSubscription.id)
    )
    # Where runs of one part wait side by side for the same, a message is for one of them: the first that began to wait.
    first: dict[tuple[int, str], Receiver] = {}
    for subscription_id, instance_id, deal_id, node_id in rows:
        first.setdefault((instance_id, node_id), Receiver(subscription_id, instance_id, deal_id))
    return tuple(first.values())


def _tell_only(
    session: Session,
    receiver: Receiver,
    name: str,
    correlation: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
) -> MessageDelivery:
    """Wake the only event that waits. Raises MapFailed, ContentApproved, ApprovalSpared."""
    told = _tell(session, receiver, name, values, actor=actor, clock=clock, command_id=None)
    if told is None:
        # A message of the same moment was faster: this one is for what waits in that deal now, as the next run.
        waiting = [
            one for one in _receivers(session, name, correlation, actor) if one.instance_id == receiver.instance_id
        ]
        if len(waiting) > 1:
            return MessageDelivery(receivers=tuple(waiting))
        for one in waiting:
            told = _tell(session, one, name, values, actor=actor, clock=clock, command_id=None)
    return MessageDelivery((told,) if told is not None else ())


def _tell(
    session: Session,
    receiver: Receiver,
    name: str,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None,
) -> int | None:
    """Wake one waiting event: the deal's id, or None if it waits no more.

    Raises MapFailed, ContentApproved, ApprovalSpared.
    """
    instance = lock_instance(session, receiver.instance_id)
    once = _once(receiver, command_id, actor=actor, at=clock.now())
    if once.was_performed(session):
        return instance.deal_id
    subscription = session.get(MessageSubscription, receiver.subscription_id, populate_existing=True)
    still_waits = subscription is not None and (subscription.instance_id, subscription.name) == (instance.id, name)
    if subscription is None or not still_waits or instance.state is not InstanceState.RUNNING:
        # Another receiver of this very message, or a step, took the deal another way; or it was suspended meanwhile.
        return None
    stimulus = DeliverMessage(subscription.activity_id, subscription.node_id, values)
    hear_message(session, instance, name, stimulus, actor=actor, at=once.at)
    once.remember(session, {"deal_id": instance.deal_id})
    return instance.deal_id


def _tell_what_waits_now(
    session: Session,
    missed: Receiver,
    name: str,
    values: Mapping[str, Any],
    *,
    correlation: Mapping[str, Any],
    actor: Actor,
    clock: Clock,
    command_id: str | None,
) -> int | None:
    """Wake what waits in a deal in which another event was faster than ``missed``: the deal's id, or None if nothing.

    It is the next run, as a rule, or the same event in another turn. ``command_id`` is that of ``missed``.
    Raises MapFailed, ContentApproved, ApprovalSpared.
    """
    instance = lock_instance(session, missed.instance_id)
    once = _once(missed, command_id, actor=actor, at=clock.now())
    if once.was_performed(session):
        return instance.deal_id
    told = [
        _tell(session, one, name, values, actor=actor, clock=clock, command_id=None)
        for one in _receivers(session, name, correlation, actor)
        if one.instance_id == instance.id
    ]
    if instance.deal_id not in told:
        return None
    once.remember(session, {"deal_id": instance.deal_id})
    return instance.deal_id


def _once(receiver: Receiver, command_id: str | None, *, actor: Actor, at: datetime) -> Once:
    return Once(command_id, "tell_receiver", {"subscription": receiver.subscription_id}, actor, at)


def hear_message(
    session: Session, instance: ProcessInstance, name: str, stimulus: DeliverMessage, *, actor: Actor, at: datetime
) -> None:
    """Let a locked instance that waits for it hear a message. Raises MapFailed, ContentApproved, ApprovalSpared."""
    ensure_message_may_say(session, instance, stimulus.values)
    record(session, MessageReceived(name=name, values=stimulus.values), actor=actor, at=at, deal=instance.deal)
    if stimulus.values:
        _write_into_deal(session, instance, stimulus.values, at)
    run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=instance.deal.owner_id)


def _write_into_deal(session: Session, instance: ProcessInstance, values: Mapping[str, Any], at: datetime) -> None:
    """Raises ApprovalSpared."""
    process = process_of(session, instance.definition_id)
    facts = DealFacts(instance.deal, process, calendar=default_calendar(session), at=at)
    state = instance.execution_state
    before = read_by(process, state, facts)
    instance.deal.fields = {**instance.deal.fields, **values}
    after = read_by(process, with_given(process, state, typed_fields(process, values)), facts)
    ensure_none_spared(session, instance, process, before, after)


def _open_by_message(
    session: Session, name: str, values: Mapping[str, Any], *, actor: Actor, clock: Clock
) -> int | None:
    """Open a deal on the published map that starts with the message; the oldest, if several do."""
    published = session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.state == DefinitionState.PUBLISHED)
        .order_by(ProcessDefinition.id)
    )
    definition = next((one for one in published if name in process_of(session, one.id).start_messages), None)
    if definition is None:
        return None
    draft = _draft_from(values, title=name, definition_key=definition.key)
    return open_deal(session, draft, actor=actor, clock=clock, message=name).id


def _draft_from(values: Mapping[str, Any], *, title: str, definition_key: str) -> DealDraft:
    """Raises InvalidInput for a client, an amount or a date that cannot be read."""
    known = (
        FieldDefinition(name="client_id", label=N_("Client"), type=FieldType.CLIENT),
        FieldDefinition(name="amount", label=N_("Amount"), type=FieldType.MONEY),
        FieldDefinition(name="close_date", label=N_("Expected closing date"), type=FieldType.DATE),
        FieldDefinition(name="client", label=N_("Client")),
        FieldDefinition(name="title", label=N_("Title")),
        FieldDefinition(name="currency", label=N_("Currency"), default="UAH"),
    )
    read = read_values(known, values, "en")
    return DealDraft(
        title=read["title"] or title,
        definition_key=definition_key,
        client_id=read["client_id"] if isinstance(read["client_id"], int) else None,
        client=ClientDraft(name=read["client"]) if read["client"] and not read["client_id"] else None,
        amount=read["amount"],
        currency=read["currency"],
        close_date=read["close_date"],
        fields={key: value for key, value in values.items() if key not in {one.name for one in known}},
    )
