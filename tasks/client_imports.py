"""Lists of clients that somebody brought: read, taken over, taken back, in the background."""

from __future__ import annotations

from functools import partial

from engine.commands.client_import_rows import TAKEN_AT_ONCE, ImportTurns, check_rows, finish_turns
from engine.db.job import Job
from engine.db.statistics import OF_CLIENTS, learn_of_rows
from tasks.happening import Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN


def go_on_with_import(services: Services, job: Job) -> Settle:
    """Do what the import's state says is to be done; rows are taken over for a turn.

    A worker that is killed leaves every row whole: its job is done again when the lease is over.
    """
    import_id, zone = int(job.payload["import_id"]), services.settings.time_zone
    between = partial(give_way, services)
    check_rows(services.database, import_id, job.id, zone=zone, clock=services.clock, between=between)
    turns = ImportTurns(services.database, import_id, zone, services.clock)
    until = services.clock.now() + JOB_TURN
    taken = 0
    while services.clock.now() < until and turns.take():
        taken += TAKEN_AT_ONCE
        give_way(services)
    learn_of_rows(services.database, OF_CLIENTS, taken)
    return by_whoever_holds(job, partial(finish_turns, import_id=import_id, clock=services.clock))
