from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.model.saved_report import Rhythm
from engine.policy.business_calendar import OFFICE_WEEK, BusinessCalendar
from engine.policy.report_periods import ReportFilters, UsualPeriod, days_of
from engine.policy.report_schedule import Schedule, latest_sending, next_sending

KYIV = ZoneInfo("Europe/Kyiv")


def kyiv(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=KYIV)


@pytest.mark.parametrize(
    ("schedule", "after", "sent"),
    [
        (Schedule(Rhythm.DAY, time(9)), kyiv(2026, 3, 2, 8, 59), kyiv(2026, 3, 2, 9)),
        (Schedule(Rhythm.DAY, time(9)), kyiv(2026, 3, 2, 9), kyiv(2026, 3, 3, 9)),
        (Schedule(Rhythm.WEEK, time(9), day=1), kyiv(2026, 3, 2, 9, 1), kyiv(2026, 3, 9, 9)),
        (Schedule(Rhythm.WEEK, time(9), day=5), kyiv(2026, 3, 2, 9, 1), kyiv(2026, 3, 6, 9)),
        (Schedule(Rhythm.MONTH, time(9), day=28), kyiv(2026, 2, 28, 10), kyiv(2026, 3, 28, 9)),
        (Schedule(Rhythm.MONTH, time(9), day=1), kyiv(2026, 12, 1, 9), kyiv(2027, 1, 1, 9)),
        (Schedule(Rhythm.DAY, time(9)), kyiv(2026, 3, 28, 10), kyiv(2026, 3, 29, 9)),  # the clocks go on
    ],
)
def test_a_report_is_sent_at_its_time_of_the_readers_day(schedule: Schedule, after: datetime, sent: datetime) -> None:
    at = next_sending(schedule, after, BusinessCalendar())
    assert at == sent
    assert at.tzinfo is UTC


NEW_YEAR_OFF = BusinessCalendar(exceptions={date(2026, 12, 31): ()})
WORKED_SATURDAY = BusinessCalendar(exceptions={date(2026, 1, 31): OFFICE_WEEK[0]})
NOBODY_IN_AUGUST = BusinessCalendar(exceptions={date(2026, 8, day): () for day in range(1, 32)})


@pytest.mark.parametrize(
    ("rhythm", "calendar", "after", "sent"),
    [
        (Rhythm.MONTH_END, BusinessCalendar(), kyiv(2026, 2, 1, 9), kyiv(2026, 2, 28, 9)),
        (Rhythm.MONTH_END, BusinessCalendar(), kyiv(2028, 2, 1, 9), kyiv(2028, 2, 29, 9)),
        (Rhythm.MONTH_END, BusinessCalendar(), kyiv(2026, 12, 31, 9), kyiv(2027, 1, 31, 9)),
        (Rhythm.LAST_WORKING_DAY, BusinessCalendar(), kyiv(2026, 1, 2, 9), kyiv(2026, 1, 30, 9)),  # 31 is a Saturday
        (Rhythm.LAST_WORKING_DAY, WORKED_SATURDAY, kyiv(2026, 1, 2, 9), kyiv(2026, 1, 31, 9)),
        (Rhythm.LAST_WORKING_DAY, BusinessCalendar(), kyiv(2026, 1, 30, 9), kyiv(2026, 2, 27, 9)),
        (Rhythm.LAST_WORKING_DAY, NEW_YEAR_OFF, kyiv(2026, 12, 1, 9), kyiv(2026, 12, 30, 9)),
        (Rhythm.LAST_WORKING_DAY, NOBODY_IN_AUGUST, kyiv(2026, 8, 1, 9), kyiv(2026, 8, 31, 9)),
    ],
)
def test_the_last_day_and_the_last_working_day_of_a_month_are_found_by_its_calendar(
    rhythm: Rhythm, calendar: BusinessCalendar, after: datetime, sent: datetime
) -> None:
    assert next_sending(Schedule(rhythm, time(9)), after, calendar) == sent
    assert latest_sending(Schedule(rhythm, time(9)), sent, calendar) == sent


@pytest.mark.parametrize("rhythm", Rhythm)
@pytest.mark.parametrize("calendar", [BusinessCalendar(), NEW_YEAR_OFF, NOBODY_IN_AUGUST])
def test_what_is_sent_next_was_the_latest_until_the_one_after_it(rhythm: Rhythm, calendar: BusinessCalendar) -> None:
    schedule, at = Schedule(rhythm, time(9), day=5), kyiv(2025, 12, 30, 23, 59)
    second = timedelta(seconds=1)
    while at < kyiv(2027, 3, 1, 0):
        sent = next_sending(schedule, at, calendar)
        assert sent > at
        assert latest_sending(schedule, sent, calendar) == sent
        assert latest_sending(schedule, next_sending(schedule, sent, calendar) - second, calendar) == sent
        at = sent


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (UsualPeriod.DAYS_7, date(2026, 2, 27), date(2026, 3, 5)),
        (UsualPeriod.MONTH_BEFORE, date(2026, 2, 1), date(2026, 2, 28)),
        (UsualPeriod.THIS_QUARTER, date(2026, 1, 1), date(2026, 3, 5)),
    ],
)
def test_a_period_moves_with_the_day_and_days_stay_as_they_are(period: UsualPeriod, first: date, last: date) -> None:
    today = date(2026, 3, 5)
    assert days_of(period, today) == (first, last)
    several = ReportFilters(definition_keys=("renewal", "sale"), months=3)
    assert ReportFilters.kept(several.as_kept()) == several
    moving, fixed = ReportFilters(period=period), ReportFilters(first=first, last=last)
    for one in (moving, fixed):
        assert ReportFilters.kept(one.as_kept()) == one
        assert one.days(today) == (first, last)
    assert fixed.days(date(2026, 9, 1)) == (first, last)
    assert moving.days(date(2026, 9, 1)) != (first, last)
