"""Trying again what failed technically: the stored stimulus is rebuilt and run once more.

A timer and a message are tried again here; a person's step by completing it again, with what the person decides then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.runtime import CompleteCall, DeliverMessage, EvaluateConditions, FireTimer
from engine.clock import Clock
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.locks import lock_instance
from engine.commands.timers import fire_timer
from engine.errors import N_, Conflict, DomainError, NotFound
from engine.events import IncidentResolved, MessageReceived
from engine.model.incident import Incident, IncidentState
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.policy.permissions import Ability, Actor, ensure_may

Again = Callable[[Session, ProcessInstance, Mapping[str, Any], Actor, Clock], None]


class IncidentOver(Conflict):
    code: ClassVar[str] = "incident_over"
    template: ClassVar[str] = N_("This failure is over already.")


class RetriedByPerson(DomainError):
    """What a person decides is decided again by that person."""

    code: ClassVar[str] = "retried_by_person"
    template: ClassVar[str] = N_("A person's action failed here: it is tried again by that person, on the deal's page.")


def retry_incident(session: Session, incident_id: int, *, actor: Actor, clock: Clock) -> Incident:
    """Run what failed once more. What nothing waits for any longer counts as over.

    Raises NotFound, NotAllowed, IncidentOver, RetriedByPerson, and MapFailed when it fails again.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    incident, instance = _locked(session, incident_id)
    again = _AGAIN.get(incident.stimulus.get("type", ""))
    if instance is None or again is None:
        raise RetriedByPerson
    if instance.state is InstanceState.RUNNING:
        again(session, instance, incident.stimulus, actor, clock)
    if incident.state is IncidentState.OPEN:
        _close(session, incident, instance, actor, clock)
    return incident


def close_incident(session: Session, incident_id: int, *, actor: Actor, clock: Clock) -> Incident:
    """Take an incident off the list without trying again: its cause was dealt with by hand.

    Raises NotFound, NotAllowed, IncidentOver.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    incident, instance = _locked(session, incident_id)
    _close(session, incident, instance, actor, clock)
    return incident


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
    event = MessageReceived(name=name, values=stimulus.values)
    record(session, event, actor=actor, at=clock.now(), deal=instance.deal)
    instance.deal.fields = {**instance.deal.fields, **stimulus.values}
    run_step(session, instance, stimulus, actor=actor, at=clock.now(), asked_by_id=instance.deal.owner_id)


def _complete_call(
    session: Session, instance: ProcessInstance, stored: Mapping[str, Any], actor: Actor, clock: Clock
) -> None:
    stimulus = CompleteCall(stored["activity_id"], stored["values"], stored["error"])
    run_step(session, instance, stimulus, actor=actor, at=clock.now(), asked_by_id=instance.deal.owner_id)


def _evaluate_conditions(
    session: Session, instance: ProcessInstance, _: Mapping[str, Any], actor: Actor, clock: Clock
) -> None:
    stimulus = EvaluateConditions()
    run_step(session, instance, stimulus, actor=actor, at=clock.now(), asked_by_id=instance.deal.owner_id)


_AGAIN: Mapping[str, Again] = {
    FireTimer.__name__: _fire_timer,
    DeliverMessage.__name__: _deliver_message,
    CompleteCall.__name__: _complete_call,
    EvaluateConditions.__name__: _evaluate_conditions,
}

RETRIED_HERE = frozenset(_AGAIN)
"""The kinds of stored stimuli that retry_incident runs again."""


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


def _close(session: Session, incident: Incident, instance: ProcessInstance | None, actor: Actor, clock: Clock) -> None:
    incident.state, incident.resolved_at = IncidentState.RESOLVED, clock.now()
    if instance is not None:
        instance.open_incidents -= 1
    record(
        session,
        IncidentResolved(code=incident.code, element=incident.element_id),
        actor=actor,
        at=clock.now(),
        deal=instance.deal if instance is not None else None,
    )
