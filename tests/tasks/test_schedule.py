"""The schedule goes on whatever becomes of the machine's clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from celery.beat import ScheduleEntry, Scheduler
from support.office import MONDAY_10

from engine.clock import LARGEST_STEP
from engine.settings import settings_from
from tasks import schedule
from tasks.app import app, configure
from tasks.schedule import SCHEDULE


class Machine:
    """``wall`` is what its clock shows, ``running`` for how many seconds it runs."""

    def __init__(self) -> None:
        self.wall, self.running = MONDAY_10, 1000.0

    def passes(self, **time: float) -> None:
        passed = timedelta(**time)
        self.wall += passed
        self.running += passed.total_seconds()


class Told(Scheduler):  # type: ignore[misc]  # Celery is untyped
    """Counts the hints in place of sending them."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self.given = Counter[str]()

    def apply_async(self, entry: ScheduleEntry, *_: object, **__: object) -> None:
        self.given[entry.name] += 1

    def go_on(self) -> None:
        while self.tick() == 0:
            pass


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(schedule, "since_boot", lambda: machine.running)
    monkeypatch.setattr(app, "now", lambda: machine.wall.astimezone(UTC))
    return machine


@pytest.mark.parametrize("put_by", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_clock_that_is_put_back_or_ahead_neither_stops_the_schedule_nor_hurries_it(
    machine: Machine, put_by: timedelta
) -> None:
    beat = Told(configure(settings_from({})))
    for _ in range(3):
        machine.passes(seconds=2)
        beat.go_on()
    machine.wall += put_by
    beat.given.clear()
    for _ in range(5):
        machine.passes(seconds=2)
        beat.go_on()
    assert beat.given == {"round": 5}


def test_a_hint_lives_for_longer_than_clocks_may_differ() -> None:
    """Else a worker whose clock is ahead of the schedule's by a little would never do what the schedule says."""
    now = datetime.now(UTC)  # noqa: TID251  # Celery goes by the machine's own clock
    for one in SCHEDULE.values():
        hint = app.amqp.as_task_v2("id", one["task"], now=now, **one["options"])
        assert datetime.fromisoformat(hint.headers["expires"]) - now >= LARGEST_STEP
