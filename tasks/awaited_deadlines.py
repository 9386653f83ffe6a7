"""Deadlines of the many open steps that waited for one date of a client's are given page by page, for a turn."""

from __future__ import annotations

from engine.commands.awaited_deadlines import deals_without_deadlines, go_on_with_deadlines, set_deadlines_of_deal
from engine.db.job import Job
from engine.policy.permissions import Actor
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN

_LOOKED_AT_ONCE = 200


def set_deadlines_by_pages(services: Services, job: Job) -> None:
    """Each deal in a transaction of its own. Done again, it finds only those that have no deadline yet."""
    client_id, after = int(job.payload["client_id"]), int(job.payload["after"])
    until = services.clock.now() + JOB_TURN
    while services.clock.now() < until:
        with services.database.read() as session:
            waiting = deals_without_deadlines(session, client_id, after, limit=_LOOKED_AT_ONCE)
        for instance_id in waiting:
            with services.database.write() as session:
                set_deadlines_of_deal(session, instance_id, actor=Actor.system(), at=services.clock.now())
            give_way(services)
        if not waiting:
            return
        after = waiting[-1]
    with services.database.write() as session:
        go_on_with_deadlines(session, client_id, after, at=services.clock.now())
