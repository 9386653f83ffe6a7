"""Which rung of the ladder is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.deadline_rules import EscalationAction
from engine.bpmn.deadline_text import parse_ladder
from engine.policy.business_calendar import DEFAULT_CALENDAR
from engine.policy.escalation_ladder import (
    DEFAULT_LADDER,
    next_escalation_at,
    reached_by_deeds,
    reached_on,
    rungs_due,
)

KYIV = ZoneInfo("Europe/Kyiv")
DUE = datetime(2026, 6, 5, 11, 0, tzinfo=KYIV)  # a Friday
REMIND, TELL, REASSIGN = (
    datetime(2026, 6, 4, 16, 0, tzinfo=KYIV),
    DUE,
    datetime(2026, 6, 8, 11, 0, tzinfo=KYIV),
)
_RUNGS = (
    "нагадати за 4 роб. год",
    "нагадати за 2 р.д.",
    "керівнику в строк",
    "керівнику через 3 роб. год",
    "передати керівнику через 1 р.д.",
)
A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "reached", "due"),
    [
        (REMIND - A_MOMENT, 0, []),
        (REMIND, 0, ["remind"]),
        (REMIND, 1, []),
        (TELL, 1, ["head"]),
        (TELL, 0, ["remind", "head"]),
        (REASSIGN - A_MOMENT, 2, []),
        (REASSIGN, 2, ["reassign"]),
        (REASSIGN + timedelta(days=30), 0, ["remind", "head", "reassign"]),  # the server was down
        (REASSIGN + timedelta(days=30), 3, []),
    ],
)
def test_rungs_come_in_order_and_each_once(now: datetime, reached: int, due: list[str]) -> None:
    climbed = rungs_due(DEFAULT_LADDER, DUE, DEFAULT_CALENDAR, reached, now)
    assert [level.action.value for _, level, _ in climbed] == due
    assert [index for index, _, _ in climbed] == list(range(reached, reached + len(due)))


@pytest.mark.parametrize(("reached", "at"), [(0, REMIND), (1, TELL), (2, REASSIGN), (3, None)])
def test_the_next_moment_is_known(reached: int, at: datetime | None) -> None:
    assert next_escalation_at(DEFAULT_LADDER, DUE, DEFAULT_CALENDAR, reached) == at


def test_a_deadline_moved_later_does_not_repeat_what_was_reached() -> None:
    moved = DUE + timedelta(days=7)
    assert rungs_due(DEFAULT_LADDER, moved, DEFAULT_CALENDAR, 2, moved) == []
    assert next_escalation_at(DEFAULT_LADDER, moved, DEFAULT_CALENDAR, 2) == REASSIGN + timedelta(days=7)


def test_rungs_written_out_of_order_are_climbed_in_order() -> None:
    ladder = parse_ladder("передати керівнику через 1 р.д.; керівнику в строк; нагадати за 4 роб. год")
    climbed = rungs_due(ladder, DUE, DEFAULT_CALENDAR, 0, REASSIGN)
    assert [(index, at) for index, _, at in climbed] == [(0, REMIND), (1, TELL), (2, REASSIGN)]


def test_a_reminder_before_the_step_was_opened_is_left_out() -> None:
    opened = DUE - timedelta(hours=1)
    assert next_escalation_at(DEFAULT_LADDER, DUE, DEFAULT_CALENDAR, 0, opened_at=opened) == TELL
    climbed = rungs_due(DEFAULT_LADDER, DUE, DEFAULT_CALENDAR, 0, TELL, opened_at=opened)
    assert [index for index, _, _ in climbed] == [1]


@given(
    st.lists(st.sampled_from(_RUNGS), max_size=4).map("; ".join),
    st.integers(0, 14 * 24 * 60).map(lambda minutes: DUE + timedelta(minutes=minutes)),
    st.none() | st.integers(-3 * 24 * 60, 24 * 60),
)
def test_what_a_step_waits_for_first_is_the_first_of_all_rungs(words: str, due: datetime, opened: int | None) -> None:
    ladder = parse_ladder(words or "без ескалації")
    opened_at = due + timedelta(minutes=opened) if opened is not None else None
    at_some_time = due + timedelta(days=365)
    climbed = rungs_due(ladder, due, DEFAULT_CALENDAR, 0, at_some_time, opened_at=opened_at)
    first = next_escalation_at(ladder, due, DEFAULT_CALENDAR, 0, opened_at=opened_at)
    assert first == (climbed[0][2] if climbed else None)


_ONCE, _SOON, _AGAIN, _ON = _RUNGS[0], _RUNGS[2], _RUNGS[3], _RUNGS[4]  # remind, tell, tell once more, hand on


@pytest.mark.parametrize(
    ("former", "reached", "ladder", "behind"),
    [
        ((_ONCE, _SOON, _ON), 2, (_ONCE, _SOON, _ON), 2),
        ((_SOON,), 1, (_SOON, _AGAIN), 1),  # a rung that was added is still to come
        ((_SOON,), 1, (_ONCE, _SOON), 2),  # nobody is told twice
        ((_ONCE, _SOON), 1, (_SOON, _ON), 0),  # nobody is left out
        ((_ONCE, _SOON, _AGAIN), 3, (_ONCE, _SOON), 2),
        ((_SOON,), 1, (_ON,), 0),
    ],
)
def test_on_another_ladder_what_was_done_is_behind_and_what_was_not_is_still_to_come(
    former: tuple[str, ...], reached: int, ladder: tuple[str, ...], behind: int
) -> None:
    before, now = parse_ladder("; ".join(former)), parse_ladder("; ".join(ladder))
    assert reached_on(now, before, reached, DUE, DEFAULT_CALENDAR) == behind


_REMIND, _TELL = EscalationAction.REMIND, EscalationAction.TELL_HEAD


@pytest.mark.parametrize(
    ("ladder", "reached", "done", "behind"),
    [
        ((_ONCE, _SOON, _AGAIN, _ON), 4, {_REMIND: 1, _TELL: 2}, 4),
        ((_ONCE, _SOON, _ON), 2, {_TELL: 1}, 2),  # opened too late for the reminder
        ((_SOON, _ON), 2, {_TELL: 1}, 2),  # nobody stands above: it was handed to nobody, and that is no mark
        ((_ONCE, _SOON, _ON), 1, {_TELL: 1}, 2),  # a reminder came in front
        ((_SOON, _ON), 1, {_REMIND: 1}, 0),  # the reminder went
        ((_SOON, _AGAIN), 1, {_REMIND: 1, _TELL: 1}, 1),
        ((_SOON,), 3, {_REMIND: 1, _TELL: 1}, 3),  # a longer one may come back
        ((_SOON,), 3, {_REMIND: 3}, 0),
        ((_SOON, _ON), 2, {_REMIND: 2}, 2),  # whether it was handed on is not known: not once more
    ],
)
def test_what_is_behind_a_step_is_what_it_has_seen_whatever_the_ladder_was(
    ladder: tuple[str, ...], reached: int, done: dict[EscalationAction, int], behind: int
) -> None:
    assert reached_by_deeds(parse_ladder("; ".join(ladder)), DUE, DEFAULT_CALENDAR, reached, done) == behind


def test_a_ladder_without_rungs_never_escalates() -> None:
    assert next_escalation_at(parse_ladder("без ескалації"), DUE, DEFAULT_CALENDAR, 0) is None


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=12))
def test_however_often_the_clock_is_looked_at_every_rung_is_climbed_exactly_once(pauses: list[int]) -> None:
    now, reached, climbed = REMIND - timedelta(days=1), 0, []
    for pause in [*pauses, 20_000]:
        now += timedelta(minutes=pause)
        for index, _, at in rungs_due(DEFAULT_LADDER, DUE, DEFAULT_CALENDAR, reached, now):
            assert at <= now
            climbed.append(index)
            reached = index + 1
    assert climbed == [0, 1, 2]
