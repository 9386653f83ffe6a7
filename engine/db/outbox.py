"""The outbox: effects decided in a transaction happen after it, at least once, each idempotent by its id.

The broker is a hint, the database is the truth: a listener is told the ids after the commit, and whatever it misses
is found again by the sweep.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine.db.job import Job, JobState
from engine.db.session import UNSYNCHRONISED, after_commit
from engine.db.work_session import append

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
_FIRST_RETRY = timedelta(seconds=10)
_LONGEST_RETRY = timedelta(hours=1)

Listener = Callable[[str], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell ``listener`` the id of each job once it is durable. It must return at once and never raise."""
    _listeners.append(listener)


def enqueue(session: Session, kind: str, payload: Mapping[str, Any], *, at: datetime) -> str:
    """Add an effect to the transaction of ``session``, due at ``at`` (aware UTC). The id of its job."""
    job_id = uuid.uuid4().hex
    append(session, Job, id=job_id, kind=kind, payload=dict(payload), due_at=at, created_at=at)
    for listener in _listeners:
        after_commit(session, lambda told=listener: told(job_id))
    return job_id


def due_jobs(session: Session, *, at: datetime, limit: int) -> list[str]:
    """Ids of jobs that nobody holds and whose time has come, oldest first."""
    return list(
        session.scalars(
            select(Job.id)
            .where(
                Job.state == JobState.QUEUED,
                Job.due_at <= at,
                or_(Job.lease_until.is_(None), Job.lease_until < at),
            )
            .order_by(Job.due_at)
            .limit(limit)
        )
    )


def claim_job(session: Session, job_id: str, *, at: datetime) -> Job | None:
    """Take the lease of a job, or None when it is done, not due, or held by another worker."""
    claimed = session.execute(
        update(Job)
        .where(
            Job.id == job_id,
            Job.state == JobState.QUEUED,
            Job.due_at <= at,
            or_(Job.lease_until.is_(None), Job.lease_until < at),
        )
        .values(lease_until=at + LEASE, attempts=Job.attempts + 1)
    )
    return session.get(Job, job_id) if claimed.rowcount == 1 else None  # type: ignore[attr-defined]  # a CursorResult


def hold_job(session: Session, job_id: str, *, at: datetime) -> None:
    """Take the lease of a job that is being done for longer: what is under way is not begun again by another worker."""
    session.execute(
        update(Job).where(Job.id == job_id, Job.state == JobState.QUEUED).values(lease_until=at + LEASE),
        execution_options=UNSYNCHRONISED,
    )


def finish_job(job: Job, *, at: datetime) -> None:
    job.state, job.done_at, job.lease_until, job.last_error = JobState.DONE, at, None, ""


def put_back_job(job: Job, *, at: datetime) -> None:
    """Its turn comes later, at ``at``: nothing was tried, and nothing counts as an attempt."""
    job.attempts, job.due_at, job.lease_until = max(0, job.attempts - 1), at, None


def fail_job(job: Job, error: str, *, at: datetime) -> None:
    """Try again later, each time twice as late; after MAX_ATTEMPTS the job waits for an administrator."""
    job.last_error, job.lease_until = error[:2000], None
    if job.attempts >= MAX_ATTEMPTS:
        job.state = JobState.FAILED
        return
    job.due_at = at + min(_FIRST_RETRY * 2 ** (job.attempts - 1), _LONGEST_RETRY)
