"""When a saved report is sent: each day, week or month at a time of the reader's own day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.clock import as_utc
from engine.model.saved_report import Rhythm
from engine.policy.business_calendar import BusinessCalendar

LAST_DAY_OF_MONTH = 28
"""The last one that every month has."""
_LOOKED_AT = 62
"""Days: more than lie between two sendings, the last working days of two months among them."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """``day`` is the day of the week, 1 for Monday, or of the month, 1 to 28; of no meaning in the other rhythms."""

    rhythm: Rhythm
    at: time
    day: int = 1


def next_sending(schedule: Schedule, after: datetime, calendar: BusinessCalendar) -> datetime:
    """The first UTC instant of the schedule after ``after``, by the days and the zone of ``calendar``."""
    today = after.astimezone(calendar.tzinfo).date()
    days = (today + timedelta(days=number) for number in range(_LOOKED_AT + 1))
    return next(moment for moment in _moments(schedule, days, calendar) if moment > after)


def latest_sending(schedule: Schedule, until: datetime, calendar: BusinessCalendar) -> datetime:
    """The last UTC instant of the schedule up to ``until``, included: of several missed ones, the one to send."""
    today = until.astimezone(calendar.tzinfo).date()
    days = (today - timedelta(days=number) for number in range(_LOOKED_AT + 1))
    return next(moment for moment in _moments(schedule, days, calendar) if moment <= until)


def _moments(schedule: Schedule, days: Iterator[date], calendar: BusinessCalendar) -> Iterator[datetime]:
    for day in days:
        if _falls_on(schedule, day, calendar):
            yield as_utc(datetime.combine(day, schedule.at, calendar.tzinfo))


def _falls_on(schedule: Schedule, day: date, calendar: BusinessCalendar) -> bool:
    match schedule.rhythm:
        case Rhythm.DAY:
            return True
        case Rhythm.WEEK:
            return day.isoweekday() == schedule.day
        case Rhythm.MONTH:
            return day.day == schedule.day
        case Rhythm.MONTH_END:
            return day == _last_of_month(day)
        case Rhythm.LAST_WORKING_DAY:
            return day == _last_working_day(day, calendar)


def _last_of_month(day: date) -> date:
    return (day.replace(day=LAST_DAY_OF_MONTH) + timedelta(days=4)).replace(day=1) - _ONE_DAY


def _last_working_day(day: date, calendar: BusinessCalendar) -> date:
    """Of the month of ``day``; its last day where nobody works in it at all."""
    last = _last_of_month(day)
    days = (last - timedelta(days=number) for number in range(last.day))
    return next((one for one in days if calendar.is_working_day(one)), last)
