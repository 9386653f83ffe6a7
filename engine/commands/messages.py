"""Messages from outside: wake an instance that waits for one, or open a deal that starts with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.runtime import DeliverMessage
from engine.clock import Clock
from engine.commands.clients import ClientDraft
from engine.commands.deals import DealDraft, open_deal
from engine.commands.execution import correlation_text, run_step
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_instance
from engine.errors import N_, DealIsSuspended, DomainError
from engine.events import MessageReceived
from engine.model.deal import Deal
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.policy.field_values import read_values
from engine.policy.permissions import Ability, Actor, may
from engine.queries.processes import process_of
from engine.queries.scopes import visible_deals

_DEAL_KEYS = ("deal", "deal_id", "deal_number")


class NobodyWaits(DomainError):
    """Nothing that the sender may see waits for this message now."""

    code: ClassVar[str] = "nobody_waits"
    template: ClassVar[str] = N_("No deal waits for the message “%(name)s” with this correlation.")


@dataclass(frozen=True, slots=True)
class MessageDelivery:
    """The deals that were woken, and the one that the message opened."""

    deal_ids: tuple[int, ...]
    opened_deal_id: int | None = None


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
    """Deliver a message to every waiting event whose correlation fits; where none waits, open a deal that it starts.

    A message speaks for the deal: its owner sends it, the head of sales, or an administrator (and their tokens).

    ``deal_id`` or ``deal_number`` in ``correlation`` narrows it to one deal; the other keys must equal those that the
    map names, and an event without correlation takes any. To open a deal, ``values`` hold ``client_id``, or ``client``
    (a name), and may hold ``title``, ``amount``, ``currency`` and ``close_date``; the rest become its fields.
    Raises NobodyWaits, DealIsSuspended, NotAllowed, InvalidInput, MapFailed.
    """
    at = clock.now()
    arguments = {"name": name, "correlation": correlation, "values": values}
    done = already_performed(session, command_id, "deliver_message", arguments, actor=actor, at=at)
    if done is not None:
        return MessageDelivery(tuple(done["deal_ids"]), done.get("opened_deal_id"))
    own = {key: value for key, value in correlation.items() if key not in _DEAL_KEYS}
    wanted = [
        MessageSubscription.name == name,
        MessageSubscription.kind == SubscriptionKind.MESSAGE,
        or_(
            MessageSubscription.correlation_key == correlation_text(own),
            MessageSubscription.correlation_key == correlation_text({}),
        ),
        visible_deals(actor),
        true() if may(actor, Ability.DIRECT_WORK) else Deal.owner_id.in_(actor.people_acted_for),
    ]
    number = correlation.get("deal_number") or correlation.get("deal")
    if number is not None:
        wanted.append(Deal.number == str(number))
    if correlation.get("deal_id") is not None:
        given = str(correlation["deal_id"])
        wanted.append(Deal.id == (int(given) if given.isascii() and given.isdigit() else -1))
    waiting = session.execute(
        select(MessageSubscription.id, MessageSubscription.instance_id)
        .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
        .join(Deal, Deal.id == ProcessInstance.deal_id)
        .where(*wanted)
        .order_by(MessageSubscription.instance_id, MessageSubscription.id)
    ).all()
    woken: list[int] = []
    suspended = False
    for subscription_id, instance_id in waiting:
        instance = lock_instance(session, instance_id)
        subscription = session.get(MessageSubscription, subscription_id, populate_existing=True)
        if subscription is None:  # an earlier one of this very message went another way
            continue
        if instance.state is not InstanceState.RUNNING:
            suspended = suspended or instance.state is InstanceState.SUSPENDED
            continue
        record(session, MessageReceived(name=name, values=values), actor=actor, at=at, deal=instance.deal)
        kept = {**instance.deal.fields, **values}
        instance.deal.fields = kept
        stimulus = DeliverMessage(subscription.activity_id, subscription.node_id, values)
        run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=instance.deal.owner_id)
        session.flush()
        woken.append(instance.deal_id)
    if suspended and not woken:
        # Refused, not kept: the sender learns that nothing was done and sends it again when the deal goes on.
        raise DealIsSuspended
    opened = None if woken or correlation else _open_by_message(session, name, values, actor=actor, clock=clock)
    if not woken and opened is None:
        raise NobodyWaits(name=name)
    remember(session, command_id, {"deal_ids": woken, "opened_deal_id": opened}, actor=actor)
    return MessageDelivery(tuple(dict.fromkeys(woken)), opened)


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
