"""Functions of numbers. Null for anything that is no number."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from typing import Any, Final

from engine.bpmn.expressions.arithmetic import calculate
from engine.bpmn.expressions.comparison import read_number
from engine.bpmn.expressions.limits import NUMBERS
from engine.bpmn.expressions.values import as_decimal, is_number, whole_number

MAX_PLACES: Final = 30


def rounding(mode: str) -> Callable[..., Decimal | None]:
    """A function that rounds a number to so many decimal places (none by default; negative: tens, hundreds)."""

    def apply(number: Any, places: Any = 0) -> Decimal | None:
        digits = whole_number(places)
        if not is_number(number) or digits is None or abs(digits) > MAX_PLACES:
            return None
        try:
            return as_decimal(number).quantize(Decimal(1).scaleb(-digits), rounding=mode, context=NUMBERS)
        except DecimalException:
            return None

    return apply


floor = rounding(ROUND_FLOOR)
ceiling = rounding(ROUND_CEILING)
round_half_up = rounding(ROUND_HALF_UP)
round_half_even = rounding(ROUND_HALF_EVEN)
round_up = rounding(ROUND_UP)
round_down = rounding(ROUND_DOWN)


def absolute(number: Any) -> Decimal | None:
    return NUMBERS.abs(as_decimal(number)) if is_number(number) else None


def modulo(left: Any, right: Any) -> Any:
    return calculate("%", left, right)


def to_number(value: Any) -> Any:
    if is_number(value):
        return value
    return read_number(value.strip()) if type(value) is str else None


def to_whole_number(value: Any) -> Any:
    """Python's ``int``: a number or the text of one, its fraction cut off."""
    return round_down(to_number(value))
