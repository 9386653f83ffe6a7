"""Where the choices of random maps come from."""

from __future__ import annotations

import random
from typing import Protocol

from hypothesis import strategies as st


class Chance(Protocol):
    """Where choices come from."""

    def between(self, least: int, most: int) -> int: ...


class Hypothesis:
    """Choices that hypothesis makes, and makes simpler when something fails."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def between(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))


class Dice:
    """Choices by a seed, where nothing has to be shrunk."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # reproducible, not secret

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)
