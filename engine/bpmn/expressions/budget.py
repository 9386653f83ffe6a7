"""What one evaluation may still do, and the values of its loop variables."""

from __future__ import annotations

from typing import Any

from engine.bpmn.expressions.failures import TooManySteps
from engine.bpmn.expressions.limits import MAX_TICKS


class Budget:
    """Ticks left; running out raises ``TooManySteps``. ``loop_values`` has a place for each loop variable."""

    __slots__ = ("loop_values", "ticks")

    def __init__(self, loops: int = 0) -> None:
        self.ticks = MAX_TICKS
        if loops:
            self.loop_values: list[Any] = [None] * loops

    def spend(self, ticks: int) -> None:
        self.ticks -= ticks
        if self.ticks < 0:
            raise TooManySteps(limit=MAX_TICKS)


class SharedBudget(Budget):
    """What many expressions may do together: the cells of a decision table and of those that it needs."""

    __slots__ = ("limit",)

    def __init__(self, ticks: int, loops: int) -> None:
        super().__init__(loops)
        self.ticks = self.limit = ticks

    def spend(self, ticks: int) -> None:
        self.ticks -= ticks
        if self.ticks < 0:
            raise TooManySteps(limit=self.limit)


def weight(value: object) -> int:
    """Ticks for walking through a text or a list once."""
    if type(value) is str:
        return len(value) >> 4
    if type(value) is list:
        return len(value) >> 1
    return 0
