"""How soon a step is due, as the inbox groups it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from engine.policy.business_calendar import BusinessCalendar


class Urgency(StrEnum):
    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"  # until Sunday; on a Sunday, until the end of Monday
    LATER = "later"
    NONE = "none"  # without a deadline


@dataclass(frozen=True, slots=True)
class UrgencyBounds:
    """Instants in UTC. What is due before ``now`` is overdue; the ends are the midnights after today and the week."""

    now: datetime
    today_ends: datetime
    week_ends: datetime

    @classmethod
    def at(cls, now: datetime, calendar: BusinessCalendar) -> UrgencyBounds:
        """As of the aware instant ``now``, by the days of the calendar's zone."""
        here = calendar.local(now)
        days_left = max(7 - here.weekday(), 2)
        return cls(now, _midnight(here, 1), _midnight(here, days_left))

    def of(self, due_at: datetime | None) -> Urgency:
        if due_at is None:
            return Urgency.NONE
        if due_at < self.now:
            return Urgency.OVERDUE
        if due_at < self.today_ends:
            return Urgency.TODAY
        return Urgency.WEEK if due_at < self.week_ends else Urgency.LATER

    def span(self, urgency: Urgency) -> tuple[datetime | None, datetime | None]:
        """From when, and until before when, the deadlines of that urgency lie; None where there is no end."""
        return {
            Urgency.OVERDUE: (None, self.now),
            Urgency.TODAY: (self.now, self.today_ends),
            Urgency.WEEK: (self.today_ends, self.week_ends),
            Urgency.LATER: (self.week_ends, None),
            Urgency.NONE: (None, None),
        }[urgency]


def _midnight(here: datetime, days: int) -> datetime:
    """The midnight that begins the day so many days after that of ``here``."""
    return datetime.combine(here.date() + timedelta(days=days), time(), here.tzinfo).astimezone(UTC)
