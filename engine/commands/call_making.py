"""Calls that a worker makes: taken under a lease, settled by what came back.

The call itself stands between two transactions, as every effect of the outbox does: killed in between, it is made
again under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CallRule, ConnectorKind
from engine.clock import Clock
from engine.commands.call_results import CallOver, answer_call, ensure_waits, fail_call, lock_call, stop_call
from engine.commands.deal_files import add_made_file
from engine.commands.deals import DealDraft, open_deal
from engine.commands.history import record
from engine.commands.incidents import perform
from engine.db.session import Database
from engine.errors import N_, DealIsSuspended, DomainError, InvalidInput, MapFailed
from engine.events import OpenedByStep
from engine.model.client import Contact
from engine.model.deal import Deal
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.permissions import Actor
from engine.queries.call_permits import is_allowed, secrets_for
from engine.queries.deal_files import template_content
from engine.queries.external_jobs import parameters_of
from engine.queries.processes import process_of

LEASE = timedelta(seconds=60)
MOST_DEALS_IN_A_ROW = 10


class DealsOpenOneAnother(DomainError):
    code: ClassVar[str] = "deals_open_one_another"
    template: ClassVar[str] = N_("deals on these maps open one another: %(limit)s in a row are the most")


@dataclass(frozen=True, slots=True)
class NextDeal:
    """What the map says about the deal that is opened; an empty ``title`` is that of this deal."""

    title: str
    amount: Decimal | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MadeDocument:
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TakenCall:
    """A call that this worker makes now. ``sealed`` are the secrets that may go to its host, by name."""

    id: str
    rule: CallRule
    values: Mapping[str, Any]
    deal_id: int
    recipient: str = ""  # the address of somebody of the deal
    is_permitted: bool = True
    sealed: Mapping[str, str] = field(default_factory=dict, repr=False)
    template: bytes | None = field(default=None, repr=False)  # of a document


@dataclass(frozen=True, slots=True)
class CallFailure:
    """``error`` is a marked text or what the network said. ``may_pass``: the same call may work later.

    ``code`` is the one by which the map catches it; ``after`` is when the other system wants to be asked again.
    ``refusal`` is why the deal could not take the answer of a call that was made.
    """

    error: str
    code: str = ""
    may_pass: bool = False
    after: timedelta | None = None
    refusal: DomainError | None = None


NOT_PERMITTED = CallFailure(N_("the administrator has not allowed this host"))


def take_call(session: Session, call_id: str, *, by: str, clock: Clock) -> TakenCall | None:
    """Take the lease of a call for the outbox job ``by``; None when it is over, not due, resting or held by another.

    The same job takes it again: its worker was killed.
    """
    at = clock.now()
    running = select(ProcessInstance.id).where(ProcessInstance.state == InstanceState.RUNNING)
    taken = session.execute(
        update(ServiceCall)
        .where(
            ServiceCall.id == call_id,
            ServiceCall.connector != ConnectorKind.EXTERNAL,
            ServiceCall.state == CallState.WAITING,
            ServiceCall.due_at <= at,
            or_(ServiceCall.lease_until.is_(None), ServiceCall.lease_until <= at, ServiceCall.lease_owner == by),
            ServiceCall.instance_id.in_(running),
        )
        .values(lease_owner=by, lease_until=at + LEASE)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # a CursorResult
        return None
    call = session.get_one(ServiceCall, call_id, populate_existing=True)
    rule = process_of(session, call.instance.definition_id).calls[call.element_id]
    values = parameters_of(session, call)
    if rule.connector is not ConnectorKind.HTTP:
        recipient = _address_of(session, rule.recipient, call.deal) if rule.recipient else ""
        template = template_content(session, rule.template_sha256) if rule.template_sha256 else None
        return TakenCall(call.id, rule, values, call.deal_id, recipient, template=template)
    permitted = is_allowed(session, rule.host)
    return TakenCall(
        call.id, rule, values, call.deal_id, "", permitted, secrets_for(session, rule.host) if permitted else {}
    )


def _address_of(session: Session, recipient: str, deal: Deal) -> str:
    """Where letters to the client, to its first contact with an address, or to the deal's owner go."""
    match recipient:
        case "owner":
            return deal.owner.email
        case "contact":
            written = Contact.client_id == deal.client_id, Contact.email != ""
            return session.scalar(select(Contact.email).where(*written).order_by(Contact.id).limit(1)) or ""
        case _:
            return deal.client.email


def settle_answer(
    database: Database,
    call_id: str,
    answer: Any,
    *,
    status: int | None = None,
    told: Mapping[str, Any] | None = None,
    clock: Clock,
) -> None:
    """Take what came back, and move the deal on; ``told`` is for the history alone.

    What the map or the deal cannot take is a failure. Nothing happens when the call is over meanwhile. While the deal
    rests, the answer is dropped: the call is made again when it goes on.
    """

    def command(session: Session) -> None:
        call, instance = lock_call(session, call_id)
        ensure_waits(call, instance)
        answer_call(session, call, instance, answer, status=status, told=told, actor=Actor.system(), at=clock.now())

    _settle(database, call_id, command, clock=clock)


def open_deal_of_call(database: Database, taken: TakenCall, draft: NextDeal, *, clock: Clock) -> None:
    """Open a deal of the same client and owner on another map, once, in the transaction that moves this deal on."""

    def command(session: Session) -> None:
        at = clock.now()
        call, instance = lock_call(session, taken.id)
        ensure_waits(call, instance)
        deal = instance.deal
        _ensure_not_endless(session, deal.id)
        wanted = DealDraft(
            title=draft.title or deal.title,
            definition_key=taken.rule.map_key,
            client_id=deal.client_id,
            amount=draft.amount,
            currency=deal.currency,
            owner_id=deal.owner_id,
            fields=draft.fields,
        )
        opened = open_deal(session, wanted, actor=Actor.system(), clock=clock)
        event = OpenedByStep(name=call.name, deal_id=deal.id, deal_number=deal.number)
        record(session, event, actor=Actor.system(), at=at, deal=opened)
        call.opened_deal_id = opened.id
        answer = {"id": opened.id, "number": opened.number}
        answer_call(session, call, instance, answer, told={"deal": opened.number}, actor=Actor.system(), at=at)

    _settle(database, taken.id, command, clock=clock)


def add_document_of_call(database: Database, taken: TakenCall, made: MadeDocument, *, clock: Clock) -> None:
    """Add a document to the files of the deal, once, in the transaction that moves the deal on."""

    def command(session: Session) -> None:
        at = clock.now()
        call, instance = lock_call(session, taken.id)
        ensure_waits(call, instance)
        file = add_made_file(
            session,
            instance.deal,
            made.name,
            made.content,
            media_type=made.media_type,
            step=call.name,
            actor=Actor.system(),
            at=at,
        )
        answer = {"file_id": file.id, "name": file.name, "version": file.version}
        answer_call(session, call, instance, answer, told={"document": file.name}, actor=Actor.system(), at=at)

    _settle(database, taken.id, command, clock=clock)


def _ensure_not_endless(session: Session, deal_id: int) -> None:
    """Raises DealsOpenOneAnother."""
    opener: int | None = deal_id
    for _ in range(MOST_DEALS_IN_A_ROW):
        opener = session.scalar(select(ServiceCall.deal_id).where(ServiceCall.opened_deal_id == opener))
        if opener is None:
            return
    raise DealsOpenOneAnother(limit=MOST_DEALS_IN_A_ROW)


def _settle(database: Database, call_id: str, command: Callable[[Session], None], *, clock: Clock) -> None:
    try:
        perform(database, command, actor=Actor.system(), clock=clock)
    except (CallOver, DealIsSuspended):
        return
    except MapFailed:
        with database.write() as session:
            stop_call(session, call_id)
    except DomainError as refusal:
        told = next(iter(refusal.errors.values())) if isinstance(refusal, InvalidInput) else refusal
        settle_failure(database, call_id, CallFailure(str(told), refusal=refusal), clock=clock)


def settle_failure(database: Database, call_id: str, failure: CallFailure, *, clock: Clock) -> None:
    """Keep that the call failed: it is made again, caught by the map, or told to an administrator."""
    try:
        perform(
            database,
            partial(_fail, call_id=call_id, failure=failure, clock=clock),
            actor=Actor.system(),
            clock=clock,
        )
    except (CallOver, DealIsSuspended):
        return
    except MapFailed:
        with database.write() as session:
            stop_call(session, call_id)


def _fail(session: Session, call_id: str, failure: CallFailure, clock: Clock) -> None:
    call, instance = lock_call(session, call_id)
    ensure_waits(call, instance)
    fail_call(
        session,
        call,
        instance,
        failure.error,
        code=failure.code,
        retries=None if failure.may_pass else 0,
        after=failure.after,
        refusal=failure.refusal,
        actor=Actor.system(),
        at=clock.now(),
    )
