from __future__ import annotations

import pytest

from engine.policy.distribution import eligible, least_loaded, next_in_turn


@pytest.mark.parametrize(
    ("absent", "barred", "people"),
    [((), (), (1, 2, 3)), ((2,), (), (1, 3)), ((), (1,), (2, 3)), ((2, 3), (1,), (2, 3)), ((), (1, 2, 3), ())],
)
def test_nobody_away_while_somebody_is_there_and_nobody_barred_ever(
    absent: tuple[int, ...], barred: tuple[int, ...], people: tuple[int, ...]
) -> None:
    assert eligible((3, 1, 2), absent=absent, barred=barred) == people


def test_fewest_steps_win_and_a_tie_goes_the_same_way_every_time() -> None:
    assert least_loaded((3, 1, 2), {1: 4, 2: 1, 3: 1}) == 2
    assert least_loaded((3, 1, 2), {1: 4}) == 2
    assert least_loaded((), {}) is None


def test_the_turn_goes_round_and_passes_over_who_has_left() -> None:
    assert [next_in_turn((5, 2, 9), last) for last in (None, 2, 5, 9, 3)] == [2, 5, 9, 2, 5]
    assert next_in_turn((), 4) is None
