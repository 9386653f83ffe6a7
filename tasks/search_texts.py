"""What is found anew is written page by page, for a turn.

Deals and steps are found by the new name of their client; letters and comments although the version before wrote them.
"""

from __future__ import annotations

from functools import partial

from engine.commands.search_texts import (
    deals_with_missed,
    find_deal_anew,
    find_missed,
    go_on_finding_anew,
    go_on_finding_missed,
    outdated_texts,
)
from engine.db.job import Job
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN

_LOOKED_AT_ONCE = 200


def find_anew_by_pages(services: Services, job: Job) -> Settle | None:
    """Each deal in a transaction of its own. Done again, it finds only those that are not done yet."""
    client_id, after = job.payload["client_id"], int(job.payload["after"])
    until = services.clock.now() + JOB_TURN
    while services.clock.now() < until:
        with services.database.read() as session:
            outdated, last = outdated_texts(session, client_id, after, limit=_LOOKED_AT_ONCE)
        for deal_id in outdated:
            with services.database.write() as session:
                find_deal_anew(session, deal_id)
            give_way(services)
        if last is None:
            return None
        after = last
    go_on = partial(go_on_finding_anew, client_id=client_id, after=after, at=services.clock.now())
    return by_whoever_holds(job, go_on)


def find_missed_by_pages(services: Services, job: Job) -> Settle | None:
    """Each deal in a transaction of its own. Done again, it finds only what is not found yet."""
    letters_after, entries_after = int(job.payload["letters_after"]), int(job.payload["entries_after"])
    after = int(job.payload["after"])
    until = services.clock.now() + JOB_TURN
    while services.clock.now() < until:
        with services.database.read() as session:
            missed = deals_with_missed(session, letters_after, entries_after, after, limit=_LOOKED_AT_ONCE)
        for deal_id in missed:
            with services.database.write() as session:
                find_missed(session, deal_id, letters_after, entries_after)
            give_way(services)
        if not missed:
            return None
        after = missed[-1]
    go_on = partial(
        go_on_finding_missed,
        letters_after=letters_after,
        entries_after=entries_after,
        after=after,
        at=services.clock.now(),
    )
    return by_whoever_holds(job, go_on)
