"""The state of the machinery: is a worker alive, how much waits for it, how much failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db.job import Job, JobState
from engine.model.heartbeat import WORKER, Heartbeat
from engine.model.incident import Incident, IncidentState
from engine.model.timer import Timer
from engine.queries.map_editors import EDITING


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


def machinery(session: Session, now: datetime) -> Machinery:
    """Open to the health check, which names no person: it tells counts only."""
    ages = {
        name: max(0, int((now - beaten_at).total_seconds()))
        for name, beaten_at in session.execute(
            select(Heartbeat.name, Heartbeat.beaten_at).where(~Heartbeat.name.startswith(f"{EDITING}-"))
        )
    }
    workers = [age for name, age in ages.items() if name.startswith(WORKER)]
    due = select(func.count()).select_from(Job).where(Job.state == JobState.QUEUED, Job.due_at <= now)
    failed = select(func.count()).select_from(Job).where(Job.state == JobState.FAILED)
    late = select(func.count()).select_from(Timer).where(Timer.due_at < now)
    open_incidents = select(func.count()).select_from(Incident).where(Incident.state == IncidentState.OPEN)
    counts = session.execute(select(*(count.scalar_subquery() for count in (due, failed, late, open_incidents)))).one()
    return Machinery(min(workers, default=None), ages, *counts)
