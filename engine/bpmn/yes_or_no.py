"""The words by which owners say yes and no."""

from __future__ import annotations

SAYS_YES = frozenset({"true", "yes", "1", "y", "on", "так", "+"})
SAYS_NO = frozenset({"", "no", "false", "0", "n", "off", "none", "ні", "немає", "-", "—"})


def says_yes(text: str) -> bool:
    return text.strip().casefold() in SAYS_YES


def says_no(text: str) -> bool:
    return text.strip().casefold() in SAYS_NO
