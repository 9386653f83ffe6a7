"""Jobs of the outbox: each is performed under a lease, and tried again later when it fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from engine.db.job import Job
from engine.db.outbox import claim_job, due_jobs, fail_job, finish_job, put_back_job
from tasks.app import task
from tasks.congestion import NotNow
from tasks.effects import perform_effect
from tasks.services import Services, services

_SWEPT_AT_ONCE = 200

_logger = logging.getLogger(__name__)


@task
def run_job(job_id: str) -> None:
    """Perform the effect of one job. Nothing happens when it is done, not due, or held by another worker.

    The effect stands between two transactions, because no connection may wait for a mail server: killed in between,
    it happens again when the lease is over, under the same id.
    """
    given = services()
    with given.database.write() as session:
        job = claim_job(session, job_id, at=given.clock.now())
    if job is None:
        return
    try:
        perform_effect(given, job)
    except NotNow as later:
        with given.database.write() as session:
            put_back_job(session.get_one(Job, job_id), at=given.clock.now() + later.after)
    except Exception as failure:  # noqa: BLE001  # whatever went wrong outside, the job is tried again
        _logger.warning("Job %s (%s) failed and is tried again later: %s", job.kind, job.id, failure)
        with given.database.write() as session:
            fail_job(session.get_one(Job, job_id), f"{type(failure).__name__}: {failure}", at=given.clock.now())
    else:
        with given.database.write() as session:
            finish_job(session.get_one(Job, job_id), at=given.clock.now())


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
