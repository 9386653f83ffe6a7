"""What is looked after every two seconds, in one task: a hint apiece costs more than most of it has to do.

One look tells what there may be to do, so that a round that finds nothing costs one statement.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from engine.queries.due_work import MAILBOX_EVERY, TELEGRAM_EVERY, Work, due_work
from tasks.answers import read_answers
from tasks.app import Task, task
from tasks.escalations import escalate_due, escalating
from tasks.history_signing import sign_history, signing
from tasks.jobs import sweep, sweeping
from tasks.notices import reporting, tell_people, tell_reports, telling
from tasks.services import Services, services
from tasks.telegram import read_telegram
from tasks.timers import fire_due_timers, firing
from tasks.turns import Part, take_turn
from tasks.upkeep import beat_heart_of_worker, beating
from tasks.webhooks import deliver_webhooks, delivering

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


@dataclass(frozen=True, slots=True)
class Outside:
    """A server that is asked for news every ``every``, in a task of its own: it may be slow.

    Who reads notes so in the database, where each worker's look finds it: however many they are, one asks.
    """

    work: Work
    is_there: Callable[[Services], bool]
    read: Task[[float]]
    every: timedelta


_OUTSIDE = (
    Outside(Work.TELEGRAM, lambda services: services.telegram is not None, read_telegram, TELEGRAM_EVERY),
    Outside(Work.MAILBOX, lambda services: services.mailbox is not None, read_answers, MAILBOX_EVERY),
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
                due = _look(given)
            if work in due:
                due = None  # what it does may give work to those behind it
                take_turn(given, part, rest)
        except Exception:
            _logger.exception("%s failed", part.__name__)
    for one in _OUTSIDE:
        try:
            if one.is_there(given):
                due = _look(given) if due is None else due
                _ask(one, due)
        except Exception:
            _logger.exception("Nobody was asked to read what waits outside")


def _look(services: Services) -> frozenset[Work]:
    return due_work(services.database, at=services.clock.now(), signed_up_to=services.signed.up_to)


def _ask(one: Outside, due: frozenset[Work]) -> None:
    """Hint at reading it; the hint of another worker may be faster, then this one finds it read."""
    if one.work in due:
        one.read.delay(one.every.total_seconds())
