"""The deals of a client whose card was changed are looked at page by page, for a turn."""

from __future__ import annotations

from functools import partial

from engine.commands.client_decisions import CardChange, deals_that_read, go_on_looking, tell_of_change
from engine.db.job import Job
from engine.errors import NotFound
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN

_LOOKED_AT_ONCE = 200


def tell_by_pages(services: Services, job: Job) -> Settle | None:
    """Each deal in a transaction of its own. Done again, it tells only those that were not told yet."""
    change, after = CardChange.of(job.payload), int(job.payload["after"])
    until = services.clock.now() + JOB_TURN
    while services.clock.now() < until:
        with services.database.read() as session:
            some = deals_that_read(session, change.client_id, after, limit=_LOOKED_AT_ONCE)
        if not some:
            return None
        for instance_id in some:
            _tell(services, instance_id, change)
        after = some[-1]
    at = services.clock.now()
    return by_whoever_holds(job, partial(go_on_looking, change=change, after=after, at=at))


def _tell(services: Services, instance_id: int, change: CardChange) -> None:
    try:
        with services.database.write() as session:
            tell_of_change(session, instance_id, change, at=services.clock.now())
    except NotFound:  # the deal went with a practice or an erasure meanwhile: nobody is left to be told
        return
    finally:
        give_way(services)
