"""The state of the machinery: is a worker alive, how much waits for it, what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db.job import Job, JobState
from engine.model.deal import Deal
from engine.model.heartbeat import Heartbeat
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.policy.permissions import Ability, Actor
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees

_WORKER = "worker"
_INCIDENTS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Machinery:
    """Ages in whole seconds; ``worker_age_s`` is None before the first heartbeat of a worker.

    ``queue_length`` counts jobs that are due, ``failed_jobs`` those given up, ``late_timers`` timers that are due.
    ``incidents`` counts the open ones.
    """

    worker_age_s: int | None
    heartbeats: Mapping[str, int]
    queue_length: int
    failed_jobs: int
    late_timers: int
    incidents: int


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """``params`` fills the template of the error with this ``code``; ``stimulus`` is the kind of what failed."""

    id: int
    deal_id: int | None
    deal_number: str
    deal_title: str
    element_id: str
    element_name: str
    code: str
    params: Mapping[str, Any]
    stimulus: str
    state: IncidentState
    occurred_at: datetime
    resolved_at: datetime | None


def machinery(session: Session, now: datetime) -> Machinery:
    """Open to the health check, which names no person: it tells counts only."""
    ages = {
        name: max(0, int((now - beaten_at).total_seconds()))
        for name, beaten_at in session.execute(select(Heartbeat.name, Heartbeat.beaten_at))
    }
    workers = [age for name, age in ages.items() if name.startswith(_WORKER)]
    due = select(func.count()).select_from(Job).where(Job.state == JobState.QUEUED, Job.due_at <= now)
    failed = select(func.count()).select_from(Job).where(Job.state == JobState.FAILED)
    late = select(func.count()).select_from(Timer).where(Timer.due_at < now)
    open_incidents = select(func.count()).select_from(Incident).where(Incident.state == IncidentState.OPEN)
    counts = session.execute(select(*(count.scalar_subquery() for count in (due, failed, late, open_incidents)))).one()
    return Machinery(min(workers, default=None), ages, *counts)


def incidents(session: Session, actor: Actor, *, state: IncidentState = IncidentState.OPEN) -> tuple[IncidentRow, ...]:
    """At most two hundred, latest first. Raises NotFound for those who may not retry them."""
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    rows = session.execute(
        select(
            Incident.id,
            Incident.deal_id,
            Deal.number,
            Deal.title,
            Incident.element_id,
            Incident.code,
            Incident.params,
            Incident.stimulus,
            Incident.state,
            Incident.occurred_at,
            Incident.resolved_at,
            ProcessInstance.definition_id,
        )
        .outerjoin(Deal, Deal.id == Incident.deal_id)
        .outerjoin(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.state == state)
        .order_by(Incident.occurred_at.desc(), Incident.id.desc())
        .limit(_INCIDENTS_SHOWN)
    ).all()
    return tuple(
        IncidentRow(
            id=row.id,
            deal_id=row.deal_id,
            deal_number=row.number or "",
            deal_title=row.title or "",
            element_id=row.element_id,
            element_name=_element_name(session, row.definition_id, row.element_id),
            code=row.code,
            params=row.params,
            stimulus=row.stimulus.get("type", ""),
            state=row.state,
            occurred_at=row.occurred_at,
            resolved_at=row.resolved_at,
        )
        for row in rows
    )


def _element_name(session: Session, definition_id: int | None, element_id: str) -> str:
    return process_of(session, definition_id).elements.get(element_id, "") if definition_id is not None else ""
