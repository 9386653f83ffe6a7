"""One of several processes that complete the same steps at the same instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from faults.processes import PATIENCE_S
from support.office import MONDAY_10

from engine.clock import SettableClock
from engine.commands.completions import complete_work_item
from engine.commands.incidents import perform
from engine.db.session import Database
from engine.errors import AlreadyCompleted
from engine.queries.actors import actor_of

DONE = "done"
TOO_LATE = "too late"


@dataclass(frozen=True, slots=True)
class Race:
    """Who takes part, and in what. ``name`` makes the command ids: racers of one name send the same ones."""

    url: str
    work_items: Sequence[int]
    person_id: int
    name: str


def run(race: Race, together: Barrier, answers: Connection) -> None:
    """Complete each of the work items at the same time as the others, and send how often it was done or too late."""
    database = Database(race.url)
    clock = SettableClock(MONDAY_10)
    with database.read() as session:
        actor = actor_of(session, race.person_id, clock.now())
    counted: Counter[str] = Counter()
    for work_item_id in race.work_items:
        complete = partial(
            complete_work_item,
            work_item_id=work_item_id,
            values={"discount": "5"},
            actor=actor,
            clock=clock,
            command_id=f"{race.name} {work_item_id}",
        )
        together.wait(PATIENCE_S)
        try:
            perform(database, complete, actor=actor, clock=clock)
            counted[DONE] += 1
        except AlreadyCompleted:
            counted[TOO_LATE] += 1
    answers.send(dict(counted))
    database.dispose()
