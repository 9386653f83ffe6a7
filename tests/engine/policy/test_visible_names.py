from __future__ import annotations

import pytest

from engine.policy.visible_names import is_invisible


@pytest.mark.parametrize("name", ["", " ", "\u200b\u200d", "\u202e \u2066", "\n\t", "\u3164", "\u2800\u00ad"])
def test_what_is_drawn_as_nothing_is_no_name(name: str) -> None:
    assert is_invisible(name)


@pytest.mark.parametrize("name", ["Я", "№", "…", "👩\u200d👧", "\u202eгод", "[\u200b"])
def test_a_single_sign_that_is_seen_is_enough(name: str) -> None:
    assert not is_invisible(name)
