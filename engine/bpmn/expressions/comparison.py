"""Equal, before, after, in a range. Values of different kinds do not compare: the answer is null, not false."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.bpmn.expressions.budget import Budget, weight
from engine.bpmn.expressions.limits import NUMBERS
from engine.bpmn.expressions.time_functions import read_instant
from engine.bpmn.expressions.values import NUMBER_TYPES, Months, Range, admit, is_number, short_list

ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ORDERED_TYPES: Final = frozenset({str, date, datetime, time, timedelta, Months})
INSTANT_TYPES: Final = frozenset({date, datetime, time})
TRUTH_TEXTS: Final = {"true": True, "false": False}


def order(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    """``compare`` applied to two numbers, texts, dates, moments or durations; null for anything else.

    A text in ISO 8601 beside a date or a moment is read as one; a moment with a zone does not compare with one without.
    """
    left, right = _align(left, right)
    kind = type(left)
    if (kind in NUMBER_TYPES and type(right) in NUMBER_TYPES) or (kind is type(right) and kind in ORDERED_TYPES):
        try:
            return compare(left, right)
        except TypeError:
            return None
    return None


def equal(left: Any, right: Any, budget: Budget) -> bool | None:
    """Null equals null only. Lists and dicts are compared whole. Null for values of different kinds."""
    if left is None or right is None:
        return left is right
    left, right = _align(left, right)
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return None
    return _equal_alike(left, right, budget)


def _equal_alike(left: Any, right: Any, budget: Budget) -> bool | None:
    kind = type(left)
    if kind is list:
        return _equal_lists(left, right, budget)
    if kind is dict:
        return _equal_dicts(left, right, budget)
    if kind is datetime and (left.tzinfo is None) is not (right.tzinfo is None):
        return None
    return bool(left == right)


def coerce(left: Any, right: Any) -> tuple[Any, Any]:
    """JUEL's way: beside a yes/no the texts "true" and "false" are read so, beside a number the text of one."""
    if type(left) is str and type(right) is not str:
        return _coerce_text(left, right), right
    if type(right) is str and type(left) is not str:
        return left, _coerce_text(right, left)
    return left, right


def _coerce_text(text: str, beside: Any) -> Any:
    if type(beside) is bool:
        return TRUTH_TEXTS.get(text.lower(), text)
    if is_number(beside):
        number = read_number(text)
        return text if number is None else number
    return text


def read_number(text: str) -> Decimal | None:
    """A number in digits with an optional sign and a decimal point, at most 34 digits."""
    digits = text.removeprefix("-")
    whole, point, fraction = digits.partition(".")
    figures = whole + fraction
    if not (figures.isascii() and figures.isdigit() and whole) or (point and not fraction):
        return None
    if len(figures) > NUMBERS.prec:
        return None
    return Decimal(text)


def within(value: Any, span: Range) -> bool | None:
    above = order(operator.ge if span.low_included else operator.gt, value, span.low)
    below = order(operator.le if span.high_included else operator.lt, value, span.high)
    if above is None or below is None:
        return None
    return above and below


def belongs(value: Any, to: Any, budget: Budget, *, within_text: bool) -> bool | None:
    """``value in to``: inside a range, an item of a list, a key of a dict, a part of a text (not in FEEL), or equal."""
    kind = type(to)
    if kind is Range:
        return within(value, to)
    if kind is list:
        return any_equal(value, to, budget)
    if kind is dict and type(value) is str:
        return value in to
    if within_text and kind is str and type(value) is str:
        budget.spend(weight(to))
        return value in to
    return equal(value, to, budget)


def any_equal(value: Any, items: list[Any], budget: Budget) -> bool:
    budget.spend(weight(items))
    for item in short_list(items) or ():
        found = within(value, item) if type(item) is Range else equal(value, item, budget)
        if found is True:
            return True
    return False


def _align(left: Any, right: Any) -> tuple[Any, Any]:
    if type(left) in INSTANT_TYPES and type(right) is str:
        return left, _instant_like(left, right)
    if type(right) in INSTANT_TYPES and type(left) is str:
        return _instant_like(right, left), right
    return left, right


def _instant_like(example: Any, text: str) -> Any:
    instant = read_instant(text)
    return instant if type(instant) is type(example) else text


def _equal_lists(left: list[Any], right: list[Any], budget: Budget) -> bool:
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        budget.spend(1)
        if equal(admit(one), admit(other), budget) is not True:
            return False
    return True


def _equal_dicts(left: dict[str, Any], right: dict[str, Any], budget: Budget) -> bool:
    if len(left) != len(right):
        return False
    for key, value in left.items():
        budget.spend(1)
        if key not in right or equal(admit(value), admit(right[key]), budget) is not True:
            return False
    return True
