"""Working time on the default calendar, on night shifts, on short days and on the days when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.bpmn.deadline_rules import WorkingTime
from engine.clock import as_utc
from engine.policy.business_calendar import (
    DEFAULT_CALENDAR,
    OFFICE_WEEK,
    BusinessCalendar,
    CalendarExhausted,
    CalendarNotUsable,
    Day,
)
from engine.policy.holidays_ua import ukrainian_holidays

KYIV = ZoneInfo("Europe/Kyiv")
OFFICE = DEFAULT_CALENDAR
NIGHTS = BusinessCalendar(week=(((time(22), time(6)),),) * 7)
HOLIDAYS = BusinessCalendar(
    exceptions={
        date(2026, 12, 25): (),
        date(2026, 12, 31): ((time(9), time(13)),),
        date(2026, 12, 26): ((time(10), time(16)),),  # a Saturday worked for the Friday before
    }
)


def kyiv(text: str) -> datetime:
    """``2026-06-01 15:00`` in Kyiv; 1 June 2026 is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=KYIV)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-06-01 15:00", 3, "2026-06-04 15:00"),  # Monday to Thursday, as the product promises
        ("2026-06-05 17:30", 1, "2026-06-08 17:30"),  # Friday to Monday
        ("2026-06-06 11:00", 1, "2026-06-09 09:00"),  # Saturday counts from Monday's opening
        ("2026-06-01 20:00", 1, "2026-06-03 09:00"),  # after closing counts from the next opening
        ("2026-06-01 07:00", 1, "2026-06-02 09:00"),
        ("2026-06-01 13:30", 1, "2026-06-02 14:00"),  # in the break
        ("2026-06-01 18:00", 1, "2026-06-02 18:00"),  # the moment of closing still belongs to the day
        ("2026-06-01 09:00", 1, "2026-06-02 09:00"),
        ("2026-10-23 10:00", 1, "2026-10-26 10:00"),  # clocks go back between
        ("2026-03-27 10:00", 1, "2026-03-30 10:00"),  # and forth
    ],
)
def test_working_days_later_is_the_same_time_of_day(start: str, days: int, expected: str) -> None:
    assert OFFICE.add_working_time(kyiv(start), WorkingTime(days=days)) == kyiv(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-12-24 15:00", 1, "2026-12-26 15:00"),  # over the holiday to the moved Saturday
        ("2026-12-30 15:00", 1, "2026-12-31 13:00"),  # a short day ends the period earlier
        ("2026-12-24 09:30", 1, "2026-12-26 10:00"),  # a day that opens later
    ],
)
def test_holidays_moved_and_short_days_count(start: str, days: int, expected: str) -> None:
    assert HOLIDAYS.add_working_time(kyiv(start), WorkingTime(days=days)) == kyiv(expected)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-06-01 10:00", 2, "2026-06-01 12:00"),
        ("2026-06-01 12:00", 2, "2026-06-01 15:00"),  # over the break
        ("2026-06-01 17:00", 2, "2026-06-02 10:00"),
        ("2026-06-05 17:00", 8, "2026-06-08 17:00"),
        ("2026-06-01 10:00", 3, "2026-06-01 13:00"),  # ends with the break, not after it
        ("2026-03-27 17:00", 2, "2026-03-30 10:00"),
    ],
)
def test_working_hours_skip_breaks_and_days_off(start: str, hours: int, expected: str) -> None:
    assert OFFICE.add_working_time(kyiv(start), WorkingTime(seconds=hours * 3600)) == kyiv(expected)


def test_days_are_counted_before_hours() -> None:
    later = OFFICE.add_working_time(kyiv("2026-06-05 16:00"), WorkingTime(days=1, seconds=4 * 3600))
    assert later == kyiv("2026-06-09 11:00")


@pytest.mark.parametrize(
    ("end", "amount", "expected"),
    [
        ("2026-06-04 15:00", WorkingTime(days=3), "2026-06-01 15:00"),
        ("2026-06-08 09:00", WorkingTime(days=1), "2026-06-05 09:00"),
        ("2026-06-07 12:00", WorkingTime(days=1), "2026-06-04 18:00"),  # Sunday counts back from Friday's closing
        ("2026-06-02 10:00", WorkingTime(seconds=4 * 3600), "2026-06-01 15:00"),
    ],
)
def test_working_time_is_counted_back(end: str, amount: WorkingTime, expected: str) -> None:
    assert OFFICE.subtract_working_time(kyiv(end), amount) == kyiv(expected)


def test_a_night_shift_is_an_hour_longer_when_clocks_go_back_and_shorter_when_they_go_forth() -> None:
    autumn = NIGHTS.working_time_between(kyiv("2026-10-24 22:00"), kyiv("2026-10-25 06:00"))
    spring = NIGHTS.working_time_between(kyiv("2026-03-28 22:00"), kyiv("2026-03-29 06:00"))
    assert (autumn, spring) == (timedelta(hours=9), timedelta(hours=7))


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    later = NIGHTS.add_working_time(kyiv("2026-06-02 02:00"), WorkingTime(days=1))
    assert later == kyiv("2026-06-03 02:00")


def test_hours_of_two_days_that_overlap_are_counted_once() -> None:
    night_then_early: tuple[Day, ...] = (((time(22), time(6)),), ((time(5), time(9)),), (), (), (), (), ())
    calendar = BusinessCalendar(week=night_then_early)
    assert calendar.working_time_between(kyiv("2026-06-01 22:00"), kyiv("2026-06-02 09:00")) == timedelta(hours=11)
    assert calendar.subtract_working_time(kyiv("2026-06-02 09:00"), WorkingTime(seconds=11 * 3600)) == kyiv(
        "2026-06-01 22:00"
    )


@pytest.mark.parametrize(
    ("moment", "working", "opening"),
    [
        ("2026-06-01 09:00", True, "2026-06-01 09:00"),
        ("2026-06-01 13:00", False, "2026-06-01 14:00"),
        ("2026-06-01 18:00", False, "2026-06-02 09:00"),
        ("2026-06-05 18:30", False, "2026-06-08 09:00"),
    ],
)
def test_opening_hours_answer_for_a_moment(moment: str, working: bool, opening: str) -> None:
    assert OFFICE.is_working_moment(kyiv(moment)) is working
    assert OFFICE.next_working_moment(kyiv(moment)) == kyiv(opening)


def test_working_time_back_in_time_is_negative() -> None:
    assert OFFICE.working_time_between(kyiv("2026-06-02 10:00"), kyiv("2026-06-01 17:00")) == -timedelta(hours=2)


starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants bounds without a zone
seconds = st.integers(1, 100 * 3600)
calendars = st.sampled_from([OFFICE, NIGHTS, HOLIDAYS, BusinessCalendar(zone="America/New_York")])


@given(starts, seconds, calendars)
def test_what_was_added_lies_between(start: datetime, amount: int, calendar: BusinessCalendar) -> None:
    end = calendar.add_working_time(start, WorkingTime(seconds=amount))
    assert calendar.working_time_between(start, end) == timedelta(seconds=amount)
    assert calendar.working_time_between(calendar.subtract_working_time(start, WorkingTime(seconds=amount)), start) == (
        timedelta(seconds=amount)
    )


@given(starts, starts, st.integers(1, 20), calendars)
def test_a_later_start_is_never_due_earlier(
    one: datetime, other: datetime, days: int, calendar: BusinessCalendar
) -> None:
    first, last = sorted([one, other])
    amount = WorkingTime(days=days)
    assert first < calendar.add_working_time(first, amount) <= calendar.add_working_time(last, amount)


@given(starts, st.integers(1, 20))
def test_a_number_of_days_crosses_that_many_openings(start: datetime, days: int) -> None:
    assume(OFFICE.local(start).time() != time(18))  # the moment of closing still belongs to its day
    end = OFFICE.add_working_time(start, WorkingTime(days=days))
    opened = OFFICE.local(OFFICE.next_working_moment(start)).date()
    last = OFFICE.local(end).date()
    between = [opened + timedelta(days=n) for n in range(1, (last - opened).days + 1)]
    assert sum(OFFICE.is_working_day(day) for day in between) == days


@pytest.mark.parametrize("amount", [WorkingTime(days=4000), WorkingTime(seconds=40_000 * 3600)])
def test_a_calendar_is_searched_ten_years_far(amount: WorkingTime) -> None:
    for count in (OFFICE.add_working_time, OFFICE.subtract_working_time):
        with pytest.raises(CalendarExhausted):
            count(kyiv("2026-06-01 10:00"), amount)


def test_what_was_counted_before_answers_no_other_question() -> None:
    hour = WorkingTime(seconds=3600)
    first, second = (datetime(2026, 10, 25, 3, 30, fold=fold, tzinfo=KYIV) for fold in (0, 1))
    assert first == second  # the hour that comes twice in autumn, as Python compares it
    for _ in range(2):
        assert NIGHTS.add_working_time(second, hour) - NIGHTS.add_working_time(first, hour) == timedelta(hours=1)
        assert NIGHTS.subtract_working_time(second, hour) == as_utc(first)
        assert NIGHTS.add_working_time(first, hour) == as_utc(second)


def test_more_than_a_calendar_remembers_is_counted_all_the_same() -> None:
    start, minutes = kyiv("2026-06-01 22:00"), range(1, 480)
    for _ in range(2):
        counted = [NIGHTS.add_working_time(start, WorkingTime(seconds=60 * one)) for one in minutes]
        assert counted == [as_utc(start) + timedelta(minutes=one) for one in minutes]


def test_a_span_of_more_than_ten_years_is_refused() -> None:
    with pytest.raises(CalendarExhausted):
        OFFICE.working_time_between(kyiv("2000-01-01 00:00"), kyiv("2026-01-01 00:00"))


@pytest.mark.parametrize(
    ("zone", "week"),
    [
        ("Europe/Nowhere", OFFICE_WEEK),
        ("../etc/passwd", OFFICE_WEEK),
        ("Europe/Kyiv", ((),) * 7),
        ("Europe/Kyiv", OFFICE_WEEK[:5]),
        ("Europe/Kyiv", (((time(9), time(13)), (time(12), time(18))),) * 7),
        ("Europe/Kyiv", (((time(22), time(6)), (time(7), time(8))),) * 7),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(zone: str, week: tuple[Day, ...]) -> None:
    with pytest.raises(CalendarNotUsable):
        BusinessCalendar(zone=zone, week=week)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        OFFICE.add_working_time(datetime(2026, 6, 1), WorkingTime(days=1))  # noqa: DTZ001  # that is the point


def test_the_holidays_of_ukraine_are_offered_though_none_is_a_day_off_by_itself() -> None:
    listed = dict(ukrainian_holidays(2026))
    assert {date(2026, 1, 1), date(2026, 8, 24), date(2026, 12, 25)} <= set(listed)
    assert list(listed) == sorted(listed)
    assert listed[date(2026, 8, 24)] == "День незалежності України"
    assert all(DEFAULT_CALENDAR.is_working_day(day) for day in listed if day.weekday() < 5)
