from __future__ import annotations

import pytest

from engine.policy.browser_names import browser_name

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox, Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
        (f"{_IPHONE} Version/17.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        (f"{_IPHONE} CriOS/130.0 Mobile/15E148 Safari/604.1", "Chrome, iPhone"),
        ("python-requests/2.32.3", "python-requests/2.32.3"),
        ("<script>alert(1)</script>", ""),
        ("x" * 10_000, "x" * 40),
        ("", ""),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
