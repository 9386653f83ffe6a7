from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.clock import BELIEVED_AFTER, SteadyClock, SystemClock
from engine.db.database_clock import installation_clock
from engine.db.session import Database

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Machine:
    """A wall clock that can be put, and the seconds since boot, which cannot."""

    def __init__(self) -> None:
        self.put_by = timedelta()
        self.seconds = 5_000.0
        self.is_away = False

    def wall(self) -> datetime:
        if self.is_away:
            raise ConnectionError
        return NOON + timedelta(seconds=self.seconds - 5_000.0) + self.put_by

    def elapsed(self) -> float:
        return self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> SteadyClock:
    clock = SteadyClock(machine.wall, elapsed=machine.elapsed)
    assert clock.now() == NOON
    return clock


def test_time_goes_on(machine: Machine, clock: SteadyClock) -> None:
    for _ in range(100):
        machine.seconds += 7.3
        assert abs(clock.now() - machine.wall()) < timedelta(milliseconds=1)


@pytest.mark.parametrize("hours", [1, -1, 24 * 365])
def test_a_clock_put_and_put_back_is_not_followed(machine: Machine, clock: SteadyClock, hours: int) -> None:
    for put_by in (timedelta(), timedelta(hours=hours), timedelta()):
        machine.put_by = put_by
        for _ in range(20):
            machine.seconds += 15
            assert abs(clock.now() - (machine.wall() - put_by)) < timedelta(milliseconds=1)


def test_a_clock_that_stays_where_it_was_put_is_believed_in_the_end(machine: Machine, clock: SteadyClock) -> None:
    machine.put_by = timedelta(hours=1)
    machine.seconds += 15
    assert clock.now() < machine.wall() - timedelta(minutes=59)
    machine.seconds += BELIEVED_AFTER.total_seconds() - 1
    assert clock.now() < machine.wall() - timedelta(minutes=59)
    machine.seconds += 15
    assert abs(clock.now() - machine.wall()) < timedelta(milliseconds=1)


def test_a_clock_that_jumps_about_is_never_believed(machine: Machine, clock: SteadyClock) -> None:
    for number in range(100):
        machine.put_by = timedelta(hours=number % 7 + 1)
        machine.seconds += 60
        assert clock.now() < NOON + timedelta(seconds=machine.seconds - 4_999)


def test_a_correction_within_a_minute_is_followed(machine: Machine, clock: SteadyClock) -> None:
    machine.put_by = timedelta(seconds=-40)
    machine.seconds += 15
    assert abs(clock.now() - machine.wall()) < timedelta(milliseconds=1)


def test_time_goes_on_while_the_source_is_away_but_never_begins_without_it(
    machine: Machine, clock: SteadyClock
) -> None:
    machine.is_away = True
    machine.seconds += 600
    assert abs(clock.now() - (NOON + timedelta(seconds=600))) < timedelta(milliseconds=1)
    with pytest.raises(ConnectionError):
        SteadyClock(machine.wall, elapsed=machine.elapsed).now()


def test_an_installation_goes_by_its_database(database_url: str) -> None:
    database = Database(database_url)
    clock = installation_clock(database)
    first = clock.now()
    assert first.tzinfo is UTC
    assert abs(first - SystemClock().now()) < timedelta(minutes=1)
    database.dispose()
    assert clock.now() >= first
