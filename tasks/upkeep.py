"""The machinery's own needs: a sign of life, and no growing heaps."""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands.heartbeats import beat_heart
from engine.commands.upkeep import prune
from engine.model.heartbeat import WORKER
from tasks.app import task
from tasks.services import Services, services


@task
def beat_heart_of_worker() -> None:
    """The schedule asked, the broker carried, a worker performs: all three are alive."""
    for _ in beating(services()):
        pass


def beating(services: Services) -> Iterator[None]:
    """Give a sign of life. Yields nothing: it is all done at once."""
    with services.database.write() as session:
        beat_heart(session, WORKER, clock=services.clock)
    yield from ()


@task
def prune_old() -> None:
    given = services()
    with given.database.write() as session:
        prune(session, clock=given.clock)
