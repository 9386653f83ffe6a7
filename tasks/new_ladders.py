"""A department's new ladder: steps that had climbed all of the old one are looked at again, for a turn."""

from __future__ import annotations

from functools import partial

from engine.commands.escalations import bring_further_rungs, make_due, steps_at_the_top
from engine.db.job import Job
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN

_LOOKED_AT_ONCE = 200


def let_late_steps_climb(services: Services, job: Job) -> Settle | None:
    """Each step in a transaction of its own, which holds nothing else. Done again, it changes nothing more."""
    department_id, after = int(job.payload["department_id"]), int(job.payload["after"])
    until = services.clock.now() + JOB_TURN
    while services.clock.now() < until:
        with services.database.read() as session:
            steps = steps_at_the_top(session, department_id, after, limit=_LOOKED_AT_ONCE)
        if not steps:
            return None
        for after in steps:
            with services.database.write() as session:
                make_due(session, after, at=services.clock.now())
            give_way(services)
    go_on = partial(bring_further_rungs, department_id=department_id, after=after, at=services.clock.now())
    return by_whoever_holds(job, go_on)
