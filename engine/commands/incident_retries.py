"""Trying again what failed technically: the stored stimulus is rebuilt and run once more.

A timer and a message are tried again as they came. A person's step is completed again with what the person had typed,
mended where that was the cause; an approval is given again by that person alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.runtime import CompleteCall, DeliverMessage, EvaluateConditions, FireTimer
from engine.clock import Clock
from engine.commands.call_results import go_on, repeat_call
from engine.commands.execution import run_step
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import RepeatCall, close, perform
from engine.commands.locks import lock_instance
from engine.commands.messages import hear_message
from engine.commands.repeated_completions import complete_again
from engine.commands.timers import fire_timer
from engine.commands.variables import Locale, set_variables
from engine.db.session import Database
from engine.errors import N_, Conflict, DealIsSuspended, DomainError, NotFound
from engine.model.incident import Incident, IncidentState
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.incidents import typed_again
from engine.queries.processes import process_of

Again = Callable[[Session, ProcessInstance, Mapping[str, Any], Actor, Clock], None]


class IncidentOver(Conflict):
    code: ClassVar[str] = "incident_over"
    template: ClassVar[str] = N_("This failure is over already.")


class RetriedByPerson(DomainError):
    """What a person decides is decided again by that person."""

    code: ClassVar[str] = "retried_by_person"
    template: ClassVar[str] = N_("A person's action failed here: it is tried again by that person, on the deal's page.")


def retry_incident(
    session: Session,
    incident_id: int,
    values: Mapping[str, Any] | None = None,
    reason: str = "",
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    locale: Locale = "uk",
) -> Incident:
    """Run what failed once more. What nothing waits for any longer counts as over.

    ``values``, with a ``reason``, are set first: fields of the step that failed in what the person had typed, others as
    variables of the deal. With ``command_id``, a repetition changes nothing. Raises NotFound, NotAllowed, InvalidInput,
    IncidentOver, RetriedByPerson, DealIsSuspended, what set_variables, complete_work_item and hear_message raise, and
    MapFailed when it fails again.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    at = clock.now()
    arguments = {"id": incident_id, "values": values or {}, "reason": reason}
    if already_performed(session, command_id, "retry_incident", arguments, actor=actor, at=at) is not None:
        return session.get_one(Incident, incident_id)
    incident, instance = _locked(session, incident_id)
    if instance is None:
        raise RetriedByPerson
    typed = typed_again(process_of(session, instance.definition_id), incident.stimulus)
    again = _AGAIN.get(incident.stimulus.get("type", ""))
    if again is None and typed is None:
        raise RetriedByPerson
    if instance.state is InstanceState.SUSPENDED:
        raise DealIsSuspended
    runs = instance.state is InstanceState.RUNNING
    of_step = {} if typed is None else {one: value for one, value in (values or {}).items() if one in typed.fields}
    others = {one: value for one, value in (values or {}).items() if one not in of_step}
    if runs and others:
        set_variables(session, instance.deal_id, others, reason, actor=actor, clock=clock, locale=locale)
    # Before what is tried: a timer that fires would close it in the name of the machinery.
    if incident.state is IncidentState.OPEN:
        close(session, incident, instance, "", is_under_way=runs and is_made_anew(incident), actor=actor, at=at)
    if runs:
        if typed is not None:
            complete_again(session, instance, typed, of_step, reason, actor=actor, clock=clock, locale=locale)
        elif again is not None:
            again(session, instance, incident.stimulus, actor, clock)
    remember(session, command_id, {"id": incident.id}, actor=actor)
    return incident


def close_incident(
    session: Session,
    incident_id: int,
    reason: str = "",
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Incident:
    """Take an incident off the list without trying again: its cause was dealt with by hand, as ``reason`` says.

    Raises NotFound, NotAllowed, IncidentOver.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    at = clock.now()
    arguments = {"id": incident_id, "reason": reason}
    if already_performed(session, command_id, "close_incident", arguments, actor=actor, at=at) is not None:
        return session.get_one(Incident, incident_id)
    incident, instance = _locked(session, incident_id)
    close(session, incident, instance, reason.strip(), actor=actor, at=at)
    remember(session, command_id, {"id": incident.id}, actor=actor)
    return incident


@dataclass(frozen=True, slots=True)
class RetryResult:
    """``error`` is None where it worked, or where nothing was left to try.

    ``is_under_way``: a call is made anew; whether that works is known later.
    """

    incident_id: int
    error: DomainError | None
    is_under_way: bool = False


def retry_many(
    database: Database, incident_ids: Sequence[int], *, actor: Actor, clock: Clock, command_id: str | None = None
) -> list[RetryResult]:
    """Try several again, each in a transaction of its own; one that fails does not hold the others back.

    Raises NotAllowed.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    results = []
    for incident_id in incident_ids:
        once = f"{command_id}:{incident_id}" if command_id else None
        command = partial(retry_incident, incident_id=incident_id, actor=actor, clock=clock, command_id=once)
        try:
            again = perform(database, command, actor=actor, clock=clock)
        except DomainError as failure:
            results.append(RetryResult(incident_id, failure))
        else:
            results.append(RetryResult(incident_id, None, is_made_anew(again)))
    return results


def _fire_timer(session: Session, instance: ProcessInstance, stored: Mapping[str, Any], _: Actor, clock: Clock) -> None:
    timer_id = session.scalar(
        select(Timer.id).where(
            Timer.instance_id == instance.id,
            Timer.activity_id == stored["activity_id"],
            Timer.node_id == stored["node_id"],
        )
    )
    if timer_id is not None:
        fire_timer(session, timer_id, clock=clock)


def _deliver_message(
    session: Session, instance: ProcessInstance, stored: Mapping[str, Any], actor: Actor, clock: Clock
) -> None:
    stimulus = DeliverMessage(stored["activity_id"], stored["node_id"], stored["values"])
    name = session.scalar(
        select(MessageSubscription.name).where(
            MessageSubscription.instance_id == instance.id,
            MessageSubscription.activity_id == stimulus.activity_id,
            MessageSubscription.node_id == stimulus.node_id,
        )
    )
    if name is None:
        return
    hear_message(session, instance, name, stimulus, actor=actor, at=clock.now())


def _complete_call(
    session: Session, instance: ProcessInstance, stored: Mapping[str, Any], actor: Actor, clock: Clock
) -> None:
    stimulus = CompleteCall(stored["activity_id"], stored["values"], stored["error"])
    go_on(session, instance, stimulus, actor=actor, at=clock.now())


def _repeat_call(
    session: Session, instance: ProcessInstance, stored: Mapping[str, Any], _: Actor, clock: Clock
) -> None:
    repeat_call(session, instance, stored["activity_id"], at=clock.now())


def _evaluate_conditions(
    session: Session, instance: ProcessInstance, _: Mapping[str, Any], actor: Actor, clock: Clock
) -> None:
    stimulus = EvaluateConditions()
    run_step(session, instance, stimulus, actor=actor, at=clock.now(), asked_by_id=instance.deal.owner_id)


_AGAIN: Mapping[str, Again] = {
    FireTimer.__name__: _fire_timer,
    DeliverMessage.__name__: _deliver_message,
    CompleteCall.__name__: _complete_call,
    RepeatCall.__name__: _repeat_call,
    EvaluateConditions.__name__: _evaluate_conditions,
}

RETRIED_HERE = frozenset(_AGAIN)
"""The kinds of stored stimuli that retry_incident runs again."""


def is_made_anew(incident: Incident) -> bool:
    """Whether trying it again only makes a call anew: if that fails, too, the same failure is on the list again."""
    return incident.stimulus.get("type") == RepeatCall.__name__


def _locked(session: Session, incident_id: int) -> tuple[Incident, ProcessInstance | None]:
    """The open incident with its instance locked. Raises NotFound, IncidentOver."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound
    instance = lock_instance(session, incident.instance_id) if incident.instance_id is not None else None
    session.refresh(incident, with_for_update=instance is None)
    if incident.state is IncidentState.RESOLVED:
        raise IncidentOver
    return incident, instance
