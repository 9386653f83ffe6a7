"""When a saved report is sent: each day, week or month at a time of the reader's own day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from engine.clock import as_utc
from engine.model.saved_report import Rhythm

LAST_DAY_OF_MONTH = 28
"""The last one that every month has."""
_LOOKED_AHEAD = 32


@dataclass(frozen=True, slots=True)
class Schedule:
    """``day`` is the day of the week, 1 for Monday, or of the month, 1 to 28; of no meaning each day."""

    rhythm: Rhythm
    at: time
    day: int = 1


def next_sending(schedule: Schedule, after: datetime, zone: tzinfo) -> datetime:
    """The first UTC instant of the schedule after ``after``, by the days of ``zone``."""
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(_LOOKED_AHEAD + 1))
    moments = (as_utc(datetime.combine(day, schedule.at, zone)) for day in days if _falls_on(schedule, day))
    return next(moment for moment in moments if moment > after)


def _falls_on(schedule: Schedule, day: date) -> bool:
    match schedule.rhythm:
        case Rhythm.DAY:
            return True
        case Rhythm.WEEK:
            return day.isoweekday() == schedule.day
        case Rhythm.MONTH:
            return day.day == schedule.day
