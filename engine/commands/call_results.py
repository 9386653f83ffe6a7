"""What a call comes back with: an answer, an error that the map handles, or a failure that is tried again.

The instance is locked first, then the call. An answer is taken once, in the transaction of the step that it makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ConnectorKind
from engine.bpmn.inspection import catches_error
from engine.bpmn.runtime import CompleteCall
from engine.commands.approved_changes import ContentApproved
from engine.commands.calls import make_again, tell_worker
from engine.commands.deals import (
    ensure_message_may_say,
    faults_of_values,
    is_approved,
)
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.incidents import RepeatCall, record_incident
from engine.commands.locks import lock_instance
from engine.commands.search_texts import find_anew
from engine.errors import N_, Conflict, DealIsSuspended, DomainError, InvalidInput, MapFailed, NotFound
from engine.events import CallCompleted, CallFailed, plain
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.call_answers import values_from
from engine.policy.permissions import Actor
from engine.queries.processes import process_of

LONGEST_WAIT = timedelta(hours=1)
LONGEST_ERROR = 500
_DEAL_ATTRIBUTES = {"deal.amount": "amount", "deal.currency": "currency", "deal.close_date": "close_date"}


class CallOver(Conflict):
    """Answered already, or not needed any more: the deal went another way."""

    code: ClassVar[str] = "job_over"
    template: ClassVar[str] = N_("This job is over: it was answered, or the deal went another way.")


class CallGivenUp(DomainError):
    """``reason`` is the last failure, in the words of whoever was called."""

    code: ClassVar[str] = "call_failed"
    template: ClassVar[str] = N_(
        "the call to %(target)s failed (tries: %(attempts)s), the last time because: %(reason)s"
    )


class AnswerChangesApproved(DomainError):
    """What came back would change what people approve or approved. It is asked for again when that may change."""

    code: ClassVar[str] = ContentApproved.code
    template: ClassVar[str] = N_(
        "the answer of %(target)s would change the deal while it is being approved, or after it was approved"
    )


def lock_call(session: Session, call_id: str) -> tuple[ServiceCall, ProcessInstance]:
    """Lock the call's instance, then the call. Raises NotFound."""
    instance_id = session.scalar(select(ServiceCall.instance_id).where(ServiceCall.id == call_id))
    if instance_id is None:
        raise NotFound
    instance = lock_instance(session, instance_id)
    return session.get_one(ServiceCall, call_id, with_for_update=True, populate_existing=True), instance


def ensure_waits(call: ServiceCall, instance: ProcessInstance) -> None:
    """Raises CallOver, DealIsSuspended."""
    if call.state is not CallState.WAITING:
        raise CallOver
    if instance.state is InstanceState.SUSPENDED:
        raise DealIsSuspended
    if instance.state is not InstanceState.RUNNING:
        raise CallOver


def answer_call(
    session: Session,
    call: ServiceCall,
    instance: ProcessInstance,
    answer: Any,
    *,
    status: int | None = None,
    told: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Take the answer of a locked call that waits, and move the deal on. ``told`` is for the history alone.

    Raises AnswerNotUsable, ValueNotTaken, ContentApproved, DecidedByTable, InvalidInput, and MapFailed.
    """
    rule = process_of(session, instance.definition_id).calls[call.element_id]
    values = values_from(rule, answer, status=status)
    take_values(session, call, instance, values, told=told, actor=actor, at=at)


def take_values(
    session: Session,
    call: ServiceCall,
    instance: ProcessInstance,
    values: Mapping[str, Any],
    *,
    told: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Take what an answer gave, by field, and move the deal of a locked call on.

    Raises ContentApproved, DecidedByTable, InvalidInput, and MapFailed.
    """
    _tell(session, call, instance, {**values, **(told or {})}, "", actor=actor, at=at)
    go_on(session, instance, CompleteCall(call.activity_id, values), actor=actor, at=at)


def go_on(session: Session, instance: ProcessInstance, stimulus: CompleteCall, *, actor: Actor, at: datetime) -> None:
    """Write what an answer gave into the deal of a locked instance, and let the map go on.

    Raises ContentApproved, DecidedByTable, InvalidInput, and MapFailed.
    """
    _write_into_deal(session, instance, stimulus.values)
    run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=instance.deal.owner_id)


def fail_call(
    session: Session,
    call: ServiceCall,
    instance: ProcessInstance,
    error: str,
    *,
    code: str = "",
    retries: int | None = None,
    after: timedelta | None = None,
    refusal: DomainError | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """A locked call that waits has failed with ``error``. It is made again after a while, as long as it has retries.

    After that the map's handler of the error ``code`` goes on, if there is one, else an administrator is told.
    ``retries`` says how often it is still made again, by default as the map says; ``after`` is how long to wait, by
    default twice as long each time. ``refusal`` is why the deal could not take the answer of a call that was made.
    Raises MapFailed.
    """
    process = process_of(session, instance.definition_id)
    rule = process.calls[call.element_id]
    call.attempts += 1
    left = call.retries if retries is None else retries
    call.retries = max(0, left - 1)
    call.last_error, call.lease_owner, call.lease_until = error[:LONGEST_ERROR], "", None
    if left > 0:
        wait = after if after is not None else timedelta(seconds=rule.retry_after_s * 2 ** min(call.attempts - 1, 20))
        call.due_at = at + min(wait, LONGEST_WAIT)
        _record_failure(session, call, instance, call.due_at, actor=actor, at=at)
        tell_worker(session, call.id, call.connector, at=call.due_at)
    elif code and catches_error(process, instance.execution_state, call.activity_id, code):
        raise_call_error(session, call, instance, code, actor=actor, at=at)
    else:
        call.state = CallState.FAILED
        _record_failure(session, call, instance, None, actor=actor, at=at)
        session.flush()
        problem = _given_up(call, refusal)
        failure = MapFailed(element=call.name, element_id=call.element_id, problem=problem, problem_code=problem.code)
        failure.instance_id, failure.deal_id = instance.id, instance.deal_id
        failure.stimulus = RepeatCall(call.activity_id)
        record_incident(session, failure, actor=actor, at=at)


def _given_up(call: ServiceCall, refusal: DomainError | None) -> DomainError:
    """What the administrator is told: a refused content is put right by people, the call itself did work."""
    if isinstance(refusal, ContentApproved):
        return AnswerChangesApproved(target=called_host(call))
    return CallGivenUp(target=called_host(call), attempts=call.attempts, reason=call.last_error)


def called_host(call: ServiceCall) -> str:
    """Whom a call asks, for people: of a request the host alone."""
    return call.target.rpartition(" ")[2] if call.connector is ConnectorKind.HTTP else call.target


def raise_call_error(
    session: Session,
    call: ServiceCall,
    instance: ProcessInstance,
    code: str,
    values: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Let the map's handler of the error ``code`` go on from a locked call that waits. Raises MapFailed."""
    _tell(session, call, instance, values or {}, code, actor=actor, at=at)
    go_on(session, instance, CompleteCall(call.activity_id, values or {}, code), actor=actor, at=at)


def stop_call(session: Session, call_id: str) -> None:
    """The map failed at the answer of a call, and an incident holds the answer: the call is not made again."""
    call, _ = lock_call(session, call_id)
    if call.state is CallState.WAITING:
        call.state, call.lease_owner, call.lease_until = CallState.FAILED, "", None


def repeat_call(session: Session, instance: ProcessInstance, activity_id: str, *, at: datetime) -> None:
    """Let a call of a locked instance that was given up be made anew. One that is not needed any more is left."""
    call = session.scalar(
        select(ServiceCall)
        .where(
            ServiceCall.instance_id == instance.id,
            ServiceCall.activity_id == activity_id,
            ServiceCall.state == CallState.FAILED,
        )
        .with_for_update()
    )
    if call is not None:
        make_again(call, process_of(session, instance.definition_id).calls[call.element_id], at=at)
        tell_worker(session, call.id, call.connector, at=at)


def _tell(
    session: Session,
    call: ServiceCall,
    instance: ProcessInstance,
    values: Mapping[str, Any],
    error: str,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    event = CallCompleted(
        name=call.name,
        element_id=call.element_id,
        connector=call.connector.value,
        target=call.target,
        values=values,
        error=error,
    )
    record(session, event, actor=actor, at=at, deal=instance.deal)


def _record_failure(
    session: Session,
    call: ServiceCall,
    instance: ProcessInstance,
    retry_at: datetime | None,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    event = CallFailed(
        name=call.name,
        element_id=call.element_id,
        connector=call.connector.value,
        target=call.target,
        error=call.last_error,
        attempts=call.attempts,
        retry_at=retry_at,
    )
    record(session, event, actor=actor, at=at, deal=instance.deal)


def _write_into_deal(session: Session, instance: ProcessInstance, values: Mapping[str, Any]) -> None:
    """Fields named ``deal.…`` edit the deal itself; what people approve, or approved, stays as it is."""
    deal = instance.deal
    own = {name: value for name, value in values.items() if name in _DEAL_ATTRIBUTES and value is not None}
    kept = {name.removeprefix("deal."): value for name, value in values.items() if name not in _DEAL_ATTRIBUTES}
    ensure_message_may_say(session, instance, kept)
    changed = False
    for name, value in own.items():
        attribute = _DEAL_ATTRIBUTES[name]
        read = _read(name, attribute, value)
        if read == getattr(deal, attribute):
            continue
        if attribute != "close_date" and is_approved(session, instance):
            raise ContentApproved
        setattr(deal, attribute, read)
        changed = True
    if kept:
        deal.fields = {**deal.fields, **plain(kept)}
    if changed:
        find_anew(session, deal, is_renamed=False)


def _read(name: str, attribute: str, value: Any) -> Any:
    """Raises InvalidInput for what the deal cannot hold."""
    try:
        match attribute:
            case "amount":
                read: Any = Decimal(str(value))
            case "close_date":
                read = date.fromisoformat(value) if isinstance(value, str) else value
            case _:
                read = str(value)
    except (InvalidOperation, ValueError):
        raise InvalidInput({name: ValueNotReadable(name=name, value=str(value)[:80])}) from None
    if attribute == "close_date" and not isinstance(read, date):
        raise InvalidInput({name: ValueNotReadable(name=name, value=str(value)[:80])})
    faults = faults_of_values("-", read if attribute == "amount" else None, read if attribute == "currency" else "UAH")
    if faults:
        raise InvalidInput({name: next(iter(faults.values()))})
    return read


class ValueNotReadable(DomainError):
    code: ClassVar[str] = "value_not_readable"
    template: ClassVar[str] = N_("“%(value)s” cannot be taken as “%(name)s”.")
