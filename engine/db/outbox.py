"""The outbox: effects decided in a transaction happen after it, at least once, each idempotent by its id.

The broker is a hint, the database is the truth: a listener is told the ids after the commit, and whatever it misses
is found again by the sweep.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update
from sqlalchemy.orm import Session

from engine.db.job import Job, JobState
from engine.db.session import after_commit
from engine.db.work_session import append, postpone

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
_FIRST_RETRY = timedelta(seconds=10)
_LONGEST_RETRY = timedelta(hours=1)

Listener = Callable[[str], None]


class JobTaken(Exception):
    """The job is done, not due, held by another worker, or not as it was read.

    Nothing of the transaction that wanted it is kept.
    """


_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell ``listener`` the id of each job once it is durable. It must return at once and never raise."""
    _listeners.append(listener)


def enqueue(session: Session, kind: str, payload: Mapping[str, Any], *, at: datetime) -> str:
    """Add an effect to the transaction of ``session``, due at ``at`` (aware UTC). The id of its job."""
    job_id = uuid.uuid4().hex
    append(session, Job, id=job_id, kind=kind, payload=dict(payload), due_at=at, created_at=at)
    _hint(session, job_id)
    return job_id


def enqueue_again(session: Session, job: Job, *, at: datetime, attempts: int = 0) -> None:
    """Have a job tried at ``at`` that is done, was given up or waits for its next try; ``attempts`` count as made.

    Nothing changes while a worker holds it, or when it is not as it was read any more.
    """
    seen = {"of_job": job.id, "seen": job.state, "tried": job.attempts, "now": at}
    anew = {"state": JobState.QUEUED, "due_at": at, "attempts": attempts, "lease_until": None}
    postpone(session, _AGAIN, anew | seen)
    _hint(session, job.id)


def _hint(session: Session, job_id: str) -> None:
    for listener in _listeners:
        after_commit(session, lambda told=listener: told(job_id))


def due_jobs(session: Session, *, at: datetime, limit: int) -> list[str]:
    """Ids of jobs that nobody holds and whose time has come, oldest first."""
    return list(session.scalars(select(Job.id).where(*_is_free(at)).order_by(Job.due_at).limit(limit)))


def free_job(session: Session, job_id: str, *, at: datetime) -> Job | None:
    """A job that may be claimed; None when it is done, not due, or held by another worker."""
    return session.scalar(select(Job).where(Job.id == job_id, *_is_free(at)))


def claim_job(session: Session, job: Job, *, at: datetime, lease: timedelta = LEASE) -> None:
    """Take the lease of a job that was free when it was read; what is written with it is kept only together with it.

    ``lease`` is how long nobody else may begin it. The commit, or the next flush, raises JobTaken.
    """
    values = {"attempts": job.attempts + 1, "lease_until": at + lease}
    postpone(session, _CLAIM, values | _tried(job) | {"now": at}, otherwise=JobTaken)


def hold_job(session: Session, job_id: str, *, at: datetime) -> None:
    """Take the lease of a job that is being done for longer: what is under way is not begun again by another worker."""
    postpone(session, _CHANGE, {"lease_until": at + LEASE, **_is(job_id)})


def renew_lease(session: Session, job: Job, *, at: datetime, lease: timedelta = LEASE) -> None:
    """The claimed job is still under way. Nothing changes where another worker has begun it since."""
    postpone(session, _CHANGE_OF_TRY, {"lease_until": at + lease, **_tried(job)})


def ensure_still_held(session: Session, job: Job) -> None:
    """Raises JobTaken when the lease was over and another worker has begun the claimed job anew."""
    _ensure_found(session, _try_of(job))


def keep_held(session: Session, job: Job) -> None:
    """Nobody begins the claimed job anew until this transaction ends. Raises JobTaken where somebody has."""
    _ensure_found(session, _try_of(job).with_for_update())


def _try_of(job: Job) -> Select[str]:
    return select(Job.id).where(Job.id == job.id, Job.state == JobState.QUEUED, Job.attempts == job.attempts)


def _ensure_found(session: Session, wanted: Select[str]) -> None:
    if session.scalar(wanted) is None:
        raise JobTaken


def finish_job(session: Session, job_id: str, *, at: datetime) -> None:
    """The effect has happened. Done is done, whoever held the job last."""
    done = {"state": JobState.DONE, "done_at": at, "lease_until": None, "last_error": ""}
    postpone(session, _CHANGE, {**done, **_is(job_id)})


def put_back_job(session: Session, job: Job, *, at: datetime) -> None:
    """Its turn comes later, at ``at``: nothing was tried, and nothing counts as an attempt.

    The commit, or the next flush, raises JobTaken where another worker has begun it since.
    """
    later = {"attempts": max(0, job.attempts - 1), "due_at": at, "lease_until": None}
    postpone(session, _CHANGE_OF_TRY, later | _tried(job), otherwise=JobTaken)


def fail_job(session: Session, job: Job, error: str, *, at: datetime, is_first: bool = False) -> None:
    """Try again later, each time twice as late; after MAX_ATTEMPTS the job waits for an administrator.

    ``job.attempts`` counts the try that failed; ``is_first``: it did a part, and its failure counts as the first.
    The commit, or the next flush, raises JobTaken where another worker has begun one since.
    """
    attempts = 1 if is_first else job.attempts
    failed: dict[str, Any] = {"last_error": error[:2000], "lease_until": None, "attempts": attempts}
    if attempts >= MAX_ATTEMPTS:
        failed["state"] = JobState.FAILED
    else:
        failed["due_at"] = at + min(_FIRST_RETRY * 2 ** (attempts - 1), _LONGEST_RETRY)
    postpone(session, _CHANGE_OF_TRY, failed | _tried(job), otherwise=JobTaken)


def _is_free(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Job.state == JobState.QUEUED,
        Job.due_at <= at,
        or_(Job.lease_until.is_(None), Job.lease_until < at),
    )


def _is(job_id: str) -> dict[str, Any]:
    return {"of_job": job_id, "queued": JobState.QUEUED}


def _tried(job: Job) -> dict[str, Any]:
    return {**_is(job.id), "tried": job.attempts}


_NOW = bindparam("now", type_=Job.due_at.type)
_CHANGE = update(Job).where(Job.id == bindparam("of_job"), Job.state == bindparam("queued"))
_CHANGE_OF_TRY = _CHANGE.where(Job.attempts == bindparam("tried"))
_IS_NOT_HELD = or_(Job.lease_until.is_(None), Job.lease_until < _NOW)
_CLAIM = _CHANGE_OF_TRY.where(Job.due_at <= _NOW, _IS_NOT_HELD)
_AGAIN = update(Job).where(
    Job.id == bindparam("of_job"),
    Job.state == bindparam("seen"),
    Job.attempts == bindparam("tried"),
    _IS_NOT_HELD,
)
