"""Periods as people choose them: a first and a last day, on the calendar of this installation's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from webui.i18n import zone


def iso_date(text: str) -> date | None:
    """The day that a date input sends; None for an empty one, and for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def start_of(day: date | None) -> datetime | None:
    """The first moment of the period's first day."""
    return datetime.combine(day, time(), zone()) if day is not None else None


def end_of(day: date | None) -> datetime | None:
    """The first moment after the period's last day."""
    return datetime.combine(day + timedelta(days=1), time(), zone()) if day is not None and day < date.max else None
