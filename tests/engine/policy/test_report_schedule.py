from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from engine.model.saved_report import Rhythm
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.report_periods import ReportFilters, UsualPeriod, days_of
from engine.policy.report_schedule import Schedule, next_sending

KYIV = ZoneInfo("Europe/Kyiv")


def kyiv(*parts: int) -> datetime:
    year, month, day, hour, *minute = parts
    return datetime(year, month, day, hour, *minute, tzinfo=KYIV)


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
    moving, fixed = ReportFilters(period=period), ReportFilters(first=first, last=last)
    for one in (moving, fixed):
        assert ReportFilters.kept(one.as_kept()) == one
        assert one.days(today) == (first, last)
    assert fixed.days(date(2026, 9, 1)) == (first, last)
    assert moving.days(date(2026, 9, 1)) != (first, last)
