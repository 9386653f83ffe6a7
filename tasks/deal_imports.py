"""Files of deals that somebody brought: read and opened in the background."""

from __future__ import annotations

from functools import partial

from engine.commands.deal_import_turns import DealTurns, check_deals, finish_opening
from engine.db.job import Job
from engine.db.statistics import OF_DEALS, learn_of_rows
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN


def go_on_with_deals(services: Services, job: Job) -> Settle:
    """Do what the import's state says is to be done; rows are opened for a turn.

    A worker that is killed leaves every row whole: its job is done again when the lease is over.
    """
    import_id = int(job.payload["import_id"])
    check_deals(services.database, import_id, job.id, clock=services.clock, between=partial(give_way, services))
    turns = DealTurns(services.database, import_id, services.clock)
    until = services.clock.now() + JOB_TURN
    taken = 0
    while services.clock.now() < until and (some := turns.take()):
        taken += some
        give_way(services)
    learn_of_rows(services.database, OF_DEALS, taken)
    return by_whoever_holds(job, partial(finish_opening, import_id=import_id, clock=services.clock))
