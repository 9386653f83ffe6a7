"""SQLite's indexes of texts keep nothing of what was erased: merged a few pages a time, between other writers."""

from __future__ import annotations

from functools import partial

from engine.db.job import Job
from engine.db.outbox import enqueue
from engine.db.overwriting import TEXT_INDEXES, merge_some
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN


def merge_text_indexes(services: Services, job: Job) -> Settle | None:
    """Done again, it goes on with a merge that was begun; what does not fit into a turn is another job's."""
    until = services.clock.now() + JOB_TURN
    indexes = list(job.payload["indexes"])
    begins = True
    while indexes and services.clock.now() < until:
        with services.database.write() as session:
            is_left = merge_some(session, indexes[0], begins=begins)
        begins = not is_left
        if not is_left:
            indexes.pop(0)
        give_way(services)
    if not indexes:
        return None
    rest = partial(enqueue, kind=TEXT_INDEXES, payload={"indexes": indexes}, at=services.clock.now())
    return by_whoever_holds(job, rest)
