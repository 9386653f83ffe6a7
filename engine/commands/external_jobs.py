"""Jobs: calls that programs outside make. They fetch and lock, then complete, fail, extend, or raise an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine.bpmn.compiled import ConnectorKind
from engine.bpmn.inspection import catches_error
from engine.clock import Clock
from engine.commands.call_results import (
    CallOver,
    answer_call,
    ensure_waits,
    fail_call,
    lock_call,
    raise_call_error,
    stop_call,
)
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import perform
from engine.db.session import Database
from engine.errors import N_, Conflict, MapFailed, NotFound
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.processes import process_of

MOST_FETCHED = 100


class LockLost(Conflict):
    """Another worker holds the job, or nobody does: what this one did must not count."""

    code: ClassVar[str] = "lock_lost"
    template: ClassVar[str] = N_("The job is not locked by “%(worker)s” any more.")


@dataclass(frozen=True, slots=True)
class Failure:
    """``retries`` left and seconds ``after`` which it is given out again; None: as the map says."""

    message: str
    retries: int | None = None
    after_s: int | None = None


def fetch_jobs(
    session: Session,
    topics: Sequence[str],
    worker: str,
    *,
    limit: int,
    lock_s: int,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> list[str]:
    """Lock up to ``limit`` waiting jobs of ``topics`` for ``worker``, the oldest first: their ids.

    Nobody else gets them for ``lock_s`` seconds. With ``command_id``, a repetition is answered with the same jobs, as
    far as the worker still holds them. Raises NotAllowed.
    """
    ensure_may(actor, Ability.SERVE_JOBS)
    at = clock.now()
    arguments = {"topics": list(topics), "worker": worker, "limit": limit, "lock_s": lock_s}
    done = already_performed(session, command_id, "fetch_jobs", arguments, actor=actor, at=at)
    if done is not None:
        held = ServiceCall.id.in_(done["ids"]), ServiceCall.lease_owner == worker, ServiceCall.lease_until > at
        return list(session.scalars(select(ServiceCall.id).where(*held).order_by(ServiceCall.due_at, ServiceCall.id)))
    ids = list(
        session.scalars(
            select(ServiceCall.id)
            .join(ProcessInstance, ProcessInstance.id == ServiceCall.instance_id)
            .where(
                ServiceCall.connector == ConnectorKind.EXTERNAL,
                ServiceCall.state == CallState.WAITING,
                ServiceCall.topic.in_(topics),
                ServiceCall.due_at <= at,
                or_(ServiceCall.lease_until.is_(None), ServiceCall.lease_until <= at),
                ProcessInstance.state == InstanceState.RUNNING,
            )
            .order_by(ServiceCall.due_at, ServiceCall.id)
            .limit(min(limit, MOST_FETCHED))
            .with_for_update(of=ServiceCall, skip_locked=True)
        )
    )
    session.execute(
        update(ServiceCall)
        .where(ServiceCall.id.in_(ids))
        .values(lease_owner=worker, lease_until=at + timedelta(seconds=lock_s))
    )
    remember(session, command_id, {"ids": ids}, actor=actor)
    return ids


def complete_job(
    database: Database,
    job_id: str,
    worker: str,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> None:
    """Take the answer of a job and move its deal on. With ``command_id``, a repetition changes nothing.

    Raises NotFound, NotAllowed, LockLost, CallOver, DealIsSuspended, AnswerNotUsable, ValueNotTaken, ContentApproved,
    DecidedByTable, InvalidInput, and MapFailed, after which an incident holds the answer.
    """

    def command(session: Session) -> None:
        at = clock.now()
        arguments = {"job": job_id, "worker": worker, "values": values}
        if already_performed(session, command_id, "complete_job", arguments, actor=actor, at=at) is None:
            call, instance = _held(session, job_id, worker, actor)
            answer_call(session, call, instance, values, actor=actor, at=at)

    _perform(database, job_id, command, actor=actor, clock=clock)


def raise_job_error(
    database: Database,
    job_id: str,
    worker: str,
    code: str,
    message: str = "",
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> None:
    """Let the map's handler of the error ``code`` go on; if the map has none, an administrator is told.

    Raises NotFound, NotAllowed, LockLost, CallOver, DealIsSuspended, MapFailed.
    """

    def command(session: Session) -> None:
        at = clock.now()
        arguments = {"job": job_id, "worker": worker, "code": code, "message": message}
        if already_performed(session, command_id, "raise_job_error", arguments, actor=actor, at=at) is not None:
            return
        call, instance = _held(session, job_id, worker, actor)
        process = process_of(session, instance.definition_id)
        if catches_error(process, instance.execution_state, call.activity_id, code):
            raise_call_error(session, call, instance, code, actor=actor, at=at)
        else:
            error = f"{code}: {message}" if message else code
            fail_call(session, call, instance, error, retries=0, actor=actor, at=at)

    _perform(database, job_id, command, actor=actor, clock=clock)


def fail_job(
    session: Session,
    job_id: str,
    worker: str,
    failure: Failure,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> None:
    """The worker could not do it: give it out again later, or tell an administrator when no retries are left.

    Raises NotFound, NotAllowed, LockLost, CallOver, DealIsSuspended.
    """
    at = clock.now()
    arguments = {"job": job_id, "worker": worker, "failure": [failure.message, failure.retries, failure.after_s]}
    if already_performed(session, command_id, "fail_job", arguments, actor=actor, at=at) is not None:
        return
    call, instance = _held(session, job_id, worker, actor)
    after = timedelta(seconds=failure.after_s) if failure.after_s is not None else None
    fail_call(session, call, instance, failure.message, retries=failure.retries, after=after, actor=actor, at=at)


def extend_job(
    session: Session,
    job_id: str,
    worker: str,
    lock_s: int,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> None:
    """Hold the job for ``lock_s`` seconds from now.

    Raises NotFound, NotAllowed, LockLost, CallOver, DealIsSuspended.
    """
    at = clock.now()
    arguments = {"job": job_id, "worker": worker, "lock_s": lock_s}
    if already_performed(session, command_id, "extend_job", arguments, actor=actor, at=at) is None:
        call, _ = _held(session, job_id, worker, actor)
        call.lease_until = at + timedelta(seconds=lock_s)


def _held(session: Session, job_id: str, worker: str, actor: Actor) -> tuple[ServiceCall, ProcessInstance]:
    """The locked job, if ``worker`` holds it. A lock that has run out counts until somebody else takes the job."""
    ensure_may(actor, Ability.SERVE_JOBS)
    call, instance = lock_call(session, job_id)
    if call.connector is not ConnectorKind.EXTERNAL:
        raise NotFound
    if call.state is not CallState.WAITING:
        raise CallOver
    if call.lease_owner != worker:
        raise LockLost(worker=worker)
    ensure_waits(call, instance)
    return call, instance


def _perform(database: Database, job_id: str, command: Any, *, actor: Actor, clock: Clock) -> None:
    try:
        perform(database, command, actor=actor, clock=clock)
    except MapFailed:
        with database.write() as session:
            stop_call(session, job_id)
        raise
