"""The public holidays of Ukraine, offered to whoever edits a calendar.

Under martial law holidays are working days (Law of Ukraine 2136-IX of 15 March 2022, article 6), so none of them is
in a calendar by itself: a company adds those that it keeps, and its own.
"""

from __future__ import annotations

from datetime import date


def ukrainian_holidays(year: int) -> tuple[tuple[date, str], ...]:
    """Dates and Ukrainian names of the holidays of ``year``, days off or not, in order."""
    import holidays  # noqa: PLC0415  # large to load, and few edit a calendar

    listed = holidays.country_holidays("UA", years=year, language="uk", categories=("public", "workday"))
    return tuple(sorted((day, name) for day, name in listed.items() if day.year == year))
