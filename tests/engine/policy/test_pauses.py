"""What a pause does to a deadline. 2026-06-05 is a Friday; people work from 9 to 13 and from 14 to 18."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn.deadline_text import parse_deadline
from engine.policy.business_calendar import DEFAULT_CALENDAR
from engine.policy.pauses import after_pause

KYIV = ZoneInfo("Europe/Kyiv")


def kyiv(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KYIV)


@pytest.mark.parametrize(
    ("due", "paused", "resumed", "expected"),
    [
        ("2026-06-08 11:00", "2026-06-05 17:00", "2026-06-10 11:00", "2026-06-10 15:00"),
        ("2026-06-08 11:00", "2026-06-05 17:00", "2026-06-13 12:00", "2026-06-15 12:00"),
        ("2026-06-08 09:00", "2026-06-05 19:00", "2026-06-06 12:00", "2026-06-08 09:00"),
        ("2026-06-08 09:00", "2026-06-06 10:00", "2026-06-13 12:00", "2026-06-15 09:00"),
        ("2026-06-10 09:00", "2026-06-06 10:00", "2026-06-07 10:00", "2026-06-10 09:00"),
        ("2026-06-09 14:00", "2026-06-06 10:00", "2026-06-07 10:00", "2026-06-09 14:00"),
    ],
    ids=[
        "what was left is left",
        "a pause that ends on a Saturday counts on from Monday",
        "due at Monday's opening, paused and resumed before it",
        "due at Monday's opening a week later",
        "due at an opening, which is no earlier closing",
        "due at the end of a break, which is not its beginning",
    ],
)
def test_a_deadline_in_working_time_moves_by_the_pause_and_stays_in_working_time(
    due: str, paused: str, resumed: str, expected: str
) -> None:
    moved = after_pause(
        parse_deadline("2 р.д."),
        kyiv(due),
        paused_at=kyiv(paused),
        resumed_at=kyiv(resumed),
        calendar=DEFAULT_CALENDAR,
    )
    assert moved == kyiv(expected)


def test_what_was_late_before_the_pause_stays_late() -> None:
    due = kyiv("2026-06-05 12:00")
    moved = after_pause(
        parse_deadline("2 р.д."),
        due,
        paused_at=kyiv("2026-06-05 15:00"),
        resumed_at=kyiv("2026-06-09 10:00"),
        calendar=DEFAULT_CALENDAR,
    )
    assert moved == due
