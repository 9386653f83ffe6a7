from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.policy.business_calendar import BusinessCalendar
from engine.policy.urgency import Urgency, UrgencyBounds

MONDAY_NOON = datetime(2026, 3, 16, 10, tzinfo=UTC)
SUNDAY_NOON = datetime(2026, 3, 22, 10, tzinfo=UTC)
IN_KYIV = BusinessCalendar()


@pytest.mark.parametrize(
    ("now", "due_at", "wanted"),
    [
        (MONDAY_NOON, MONDAY_NOON - timedelta(minutes=1), Urgency.OVERDUE),
        (MONDAY_NOON, MONDAY_NOON, Urgency.TODAY),
        (MONDAY_NOON, datetime(2026, 3, 16, 21, 59, tzinfo=UTC), Urgency.TODAY),
        (MONDAY_NOON, datetime(2026, 3, 16, 22, tzinfo=UTC), Urgency.WEEK),
        (MONDAY_NOON, datetime(2026, 3, 22, 21, 59, tzinfo=UTC), Urgency.WEEK),
        (MONDAY_NOON, datetime(2026, 3, 22, 22, tzinfo=UTC), Urgency.LATER),
        (MONDAY_NOON, None, Urgency.NONE),
        (SUNDAY_NOON, datetime(2026, 3, 23, 20, tzinfo=UTC), Urgency.WEEK),
        (SUNDAY_NOON, datetime(2026, 3, 23, 22, tzinfo=UTC), Urgency.LATER),
    ],
)
def test_a_deadline_belongs_to_the_group_in_which_people_look_for_it(
    now: datetime, due_at: datetime | None, wanted: Urgency
) -> None:
    assert UrgencyBounds.at(now, IN_KYIV).of(due_at) is wanted


def test_a_week_in_which_the_clocks_change_ends_at_midnight_all_the_same() -> None:
    bounds = UrgencyBounds.at(datetime(2026, 3, 27, 10, tzinfo=UTC), IN_KYIV)
    assert bounds.week_ends == datetime(2026, 3, 29, 21, tzinfo=UTC)
