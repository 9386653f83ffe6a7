"""The machinery's own needs: a sign of life, and no growing heaps."""

from __future__ import annotations

from engine.commands.heartbeats import WORKER, beat_heart
from engine.commands.upkeep import prune
from tasks.app import task
from tasks.services import services


@task
def beat_heart_of_worker() -> None:
    """The schedule asked, the broker carried, a worker performs: all three are alive."""
    given = services()
    with given.database.write() as session:
        beat_heart(session, WORKER, clock=given.clock)


@task
def prune_old() -> None:
    given = services()
    with given.database.write() as session:
        prune(session, clock=given.clock)
