"""Periods as people choose them: a first and a last day, on the calendar of this installation's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.errors import N_
from webui.i18n import zone

_YEARS = range(1900, 2200)
"""Of others no clock knows the moments everywhere: the first of them begins before time does, seen from Kyiv."""

BACK = timedelta(days=89)
"""Before today begins the period that is shown until another one is chosen: 90 days with today."""


def iso_date(text: str) -> date | None:
    """The day that a date input sends; None for an empty one, and for what is no day of these centuries."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


@dataclass(frozen=True, slots=True)
class Period:
    """``first`` and ``last`` are days, both included."""

    label: str
    first: date
    last: date


def usual_periods(today: date) -> tuple[Period, ...]:
    """Those that people ask about most, each up to today but the month that is over."""
    month = today.replace(day=1)
    quarter = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    return (
        Period(N_("This month"), month, today),
        Period(N_("The month before"), month_before, month - timedelta(days=1)),
        Period(N_("This quarter"), quarter, today),
        Period(N_("90 days"), today - BACK, today),
        Period(N_("This year"), today.replace(month=1, day=1), today),
    )


def start_of(day: date | None) -> datetime | None:
    """The first moment of the period's first day."""
    return datetime.combine(day, time(), zone()) if day is not None else None


def end_of(day: date | None) -> datetime | None:
    """The first moment after the period's last day."""
    return datetime.combine(day + timedelta(days=1), time(), zone()) if day is not None else None
