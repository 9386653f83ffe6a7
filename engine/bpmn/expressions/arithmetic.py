"""Sums of numbers, texts, dates and durations. What cannot be computed (division by zero, say) is null, as in FEEL."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any, Final

from engine.bpmn.expressions.failures import ValueTooLarge
from engine.bpmn.expressions.limits import MAX_POWER, MAX_TEXT_MADE, NUMBERS
from engine.bpmn.expressions.values import Months, as_decimal, is_number

MONTHS_IN_A_YEAR: Final = 12


def modulo(left: Decimal, right: Decimal) -> Decimal:
    """The remainder with the sign of the divisor, as FEEL and Python define it."""
    remainder = NUMBERS.remainder(left, right)
    return NUMBERS.add(remainder, right) if remainder and (remainder < 0) != (right < 0) else remainder


def power(left: Decimal, right: Decimal) -> Decimal:
    if abs(right) > MAX_POWER:
        raise ValueTooLarge
    return NUMBERS.power(left, right)


OPERATIONS: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "%": modulo,
    "**": power,
}


def calculate(symbol: str, left: Any, right: Any) -> Any:
    """``left symbol right``, or null for values that have no such operation."""
    if is_number(left) and is_number(right):
        try:
            return OPERATIONS[symbol](as_decimal(left), as_decimal(right))
        except DecimalException:
            return None
    if symbol == "+":
        return _add(left, right)
    if symbol == "-":
        return _subtract(left, right)
    return None


def negate(value: Any) -> Any:
    if is_number(value):
        return NUMBERS.minus(as_decimal(value))
    if type(value) is timedelta:
        return _within_time(lambda: -value)
    return Months(-value.count) if type(value) is Months else None


def _add(left: Any, right: Any) -> Any:
    if type(left) is str and type(right) is str:
        if len(left) + len(right) > MAX_TEXT_MADE:
            raise ValueTooLarge
        return left + right
    if isinstance(right, date):
        left, right = right, left
    if type(right) is Months:
        if isinstance(left, date):
            return add_months(left, right.count)
        return Months(left.count + right.count) if type(left) is Months else None
    if type(right) is timedelta and isinstance(left, date | timedelta):
        return _within_time(lambda: left + right)
    return None


def _subtract(left: Any, right: Any) -> Any:
    if type(right) in {Months, timedelta}:
        return _add(left, negate(right))
    if isinstance(left, date) and type(left) is type(right):
        return _within_time(lambda: left - right)
    return None


def _within_time(compute: Callable[[], Any]) -> Any:
    """Null beyond the years 1 to 9999, and for moments of which only one has a zone."""
    try:
        return compute()
    except (OverflowError, TypeError):
        return None


def add_months(start: date | datetime, months: int) -> date | datetime | None:
    """The same day of another month, or the month's last day where it has no such day."""
    year, month = divmod(start.year * MONTHS_IN_A_YEAR + start.month - 1 + months, MONTHS_IN_A_YEAR)
    if not date.min.year <= year <= date.max.year:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))
