"""What is looked after every two seconds, in one task: a hint apiece costs more than most of it has to do.

One look tells what there may be to do, so that a round that finds nothing costs one statement.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from mmap import mmap

from engine.clock import monotonic
from engine.queries.due_work import Work, due_work
from tasks.answers import read_answers
from tasks.app import Task, task
from tasks.escalations import escalate_due, escalating
from tasks.history_signing import sign_history, signing
from tasks.jobs import sweep, sweeping
from tasks.notices import reporting, tell_people, tell_reports, telling
from tasks.services import Services, services
from tasks.telegram import read_telegram
from tasks.timers import fire_due_timers, firing
from tasks.upkeep import beat_heart_of_worker, beating
from tasks.webhooks import deliver_webhooks, delivering

A_WHILE_S = 0.5
"""How long one part may keep the others waiting; what it has left then, it does in a task of its own."""

Part = Callable[[Services], Iterator[None]]
"""Works batch by batch, and yields while there may be more."""

_PARTS: tuple[tuple[Work, Part, Task[[]]], ...] = (
    (Work.HEARTBEAT, beating, beat_heart_of_worker),
    (Work.JOBS, sweeping, sweep),
    (Work.TIMERS, firing, fire_due_timers),
    (Work.ESCALATIONS, escalating, escalate_due),
    (Work.REPORTS, reporting, tell_reports),
    (Work.NOTICES, telling, tell_people),
    (Work.SIGNATURES, signing, sign_history),
    (Work.WEBHOOKS, delivering, deliver_webhooks),
)


@dataclass
class Outside:
    """A server that is asked for news every ``every_s`` seconds, in a task of its own: it may be slow.

    The processes of a worker share the moment of the last time, in memory that they inherit: a round is any one's.
    Two that ask at once are kept apart by the lease of who reads.
    """

    is_there: Callable[[Services], bool]
    read: Task[[]]
    every_s: float
    _asked_at: memoryview[float] = field(default_factory=lambda: memoryview(mmap(-1, 8)).cast("d"))

    def ask(self, services: Services) -> None:
        """Nothing where it was asked lately, or where there is none."""
        at, asked_at = monotonic(), self._asked_at[0]  # 0: never
        if self.is_there(services) and (asked_at == 0 or at - asked_at >= self.every_s):
            self._asked_at[0] = at
            self.read.delay()


_OUTSIDE = (
    Outside(lambda services: services.telegram is not None, read_telegram, 4.0),
    Outside(lambda services: services.mailbox is not None, read_answers, 29.0),  # at the fifteenth round
)

_logger = logging.getLogger(__name__)


@task
def go_round() -> None:
    """Give each part that has something to do its turn.

    One that fails holds no other up; its turn comes again with the next round.
    """
    given = services()
    due: frozenset[Work] | None = None
    for work, part, rest in _PARTS:
        try:
            if due is None:
                due = due_work(given.database, at=given.clock.now(), signed_up_to=given.signed.up_to)
            if work in due:
                due = None  # what it does may give work to those behind it
                _give_turn(given, part, rest)
        except Exception:
            _logger.exception("%s failed", part.__name__)
    for one in _OUTSIDE:
        try:
            one.ask(given)
        except Exception:
            _logger.exception("Nobody was asked to read what waits outside")


def _give_turn(services: Services, part: Part, rest: Task[[]]) -> None:
    until = monotonic() + A_WHILE_S
    for _ in part(services):
        if monotonic() >= until:
            rest.delay()
            return
