"""Periods as people ask about them, which move with the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

MOST_MAPS = 50
"""Of a saved forecast; one of all maps has no limit."""


class UsualPeriod(StrEnum):
    """Each lasts up to today, but the month that is over."""

    DAYS_7 = "days_7"
    THIS_MONTH = "this_month"
    MONTH_BEFORE = "month_before"
    THIS_QUARTER = "this_quarter"
    DAYS_90 = "days_90"
    THIS_YEAR = "this_year"


def days_of(period: UsualPeriod, today: date) -> tuple[date, date]:
    """The first and the last day, both included."""
    month = today.replace(day=1)
    match period:
        case UsualPeriod.DAYS_7:
            return today - timedelta(days=6), today
        case UsualPeriod.THIS_MONTH:
            return month, today
        case UsualPeriod.MONTH_BEFORE:
            last = month - timedelta(days=1)
            return last.replace(day=1), last
        case UsualPeriod.THIS_QUARTER:
            return today.replace(month=today.month - (today.month - 1) % 3, day=1), today
        case UsualPeriod.DAYS_90:
            return today - timedelta(days=89), today
        case UsualPeriod.THIS_YEAR:
            return today.replace(month=1, day=1), today


@dataclass(frozen=True, slots=True)
class ReportFilters:
    """What a report is narrowed by. ``definition_key`` and ``group_by`` are empty where the report has none.

    A forecast is of ``definition_keys`` where it is of several maps; with one map, or none for all, these are empty.
    ``period`` moves with the day; without one the days from ``first`` to ``last`` stay as they are. A forecast has
    ``months`` months from the one ``months_on`` after that of today.
    """

    definition_key: str = ""
    group_by: str = ""
    period: UsualPeriod | None = None
    first: date | None = None
    last: date | None = None
    months_on: int = 0
    months: int = 0
    definition_keys: tuple[str, ...] = ()

    @classmethod
    def kept(cls, given: Mapping[str, Any]) -> ReportFilters:
        """From what ``as_kept`` made."""
        return cls(
            definition_key=given["definition_key"],
            group_by=given["group_by"],
            period=UsualPeriod(given["period"]) if given["period"] else None,
            first=date.fromisoformat(given["first"]) if given["first"] else None,
            last=date.fromisoformat(given["last"]) if given["last"] else None,
            months_on=given["months_on"],
            months=given["months"],
            definition_keys=tuple(given.get("definition_keys", ())),  # of reports saved before there were several: none
        )

    @property
    def maps(self) -> tuple[str, ...]:
        """The maps of a forecast; none: all that its reader sees a deal of."""
        return self.definition_keys or ((self.definition_key,) if self.definition_key else ())

    def as_kept(self) -> dict[str, Any]:
        """What JSON can hold."""
        return {
            "definition_key": self.definition_key,
            "group_by": self.group_by,
            "period": self.period.value if self.period is not None else None,
            "first": self.first.isoformat() if self.first is not None else None,
            "last": self.last.isoformat() if self.last is not None else None,
            "months_on": self.months_on,
            "months": self.months,
            "definition_keys": list(self.definition_keys),
        }

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day as of ``today``; without any said, the last 90 days."""
        if self.period is None and self.first is not None and self.last is not None:
            return self.first, self.last
        return days_of(self.period or UsualPeriod.DAYS_90, today)
