"""Jobs as the programs that fetched them see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from engine.bpmn.compiled import ConnectorKind
from engine.bpmn.inspection import waits_in
from engine.errors import NotFound
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.permissions import Ability, Actor
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class Job:
    """``values`` are the inputs that the map gives; ``attempts`` how often it has failed, ``retries`` are left."""

    id: str
    topic: str
    state: CallState
    deal_id: int
    deal_number: str
    deal_title: str
    element_id: str
    name: str
    values: Mapping[str, Any]
    worker: str
    locked_until: datetime | None
    due_at: datetime
    attempts: int
    retries: int
    last_error: str


def jobs_of(session: Session, actor: Actor, ids: Sequence[str]) -> tuple[Job, ...]:
    """The jobs of these ids, in their order. Raises NotFound without the ability."""
    ensure_sees(actor, Ability.SERVE_JOBS)
    rows = session.scalars(
        select(ServiceCall)
        .where(ServiceCall.id.in_(ids))
        .options(joinedload(ServiceCall.deal), joinedload(ServiceCall.instance))
        .execution_options(populate_existing=True)
    )
    found = {row.id: row for row in rows}
    return tuple(_job(session, found[one]) for one in ids if one in found)


@dataclass(frozen=True, slots=True)
class WaitingTopic:
    """``jobs`` wait to be fetched, the oldest since ``since``."""

    topic: str
    jobs: int
    since: datetime


def waiting_topics(session: Session, actor: Actor, now: datetime) -> tuple[WaitingTopic, ...]:
    """The topics whose jobs nobody holds at the moment, the oldest first. Raises NotFound without the ability."""
    ensure_sees(actor, Ability.SERVE_JOBS)
    rows = session.execute(
        select(ServiceCall.topic, func.count(), func.min(ServiceCall.due_at))
        .join(ProcessInstance, ProcessInstance.id == ServiceCall.instance_id)
        .where(
            ServiceCall.connector == ConnectorKind.EXTERNAL,
            ServiceCall.state == CallState.WAITING,
            ServiceCall.due_at <= now,
            or_(ServiceCall.lease_until.is_(None), ServiceCall.lease_until <= now),
            ProcessInstance.state == InstanceState.RUNNING,
        )
        .group_by(ServiceCall.topic)
        .order_by(func.min(ServiceCall.due_at), ServiceCall.topic)
    )
    return tuple(WaitingTopic(*row) for row in rows)


def job_of(session: Session, actor: Actor, job_id: str) -> Job:
    """Raises NotFound."""
    found = jobs_of(session, actor, [job_id])
    if not found:
        raise NotFound
    return found[0]


def _job(session: Session, row: ServiceCall) -> Job:
    return Job(
        id=row.id,
        topic=row.topic,
        state=row.state,
        deal_id=row.deal_id,
        deal_number=row.deal.number,
        deal_title=row.deal.title,
        element_id=row.element_id,
        name=row.name,
        values=parameters_of(session, row),
        worker=row.lease_owner,
        locked_until=row.lease_until,
        due_at=row.due_at,
        attempts=row.attempts,
        retries=row.retries,
        last_error=row.last_error,
    )


def parameters_of(session: Session, call: ServiceCall) -> Mapping[str, Any]:
    """What the map's expressions gave when the deal came to the call; nothing once it is over."""
    if call.state is not CallState.WAITING:
        return {}
    process = process_of(session, call.instance.definition_id)
    opened = waits_in(process, call.instance.execution_state).calls.get(call.activity_id)
    return opened.parameters if opened is not None else {}
