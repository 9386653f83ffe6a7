"""Jobs of the outbox: each is performed under a lease, and tried again later when it fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.orm import Session

from engine.db.job import Job
from engine.db.outbox import JobTaken, claim_job, due_jobs, fail_job, finish_job, free_job, put_back_job, renew_lease
from tasks.app import task
from tasks.effects import prepare_effect
from tasks.happening import Happening, NotDone, NotNow, Settle
from tasks.held_leases import held
from tasks.services import Services, services

_SWEPT_AT_ONCE = 200

_logger = logging.getLogger(__name__)


@task
def run_job(job_id: str) -> None:
    """Perform the effect of one job. Nothing happens when it is done, not due, or held by another worker.

    Killed between the claim and the end, it happens again when the lease is over, under the same id. While this process
    lives, the lease is not over: a mail server may be slow, and a letter is not sent by two.
    """
    given = services()
    begun = _begin(given, job_id)
    if begun is None:
        return
    with suppress(JobTaken):  # the lease was over: what came of it is for whoever has begun it anew to say
        _happen(given, *begun)


def _happen(given: Services, job: Job, happen: Happening, lease: timedelta) -> None:
    """Raises JobTaken."""
    try:
        with held(given, lambda session: renew_lease(session, job, at=given.clock.now(), lease=lease)):
            settle = happen()
        with given.database.write() as session:
            _settle(settle, session)
            finish_job(session, job.id, at=given.clock.now())
    except NotNow as later:
        with given.database.write() as session:
            _settle(later.settle, session)
            put_back_job(session, job, at=given.clock.now() + later.after)
    except NotDone as failed:
        _fail(given, job, failed.failure, failed.settle, is_first=failed.is_first)
    except JobTaken:
        raise
    except Exception as failure:  # noqa: BLE001  # whatever went wrong outside, the job is tried again
        _fail(given, job, failure)


def _begin(given: Services, job_id: str) -> tuple[Job, Happening, timedelta] | None:
    """Claim a job, and what is then to happen outside under which lease; None where nothing is.

    What is read is read before: a snapshot on PostgreSQL, and on SQLite people write meanwhile. The claim is kept only
    while the job is as it was then. Rows of an effect are always locked before that of its job.
    """
    job = None
    try:
        with given.database.read() as session:
            job = free_job(session, job_id, at=given.clock.now())
            if job is None:
                return None
            prepared = prepare_effect(given, session, job)
        with given.database.write() as session:
            happen = prepared.begin(session)
            claim_job(session, job, at=given.clock.now(), lease=prepared.lease)
            if happen is None:
                finish_job(session, job.id, at=given.clock.now())
    except JobTaken:
        return None
    except Exception as failure:
        if job is None:
            raise
        _fail_at_once(given, job, failure)
        return None
    job.attempts += 1
    return (job, happen, prepared.lease) if happen is not None else None


def _fail(
    given: Services, job: Job, failure: Exception, settle: Settle | None = None, *, is_first: bool = False
) -> None:
    """The claimed job is tried again later, also where it cannot be kept what came of this try. Raises JobTaken."""
    told = _told(job, failure)
    try:
        with given.database.write() as session:
            _settle(settle, session)
            fail_job(session, job, told, at=given.clock.now(), is_first=is_first)
    except JobTaken:
        raise
    except Exception:
        if settle is None:
            raise
        _logger.exception("What came of job %s (%s) is not kept", job.kind, job.id)
        _fail(given, job, failure)


def _fail_at_once(given: Services, job: Job, failure: Exception) -> None:
    """It could not even begin: that is a try as well, else it would be tried with every round."""
    told = _told(job, failure)
    try:
        with given.database.write() as session:
            claim_job(session, job, at=given.clock.now())
            job.attempts += 1
            fail_job(session, job, told, at=given.clock.now())
    except JobTaken:
        return


def _told(job: Job, failure: Exception) -> str:
    _logger.warning("Job %s (%s) failed and is tried again later: %s", job.kind, job.id, failure)
    return f"{type(failure).__name__}: {failure}"


def _settle(settle: Settle | None, session: Session) -> None:
    if settle is not None:
        settle(session)


@task
def sweep() -> None:
    """Hint again at every job that is due: the broker may have lost the first hint, or a worker died with the job."""
    for _ in sweeping(services()):
        pass


def sweeping(services: Services) -> Iterator[None]:
    """Hint at the jobs that are due. Yields nothing: what is left over is due again at the next round."""
    with services.database.read() as session:
        ids = due_jobs(session, at=services.clock.now(), limit=_SWEPT_AT_ONCE)
    for job_id in ids:
        run_job.delay(job_id)
    yield from ()
