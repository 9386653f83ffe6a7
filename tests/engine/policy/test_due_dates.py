"""From rules to instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.compiled import TimerKind, TimerRule
from engine.bpmn.deadline_rules import ElapsedTime, FixedInstant, MomentOfDay, RelativeToField, WorkingTime
from engine.bpmn.deadline_text import DeadlineNotUnderstood, parse_deadline, parse_timer_value
from engine.policy.business_calendar import DEFAULT_CALENDAR
from engine.policy.due_dates import (
    CalendarDueTimes,
    DeadlineDateMissing,
    DeadlineDateNotADate,
    DueDateOutOfRange,
    due_at,
)

KYIV = ZoneInfo("Europe/Kyiv")


def kyiv(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KYIV, fold=fold)


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("3 робочі дні", "2026-06-01 15:00", "2026-06-04 15:00"),
        ("4 роб. год", "2026-06-01 16:00", "2026-06-02 11:00"),
        ("P2D", "2026-06-05 15:00", "2026-06-07 15:00"),
        ("36 hours", "2026-06-05 15:00", "2026-06-07 03:00"),
        ("1 місяць", "2026-01-31 10:00", "2026-02-28 10:00"),
        ("1 місяць", "2028-01-31 10:00", "2028-02-29 10:00"),
        ("12 місяців", "2028-02-29 10:00", "2029-02-28 10:00"),
        ("1 місяць", "2026-12-15 10:00", "2027-01-15 10:00"),
        ("1 день", "2026-03-28 10:00", "2026-03-29 10:00"),  # 23 hours: the same time by the clock on the wall
        ("24 години", "2026-03-28 10:00", "2026-03-29 11:00"),
        ("1 день", "2026-03-28 03:30", "2026-03-29 04:30"),  # 03:30 does not exist that day
        ("до 18:00", "2026-06-01 10:00", "2026-06-01 18:00"),
        ("до 18:00", "2026-06-01 18:00", "2026-06-02 18:00"),
        ("до 18:00", "2026-06-05 18:30", "2026-06-08 18:00"),  # not on Saturday
        ("щосуботи 12:00", "2026-06-05 18:30", "2026-06-06 12:00"),  # unless Saturday is named
        ("щоп'ятниці 12:00", "2026-06-05 12:00", "2026-06-12 12:00"),
        ("31.12.2026", "2026-06-05 12:00", "2026-12-31 23:59"),
        ("31.12.2026 18:00", "2026-06-05 12:00", "2026-12-31 18:00"),
        ("2026-12-31T16:00:00Z", "2026-06-05 12:00", "2026-12-31 18:00"),
    ],
)
def test_a_deadline_falls_due(text: str, start: str, expected: str) -> None:
    due = due_at(parse_deadline(text), kyiv(start), DEFAULT_CALENDAR)
    assert due == kyiv(expected)
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("=deal.close_date - 3 р.д.", date(2026, 6, 11), "2026-06-08 18:00"),  # the date lasts until its last minute
        ("=deal.close_date - 3 р.д.", "2026-06-11", "2026-06-08 18:00"),
        ("=deal.close_date - 3 р.д.", "2026-06-11T15:00:00Z", "2026-06-08 18:00"),
        ("=deal.close_date + 1 день", datetime(2026, 6, 11, 12, tzinfo=UTC), "2026-06-12 15:00"),
        ("=deal.close_date", date(2026, 6, 11), "2026-06-11 23:59"),
        ("=deal.close_date - 1 місяць", date(2026, 3, 31), "2026-02-28 23:59"),
        ("=deal.patience", "2 р.д.", "2026-06-03 10:00"),
    ],
)
def test_a_deadline_follows_the_deals_data(text: str, value: Any, expected: str) -> None:
    due = due_at(parse_deadline(text), kyiv("2026-06-01 10:00"), DEFAULT_CALENDAR, lambda _: value)
    assert due == kyiv(expected)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, DeadlineDateMissing),
        ("", DeadlineDateMissing),
        (42, DeadlineDateNotADate),
        ("=deal.close_date", DeadlineDateNotADate),
        ("завтра вранці", DeadlineNotUnderstood),
    ],
)
def test_data_that_is_no_date_is_told(value: Any, error: type[Exception]) -> None:
    rule = RelativeToField(expression="deal.close_date")
    with pytest.raises(error):
        due_at(rule, kyiv("2026-06-01 10:00"), DEFAULT_CALENDAR, lambda _: value)


def test_without_data_a_date_of_the_deal_is_missing() -> None:
    with pytest.raises(DeadlineDateMissing) as missing:
        due_at(RelativeToField(expression="deal.close_date"), kyiv("2026-06-01 10:00"), DEFAULT_CALENDAR)
    assert missing.value.params["expression"] == "deal.close_date"


@pytest.mark.parametrize("rule", [ElapsedTime(months=120_000), ElapsedTime(days=10**9), ElapsedTime(seconds=10**15)])
def test_a_deadline_beyond_the_calendar_is_refused(rule: ElapsedTime) -> None:
    with pytest.raises(DueDateOutOfRange):
        due_at(rule, kyiv("2026-06-01 10:00"), DEFAULT_CALENDAR)


def timer(text: str, kind: TimerKind = TimerKind.CYCLE) -> TimerRule:
    return parse_timer_value(kind, text)


@pytest.mark.parametrize(
    ("rule", "fired", "at", "expected"),
    [
        (timer("R/PT1H"), "2026-06-01 10:00", "2026-06-01 10:00", "2026-06-01 11:00"),
        (timer("R/PT1H"), "2026-06-01 10:00", "2026-06-03 15:30", "2026-06-03 16:00"),  # the server was down
        (timer("R/PT1H"), "2026-06-01 10:00", "2026-06-01 11:00", "2026-06-01 12:00"),
        (timer("R/P1D"), "2026-03-27 10:00", "2026-03-29 11:00", "2026-03-30 10:00"),  # over the change of clocks
        (timer("R/P1M"), "2026-01-31 10:00", "2026-02-01 00:00", "2026-02-28 10:00"),
        (timer("R/P1M"), "2026-01-31 10:00", "2026-03-01 00:00", "2026-03-31 10:00"),
        (timer("R/1 р.д."), "2026-06-05 10:00", "2026-06-09 12:00", "2026-06-10 10:00"),
        (timer("R/2 роб. год"), "2026-06-05 16:00", "2026-06-08 09:30", "2026-06-08 11:00"),
        (timer("every Friday 12:00"), "2026-06-05 12:00", "2026-06-20 00:00", "2026-06-26 12:00"),
        (timer("щодня о 9:00"), "2026-06-05 09:00", "2026-06-05 09:00", "2026-06-06 09:00"),
    ],
)
def test_a_cycle_skips_the_ticks_that_were_missed(rule: TimerRule, fired: str, at: str, expected: str) -> None:
    assert CalendarDueTimes(DEFAULT_CALENDAR).next(rule, kyiv(fired), kyiv(at)) == kyiv(expected)


@given(
    st.sampled_from(["R/PT7M", "R/P1D", "R/P1M", "R/P1MT1H", "R/1 р.д.", "R/50 роб. хв", "щодня о 9:00"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants bounds without a zone
    st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_the_next_tick_lies_after_now_and_the_one_before_it_does_not(
    text: str, fired: datetime, down: timedelta
) -> None:
    times = CalendarDueTimes(DEFAULT_CALENDAR)
    tick = times.next(timer(text), fired, fired + down)
    assert tick > fired + down
    assert tick == times.next(timer(text), fired, tick - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (timer("P2D", TimerKind.DURATION), "2026-06-08 18:30"),
        (timer("2026-01-01", TimerKind.DATE), "2026-01-01 00:00"),  # past: it fires at once
        (timer("R3/PT1H"), "2026-06-06 19:30"),
        (timer("до 18:00", TimerKind.DATE), "2026-06-07 18:00"),  # a timer fires on Sunday too
    ],
)
def test_a_timer_fires_first(rule: TimerRule, expected: str) -> None:
    assert CalendarDueTimes(DEFAULT_CALENDAR).first(rule, kyiv("2026-06-06 18:30")) == kyiv(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PT2H", "2026-06-01 12:00"),
        ("2 роб. год", "2026-06-01 12:00"),
        (timedelta(hours=2), "2026-06-01 12:00"),
        (datetime(2026, 6, 1, 9, tzinfo=UTC), "2026-06-01 12:00"),
        ("2026-06-01T12:00", "2026-06-01 12:00"),
    ],
)
def test_a_timer_expression_gives_its_value_at_run_time(value: Any, expected: str) -> None:
    times = CalendarDueTimes(DEFAULT_CALENDAR, lambda _: value)
    rule = TimerRule(kind=TimerKind.DURATION, expression="=pause")
    assert times.first(rule, kyiv("2026-06-01 10:00")) == kyiv(expected)


@pytest.mark.parametrize(
    ("value", "error"), [(None, DeadlineDateMissing), (True, DeadlineDateNotADate), ("=x", DeadlineDateNotADate)]
)
def test_a_timer_expression_without_a_time_is_told(value: Any, error: type[Exception]) -> None:
    times = CalendarDueTimes(DEFAULT_CALENDAR, lambda _: value)
    with pytest.raises(error):
        times.first(TimerRule(kind=TimerKind.DURATION, expression="=pause"), kyiv("2026-06-01 10:00"))


def test_a_cycle_without_an_interval_does_not_fire_for_ever() -> None:
    times = CalendarDueTimes(DEFAULT_CALENDAR, lambda _: "PT0S")
    at = kyiv("2026-06-01 10:00")
    with pytest.raises(DeadlineDateNotADate):
        times.next(TimerRule(kind=TimerKind.CYCLE, expression="=pause"), at, at)


@pytest.mark.parametrize(
    "rule",
    [
        WorkingTime(days=1),
        ElapsedTime(days=1),
        MomentOfDay(hour=9, minute=0),
        MomentOfDay(hour=3, minute=30, weekday=6),
    ],
)
@given(start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis wants bounds without a zone
def test_a_deadline_never_lies_before_its_start(rule: WorkingTime | ElapsedTime | MomentOfDay, start: datetime) -> None:
    assert due_at(rule, start, DEFAULT_CALENDAR) > start


def test_the_second_of_two_equal_hours_is_not_taken_for_the_first() -> None:
    start = kyiv("2026-10-25 03:30", fold=1)
    assert due_at(ElapsedTime(seconds=60), start, DEFAULT_CALENDAR) - start.astimezone(UTC) == timedelta(minutes=1)
    assert due_at(FixedInstant(text="2026-10-25T03:30:00+02:00"), start, DEFAULT_CALENDAR) == start.astimezone(UTC)
