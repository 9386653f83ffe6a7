"""Periods as people choose them: a first and a last day, on the calendar of this installation's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.errors import N_
from engine.policy.report_periods import UsualPeriod, days_of
from webui.i18n import zone

_YEARS = range(1900, 2200)
"""Of others no clock knows the moments everywhere: the first of them begins before time does, seen from Kyiv."""

PERIODS = {
    UsualPeriod.DAYS_7: N_("7 days"),
    UsualPeriod.THIS_MONTH: N_("This month"),
    UsualPeriod.MONTH_BEFORE: N_("The month before"),
    UsualPeriod.THIS_QUARTER: N_("This quarter"),
    UsualPeriod.DAYS_90: N_("90 days"),
    UsualPeriod.THIS_YEAR: N_("This year"),
}
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
    usual: UsualPeriod


def usual_periods(today: date) -> tuple[Period, ...]:
    """Those that people ask about most, each up to today but the month that is over."""
    return tuple(Period(label, *days_of(period, today), period) for period, label in PERIODS.items())


def start_of(day: date | None) -> datetime | None:
    """The first moment of the period's first day."""
    return datetime.combine(day, time(), zone()) if day is not None else None


def end_of(day: date | None) -> datetime | None:
    """The first moment after the period's last day."""
    return datetime.combine(day + timedelta(days=1), time(), zone()) if day is not None else None
