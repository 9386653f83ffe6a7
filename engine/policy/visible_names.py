"""Names that can be seen: a deal whose title is made of joiners and fillers alone is a link that nobody can press."""

from __future__ import annotations

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs, as Unicode counts them, that are drawn as nothing."""


def is_invisible(name: str) -> bool:
    """Whether nothing of ``name`` is drawn: spaces, marks that only steer how others are written, fillers."""
    return not any(letter.isprintable() and letter != " " and letter not in _FILLERS for letter in name)
