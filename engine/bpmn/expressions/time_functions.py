"""Dates, moments and durations from their ISO 8601 texts."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from engine.bpmn.expressions.limits import MAX_TIME_TEXT
from engine.bpmn.expressions.values import Months, whole_number

_DAYS: Final = re.compile(
    r"(-)?P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})S)?)?"
)
_MONTHS: Final = re.compile(r"(-)?P(?:([0-9]{1,5})Y)?(?:([0-9]{1,5})M)?")
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def read_date(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if type(text) is str and len(text) <= MAX_TIME_TEXT else None
    except ValueError:
        return None


def read_moment(text: Any) -> datetime | None:
    """A date with a time. Without a zone in the text the moment has none, and does not compare with one that has."""
    try:
        moment = datetime.fromisoformat(text) if type(text) is str and len(text) <= MAX_TIME_TEXT else None
    except ValueError:
        return None
    return moment if read_date(text) is None else None


def read_time(text: Any) -> time | None:
    try:
        return time.fromisoformat(text) if type(text) is str and len(text) <= MAX_TIME_TEXT else None
    except ValueError:
        return None


def read_duration(text: Any) -> timedelta | Months | None:
    """``P2D``, ``PT4H``, ``-P1W`` are durations; ``P1Y6M`` are months. Both in one text (``P1M2D``) are neither."""
    if type(text) is not str or len(text) > MAX_TIME_TEXT or not text[-1:].isalpha() or text[-1] in "PT":
        return None
    if found := _MONTHS.fullmatch(text):
        sign, years, months = found.groups()
        count = int(years or 0) * 12 + int(months or 0)
        return Months(-count if sign else count)
    if found := _DAYS.fullmatch(text):
        sign, *counts = found.groups()
        weeks, days, hours, minutes, seconds = (int(count or 0) for count in counts)
        duration = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return -duration if sign else duration
    return None


def read_instant(text: Any) -> date | datetime | time | None:
    """What FEEL writes behind ``@``, durations aside."""
    return read_date(text) or read_moment(text) or read_time(text)


def to_date(*values: Any) -> date | None:
    """``date("2026-01-31")``, ``date(moment)``, ``date(2026, 1, 31)``."""
    if len(values) == 1:
        value = values[0]
        if type(value) is datetime:
            return value.date()
        return value if type(value) is date else read_date(value)
    numbers = [whole_number(value) for value in values]
    year, month, day = numbers if len(numbers) == 3 else (None, None, None)  # noqa: PLR2004  # year, month, day
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def to_moment(*values: Any) -> datetime | None:
    """``date and time("2026-01-31T10:00:00+02:00")``, ``date and time(day, time)``."""
    if len(values) == 1:
        return values[0] if type(values[0]) is datetime else read_moment(values[0])
    day, hour = values
    return datetime.combine(day, hour) if type(day) is date and type(hour) is time else None


def to_time(value: Any) -> time | None:
    if type(value) is datetime:
        return value.timetz()
    return value if type(value) is time else read_time(value)


def day_of_week(day: Any) -> str | None:
    """The English name of the weekday, as FEEL has it."""
    return WEEKDAYS[day.weekday()] if isinstance(day, date) else None
