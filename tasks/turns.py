"""Each part of what has to be done gets its turn: a long backlog of one keeps no other waiting for longer.

A worker has few threads. Where one part went on until it was through, another round gave it a second thread, and
letters waited behind ten thousand timers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Lock

from engine.clock import monotonic
from tasks.app import Task
from tasks.services import Services

A_WHILE_S = 0.5
"""How long one turn lasts; a batch that was begun is ended."""

JOB_TURN = timedelta(seconds=5)
"""How long a job goes on that may have much to do; another one does the rest, behind everything that waits by then."""

Part = Callable[[Services], Iterator[None]]
"""Works batch by batch, and yields while there may be more."""

_under_way: defaultdict[Part, Lock] = defaultdict(Lock)


def take_turn(services: Services, part: Part, rest: Task[[]]) -> None:
    """Let ``part`` work for a while. What it has left then, ``rest`` does, behind everything that waits for a worker.

    In one process one thread works at a part: another one leaves it to that.
    """
    mine = _under_way[part]
    if not mine.acquire(blocking=False):
        return
    try:
        has_more = _works_on(services, part)
    finally:
        mine.release()
    if has_more:
        rest.delay()


def _works_on(services: Services, part: Part) -> bool:
    until = monotonic() + A_WHILE_S
    return any(monotonic() >= until for _ in part(services))
