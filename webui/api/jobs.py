"""Jobs over HTTP: what programs in any language fetch, do and answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response

from engine.commands.external_jobs import (
    Failure,
    complete_job,
    extend_job,
    fail_job,
    fetch_jobs,
    raise_job_error,
)
from engine.queries.external_jobs import Job, job_of, jobs_of
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.jobs import (
    ExtendJob,
    FetchedJobs,
    FetchJobs,
    JobDone,
    JobError,
    JobFailed,
    JobItem,
    JobPath,
)
from webui.api.models.values import DealName
from webui.api.performing import carry_out, command_id
from webui.api.tags import JOBS
from webui.request_context import reading, services

_TOO_LATE = conflicts("lock_lost", "job_over", "deal_suspended", "idempotency_key_reused")


@api.post("/jobs/fetch-and-lock", tags=[JOBS], responses={200: FetchedJobs, **conflicts("idempotency_key_reused")})
def fetch_and_lock(body: FetchJobs) -> Response:
    """Lock waiting jobs for one worker, the oldest first. Who cannot serve jobs gets 403."""
    ids = carry_out(
        lambda session: fetch_jobs(
            session,
            body.topics,
            body.worker,
            limit=body.max,
            lock_s=body.lock_s,
            actor=caller(),
            clock=services().clock,
            command_id=command_id(),
        )
    )
    with reading() as session:
        found = jobs_of(session, caller(), ids)
    return answer(FetchedJobs(items=tuple(_item(one) for one in found)))


@api.get("/jobs/<string:job_id>", tags=[JOBS], responses={200: JobItem})
def show_job(path: JobPath) -> Response:
    """How a job stands."""
    return _shown(path.job_id)


@api.post("/jobs/<string:job_id>/complete", tags=[JOBS], responses={200: JobItem, **_TOO_LATE})
def complete_fetched_job(path: JobPath, body: JobDone) -> Response:
    """Give the answer; the deal goes on in the same transaction. Only the worker that holds the lock may."""
    complete_job(
        services().database,
        path.job_id,
        body.worker,
        body.values,
        actor=caller(),
        clock=services().clock,
        command_id=command_id(),
    )
    return _shown(path.job_id)


@api.post("/jobs/<string:job_id>/fail", tags=[JOBS], responses={200: JobItem, **_TOO_LATE})
def fail_fetched_job(path: JobPath, body: JobFailed) -> Response:
    """Say that it could not be done: it is given out again later, or an administrator is told."""
    failure = Failure(body.message, body.retries, body.retry_after_s)
    carry_out(
        lambda session: fail_job(
            session,
            path.job_id,
            body.worker,
            failure,
            actor=caller(),
            clock=services().clock,
            command_id=command_id(),
        )
    )
    return _shown(path.job_id)


@api.post("/jobs/<string:job_id>/error", tags=[JOBS], responses={200: JobItem, **_TOO_LATE})
def raise_error_of_job(path: JobPath, body: JobError) -> Response:
    """Raise an error that the map handles on the step's border; one that it does not handle is a failure."""
    raise_job_error(
        services().database,
        path.job_id,
        body.worker,
        body.code,
        body.message,
        actor=caller(),
        clock=services().clock,
        command_id=command_id(),
    )
    return _shown(path.job_id)


@api.post("/jobs/<string:job_id>/extend", tags=[JOBS], responses={200: JobItem, **_TOO_LATE})
def extend_lock_of_job(path: JobPath, body: ExtendJob) -> Response:
    """Hold the lock for longer, counted from now."""
    carry_out(
        lambda session: extend_job(
            session,
            path.job_id,
            body.worker,
            body.lock_s,
            actor=caller(),
            clock=services().clock,
            command_id=command_id(),
        )
    )
    return _shown(path.job_id)


def _shown(job_id: str) -> Response:
    with reading() as session:
        found = job_of(session, caller(), job_id)
    return answer(_item(found))


def _item(job: Job) -> JobItem:
    return JobItem(
        id=job.id,
        topic=job.topic,
        state=job.state.value,
        deal=DealName(id=job.deal_id, number=job.deal_number, title=job.deal_title),
        element_id=job.element_id,
        name=job.name,
        values={name: _told(value) for name, value in job.values.items()},
        worker=job.worker,
        locked_until=job.locked_until,
        due_at=job.due_at,
        attempts=job.attempts,
        retries=job.retries,
        last_error=job.last_error,
    )


def _told(value: Any) -> Any:
    """A value of the map as JSON: numbers stay numbers, dates and times are texts."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
