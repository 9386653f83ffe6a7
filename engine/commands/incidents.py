"""Incidents: a step that failed technically is recorded, tried again, and resolved by the step that succeeds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.bpmn.inspection import variables_in
from engine.bpmn.runtime import CompleteStep, FireTimer, Stimulus
from engine.bpmn.waits import Waits
from engine.clock import Clock
from engine.commands.history import record
from engine.commands.notifications import notify
from engine.db.session import Database
from engine.errors import Conflict, DomainError, MapFailed
from engine.events import IncidentRecorded, IncidentResolved, plain
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.notice import NoticeKind
from engine.model.person import Person, Role
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.policy.search_keys import fold

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)
"""After which a timer that failed fires again by itself: twice as long each time."""


@dataclass(frozen=True, slots=True)
class RepeatCall:
    """What is tried again where a call failed: the call itself is made once more."""

    activity_id: str


def perform(database: Database, command: Callable[[Session], T], *, actor: Actor, clock: Clock) -> T:
    """Run ``command`` in one transaction; if the map itself fails in it, record the incident in a second one.

    Every edge performs its commands through this function. Raises whatever the command raises; Conflict where two at
    once wanted to be the only one.
    """
    try:
        with database.write() as session:
            try:
                return command(session)
            except MapFailed as failure:
                failure.typed = _typed_in(session, failure)
                raise
    except IntegrityError as twice:  # two at once, and each looked before the other wrote
        raise Conflict from twice
    except MapFailed as failure:
        with database.write() as session:
            record_incident(session, failure, actor=actor, at=clock.now())
        raise


def record_incident(session: Session, failure: MapFailed, *, actor: Actor, at: datetime) -> None:
    """One open incident per instance and stimulus, however often it is tried; of a deal not opened yet, one as well.

    A call that was made anew and has failed again opens its own incident again: its count and its first time stay.
    """
    stimulus = _stored(failure.stimulus) if failure.stimulus is not None else {}
    if failure.typed is not None:
        stimulus |= {"typed": failure.typed}
    instance = None
    if failure.instance_id is not None:
        instance = session.get(ProcessInstance, failure.instance_id, with_for_update=True)
    if instance is None:
        _record_unopened(session, failure, stimulus, at=at)
        return
    incident = _known(session, instance, stimulus)
    is_open = incident is not None and incident.state is IncidentState.OPEN
    if incident is None:
        incident = Incident(instance_id=instance.id, deal_id=instance.deal_id, attempts=0, occurred_at=at)
        session.add(incident)
    incident.attempts, incident.last_failed_at, incident.stimulus = incident.attempts + 1, at, stimulus
    _tell_what_fails(incident, failure, instance.execution_state)
    if isinstance(failure.stimulus, FireTimer):
        _wait_longer(session, incident, at)
    if is_open:
        return
    incident.state, incident.resolved_at = IncidentState.OPEN, None
    incident.resolved_by_id, incident.closing_reason = None, ""
    element = str(failure.params.get("element", ""))
    instance.open_incidents += 1
    deal = session.get_one(Deal, instance.deal_id)
    record(
        session,
        IncidentRecorded(code=failure.code, element=element, params=_params(failure)),
        actor=actor,
        at=at,
        deal=deal,
    )
    in_charge = session.scalars(select(Person.id).where(Person.role == Role.ADMINISTRATOR, Person.is_active)).all()
    notify(session, NoticeKind.INCIDENT, to=in_charge, at=at, deal=deal, text=element)


def begun_of(deal: Deal, definition_id: int) -> dict[str, Any]:
    """By which a deal that failed at its start is known when it is tried again: its map, its client and its title.

    Neither is kept as it is, so that nothing of a person stays where no deal was opened.
    """
    told = "\n".join((deal.definition_key, fold(deal.client.name), fold(deal.title)))
    deal_hash = hashlib.sha256(told.encode()).hexdigest()
    return {"definition_id": definition_id, "definition_key": deal.definition_key, "deal": deal_hash}


def close_unopened(session: Session, deal: Deal, definition_id: int, *, actor: Actor, at: datetime) -> None:
    """The deal is open now: what failed at its start before is over."""
    for incident in _unopened(session, begun_of(deal, definition_id)):
        close(session, incident, None, "", actor=actor, at=at)


def _record_unopened(session: Session, failure: MapFailed, stimulus: dict[str, Any], *, at: datetime) -> None:
    begun = failure.begun or {}
    incident = None
    if begun:
        own = select(ProcessDefinition.id).where(ProcessDefinition.id == begun["definition_id"])
        session.execute(own.with_for_update(key_share=True))  # two tries at once are counted one after the other
        incident = next(iter(_unopened(session, begun)), None)
    if incident is None:
        incident = Incident(attempts=0, occurred_at=at)
        session.add(incident)
    incident.attempts, incident.last_failed_at, incident.stimulus = incident.attempts + 1, at, stimulus | begun
    _tell_what_fails(incident, failure, b"")


def _unopened(session: Session, begun: Mapping[str, Any]) -> Sequence[Incident]:
    """Open failures at the start of the deal that is known by ``begun``, the oldest first."""
    of_deal = select(Incident).where(
        Incident.instance_id.is_(None),
        Incident.state == IncidentState.OPEN,
        Incident.stimulus["deal"].as_string() == begun["deal"],
    )
    return session.scalars(of_deal.order_by(Incident.id)).all()


def _known(session: Session, instance: ProcessInstance, stimulus: dict[str, Any]) -> Incident | None:
    """The open incident of the same place; of a call the one that it had, since a call that worked fails no more."""
    may_be_over = stimulus.get("type") == RepeatCall.__name__
    known = select(Incident).where(Incident.instance_id == instance.id).order_by(Incident.id.desc())
    if not may_be_over:
        known = known.where(Incident.state == IncidentState.OPEN)
    return next((one for one in session.scalars(known) if _same(one.stimulus, stimulus)), None)


def _wait_longer(session: Session, incident: Incident, at: datetime) -> None:
    """The machinery tries a timer again only after a pause that grows; a person may do so at any time."""
    pause = min(FIRST_PAUSE * 2 ** min(incident.attempts - 1, 10), LONGEST_PAUSE)
    session.execute(
        update(Timer)
        .where(
            Timer.instance_id == incident.instance_id,
            Timer.activity_id == incident.stimulus["activity_id"],
            Timer.node_id == incident.stimulus["node_id"],
        )
        .values(lease_until=at + pause)
    )


def _tell_what_fails(incident: Incident, failure: MapFailed, state: bytes) -> None:
    """As of now: what is tried again may come further, and fail there."""
    incident.element_id, incident.code = str(failure.params.get("element_id", "")), failure.code
    incident.params = _params(failure)
    incident.variables = plain(variables_in(state)) if state else {}


def _typed_in(session: Session, failure: MapFailed) -> dict[str, Any] | None:
    """The step as the transaction that is about to be rolled back has completed it."""
    if not isinstance(failure.stimulus, CompleteStep):
        return None
    done = [
        one
        for one in session.identity_map.values()
        if isinstance(one, WorkItem)
        and (one.instance_id, one.activity_id) == (failure.instance_id, failure.stimulus.activity_id)
        and one.completed_at is not None
    ]
    if not done:
        return None
    item = max(done, key=lambda one: (one.completed_at, one.id))
    return {
        "work_item_id": item.id,
        "element_id": item.element_id,
        "by_id": item.on_behalf_of_id or item.completed_by_id,
        "outcome": item.outcome,
        "comment": item.comment,
        "values": plain(item.values),
    }


def resolve_incidents(
    session: Session, instance: ProcessInstance, stimulus: Stimulus, *, actor: Actor, at: datetime
) -> None:
    """The stimulus that failed before has succeeded now: its incidents are over."""
    now = _stored(stimulus)
    for incident in session.scalars(
        select(Incident).where(Incident.instance_id == instance.id, Incident.state == IncidentState.OPEN)
    ):
        if _same(incident.stimulus, now):
            close(session, incident, instance, "", actor=actor, at=at)


def resolve_part(
    session: Session, instance: ProcessInstance, stimulus: Stimulus, work_item_id: int, *, actor: Actor, at: datetime
) -> None:
    """A part of an approval by several is given now that failed before; what failed at another part stays."""
    now = _stored(stimulus)
    for incident in session.scalars(
        select(Incident).where(Incident.instance_id == instance.id, Incident.state == IncidentState.OPEN)
    ):
        typed = incident.stimulus.get("typed") or {}
        if _same(incident.stimulus, now) and typed.get("work_item_id") == work_item_id:
            close(session, incident, instance, "", actor=actor, at=at)


def close_open_incidents(
    session: Session, instance: ProcessInstance, reason: str, *, actor: Actor, at: datetime
) -> None:
    """Nothing of a locked instance will be tried again: whatever failed in it is over."""
    for incident in session.scalars(
        select(Incident).where(Incident.instance_id == instance.id, Incident.state == IncidentState.OPEN)
    ):
        close(session, incident, instance, reason, actor=actor, at=at)


def close(
    session: Session,
    incident: Incident,
    instance: ProcessInstance | None,
    reason: str,
    *,
    is_under_way: bool = False,
    actor: Actor,
    at: datetime,
) -> None:
    """Take one open incident of a locked instance off the list. ``is_under_way``: whether it works is known later."""
    incident.state, incident.resolved_at, incident.resolved_by_id = IncidentState.RESOLVED, at, actor.recorded_id
    incident.closing_reason = reason[:500]
    if instance is not None:
        instance.open_incidents -= 1
    record(
        session,
        IncidentResolved(
            code=incident.code,
            element=incident.params.get("element") or incident.element_id,
            reason=reason,
            is_under_way=is_under_way,
        ),
        actor=actor,
        at=at,
        deal=instance.deal if instance is not None else None,
    )


def close_incidents_at(
    session: Session, instance: ProcessInstance, activity_ids: Collection[str], *, actor: Actor, at: datetime
) -> None:
    """What failed at these activities of a locked instance is over: the deal stands there no more."""
    for incident in session.scalars(
        select(Incident).where(Incident.instance_id == instance.id, Incident.state == IncidentState.OPEN)
    ):
        if incident.stimulus.get("activity_id") in activity_ids:
            close(session, incident, instance, "", actor=actor, at=at)


def close_incidents_beside(
    session: Session, instance: ProcessInstance, waits: Waits, *, actor: Actor, at: datetime
) -> None:
    """Of a locked instance that was put somewhere else: what failed where nothing waits now is over."""
    if not instance.open_incidents:
        return
    waiting = {*waits.steps, *waits.calls, *waits.conditional_events}
    waiting |= {activity_id for activity_id, _ in (*waits.timers, *waits.messages)}
    failed = session.scalars(
        select(Incident).where(Incident.instance_id == instance.id, Incident.state == IncidentState.OPEN)
    )
    for incident in failed:
        activity_id = incident.stimulus.get("activity_id")
        if activity_id is not None and activity_id not in waiting:
            close(session, incident, instance, "", actor=actor, at=at)


def _params(failure: MapFailed) -> dict[str, Any]:
    """What fills the texts later: the problem's own template and places are kept beside the element's name."""
    problem = failure.params.get("problem")
    params = {name: value for name, value in failure.params.items() if name != "problem"}
    if isinstance(problem, DomainError):
        params |= {"problem_template": problem.template, "problem_params": dict(problem.params)}
    elif problem is not None:
        params["problem_template"] = str(problem)
    return dict(plain(params))


def _stored(stimulus: Stimulus | RepeatCall) -> dict[str, Any]:
    stored: dict[str, Any] = plain(asdict(stimulus))
    return {"type": type(stimulus).__name__, **stored}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Two stimuli for the same waiting place; what was typed or when it was due may differ."""
    return all(one.get(key) == other.get(key) for key in ("type", "activity_id", "node_id"))
