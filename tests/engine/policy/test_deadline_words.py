"""How deadlines are told."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn.deadline_text import parse_deadline
from engine.policy.business_calendar import DEFAULT_CALENDAR
from engine.policy.deadline_words import (
    DeadlineKind,
    DeadlinePhrase,
    Words,
    WorkingUnit,
    deadline_phrase,
    describe_rule,
)

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=ZoneInfo("Europe/Kyiv"))  # a Wednesday
DAYS, HOURS, MINUTES = WorkingUnit.WORKING_DAYS, WorkingUnit.WORKING_HOURS, WorkingUnit.MINUTES


@pytest.mark.parametrize(
    ("due", "kind", "quantity", "unit"),
    [
        ("2026-06-03 17:30", DeadlineKind.TODAY, 4, HOURS),
        ("2026-06-03 12:20", DeadlineKind.TODAY, 20, MINUTES),
        ("2026-06-04 12:00", DeadlineKind.TOMORROW, 1, DAYS),
        ("2026-06-05 12:00", DeadlineKind.THIS_WEEK, 2, DAYS),
        ("2026-06-07 12:00", DeadlineKind.THIS_WEEK, 2, DAYS),
        ("2026-06-08 12:00", DeadlineKind.LATER, 3, DAYS),
        ("2027-06-02 12:00", DeadlineKind.LATER, 260, DAYS),
        ("2026-06-01 12:00", DeadlineKind.OVERDUE, 2, DAYS),
        ("2026-06-03 10:30", DeadlineKind.OVERDUE, 1, HOURS),
        ("2026-06-03 11:59", DeadlineKind.OVERDUE, 1, MINUTES),
        ("2026-06-03 12:00", DeadlineKind.TODAY, 0, MINUTES),
    ],
)
def test_a_deadline_is_told_as_people_say_it(due: str, kind: DeadlineKind, quantity: int, unit: WorkingUnit) -> None:
    local = datetime.fromisoformat(due).replace(tzinfo=NOW.tzinfo)
    assert deadline_phrase(local, NOW, DEFAULT_CALENDAR) == DeadlinePhrase(kind, quantity, unit, local)


def test_a_weekend_does_not_make_a_step_later() -> None:
    friday, sunday = NOW.replace(day=5, hour=18), NOW.replace(day=7)
    phrase = deadline_phrase(friday, sunday, DEFAULT_CALENDAR)
    assert (phrase.kind, phrase.quantity, phrase.unit) == (DeadlineKind.OVERDUE, 0, MINUTES)


def test_the_last_week_of_a_year_goes_on_in_january() -> None:
    now = NOW.replace(year=2026, month=12, day=29)
    phrase = deadline_phrase(now.replace(year=2027, month=1, day=1), now, DEFAULT_CALENDAR)
    assert phrase.kind is DeadlineKind.THIS_WEEK


def test_no_deadline_is_told_as_none() -> None:
    assert deadline_phrase(None, NOW, DEFAULT_CALENDAR) == DeadlinePhrase(DeadlineKind.NONE)


def english(words: Words) -> str:
    """Fills the templates as the edge does, in English."""

    def filled(value: object) -> object:
        if isinstance(value, Words):
            return english(value)
        return " ".join(english(one) for one in value) if isinstance(value, tuple) else value

    template = words.plural if words.plural and words.params["count"] != 1 else words.template
    return template % {name: filled(value) for name, value in words.params.items()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3 р.д.", "3 working days"),
        ("1 р.д. 4 год", "1 working day 4 working hours"),
        ("P1Y2M", "1 year 2 months"),
        ("36 hours", "36 hours"),
        ("1 год 30 хв", "1 hour 30 minutes"),
        ("до 18:00", "by 18:00"),
        ("щоп'ятниці 9:05", "by 09:05 on Friday"),
        ("31.12.2026 18:00", "by 2026-12-31 18:00:00"),
        ("=deal.close_date - 3 р.д.", "3 working days before “deal.close_date”"),
        ("=deal.close_date + 1 тиждень", "7 days after “deal.close_date”"),
        ("=deal.close_date", "on the date in “deal.close_date”"),
    ],
)
def test_what_was_understood_is_told_back(text: str, told: str) -> None:
    assert english(describe_rule(parse_deadline(text))) == told
