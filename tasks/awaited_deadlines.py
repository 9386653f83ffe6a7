"""Deadlines of the many open steps that waited for one date of a client's are given page by page, for a turn."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy.orm import Session

from engine.commands.awaited_deadlines import (
    deals_without_deadlines,
    go_on_with_deadlines,
    set_deadlines_of_deal,
    try_deadlines_again,
)
from engine.db.job import Job
from engine.policy.permissions import Actor
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN

_LOOKED_AT_ONCE = 200

_logger = logging.getLogger(__name__)


def set_deadlines_by_pages(services: Services, job: Job) -> Settle | None:
    """Each deal in a transaction of its own. Done again, it finds only those that have no deadline yet.

    Those that fail are left to a job of their own: they stop none of the others, and an administrator sees it.
    """
    if "instances" in job.payload:
        _try_again(services, job.payload["instances"])
        return None
    client_id, after = int(job.payload["client_id"]), int(job.payload["after"])
    failed: dict[int, Exception] = {}
    until = services.clock.now() + JOB_TURN
    is_through = False
    while not is_through and services.clock.now() < until:
        with services.database.read() as session:
            waiting = deals_without_deadlines(session, client_id, after, limit=_LOOKED_AT_ONCE)
        failed |= _set_each(services, waiting)
        is_through, after = not waiting, waiting[-1] if waiting else after
    if is_through and not failed:
        return None

    def leave(session: Session) -> None:
        at = services.clock.now()
        if failed:
            try_deadlines_again(session, [*failed], at=at)
        if not is_through:
            go_on_with_deadlines(session, client_id, after, at=at)

    return by_whoever_holds(job, leave)


def _try_again(services: Services, instances: Iterable[int]) -> None:
    """Raises what kept the last of them from its deadline, when all have had their turn."""
    failed = _set_each(services, instances)
    if failed:
        raise list(failed.values())[-1]


def _set_each(services: Services, instances: Iterable[int]) -> dict[int, Exception]:
    """What went wrong, by instance."""
    failed: dict[int, Exception] = {}
    for instance_id in instances:
        try:
            with services.database.write() as session:
                set_deadlines_of_deal(session, instance_id, actor=Actor.system(), at=services.clock.now())
        except Exception as failure:
            _logger.exception("A deadline in instance %s is not counted", instance_id)
            failed[instance_id] = failure
        finally:
            give_way(services)
    return failed
