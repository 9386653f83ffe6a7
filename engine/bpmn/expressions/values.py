"""Which values may enter an expression and leave it. Objects never do: there is nothing to reach through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any, Final

from engine.bpmn.expressions.budget import Budget, weight
from engine.bpmn.expressions.failures import DataNestedTooDeeply, ValueNotAllowed, ValueTooLarge
from engine.bpmn.expressions.limits import (
    MAX_DECIMAL_EXPONENT,
    MAX_DEPTH,
    MAX_INTEGER_BITS,
    MAX_ITEMS,
    MAX_RESULT_NODES,
    MAX_TEXT_READ,
    NUMBERS,
)
from engine.errors import N_


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """FEEL's "years and months duration": it has no length in days until it is added to a date."""

    count: int


@dataclass(frozen=True, slots=True)
class Range:
    low: Any
    high: Any
    low_included: bool
    high_included: bool


TEXT: Final = N_("a text")
_KINDS: Final[Mapping[type, str]] = {
    str: TEXT,
    bool: N_("a yes or no"),
    int: N_("a number"),
    Decimal: N_("a number"),
    float: N_("a number"),
    date: N_("a date"),
    datetime: N_("a date with a time"),
    time: N_("a time of day"),
    timedelta: N_("a duration"),
    Months: N_("a duration"),
    Range: N_("a range"),
    list: N_("a list"),
    tuple: N_("a list"),
    dict: N_("a group of values"),
}
AS_THEY_ARE: Final = frozenset({bool, NoneType, date, datetime, time, timedelta, dict, list, Months, Range})
NUMBER_TYPES: Final = frozenset({int, Decimal})
DATE_FIELDS: Final[dict[str, Callable[[date], int]]] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "weekday": lambda day: day.isoweekday(),  # FEEL: Monday is 1
}
MOMENT_FIELDS: Final[dict[str, Callable[[datetime], int]]] = {
    **DATE_FIELDS,
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
}


def kind_of(value: object) -> str:
    """The kind of a value, marked for translation."""
    if value is None:
        return N_("nothing at all")
    return _KINDS.get(type(value), N_("another kind"))


def admit(value: Any) -> Any:
    """A variable's value as the language sees it. Lists and dicts are admitted item by item when they are read.

    Raises ValueTooLarge, and ValueNotAllowed for anything that is no plain data. A number that is none (NaN) is null.
    """
    kind = type(value)
    if kind in AS_THEY_ARE:
        return value
    if isinstance(value, str):
        if len(value) > MAX_TEXT_READ:
            raise ValueTooLarge
        return str.__str__(value)  # an enum's member is its text
    if kind is int:
        if value.bit_length() > MAX_INTEGER_BITS:
            raise ValueTooLarge
        return value
    if kind is float:
        value = Decimal(repr(value))
        kind = Decimal
    if kind is Decimal:
        return _admit_decimal(value)
    if kind is tuple:
        return list(value)
    raise ValueNotAllowed(kind=kind_of(value))


def _admit_decimal(value: Decimal) -> Decimal | None:
    if not value.is_finite():
        return None
    if abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
        raise ValueTooLarge
    return value


def is_number(value: object) -> bool:
    return type(value) in NUMBER_TYPES


def whole_number(value: Any) -> int | None:
    """The value as a small whole number (an index, a number of digits), or None if it is none."""
    if not is_number(value) or abs(value) > MAX_TEXT_READ or value != int(value):
        return None
    return int(value)


def as_decimal(value: int | Decimal) -> Decimal:
    return NUMBERS.create_decimal(value)


def short_list(value: Any) -> list[Any] | None:
    """The items of a list, admitted, or None if it is no list. Raises ValueTooLarge for a long one."""
    if type(value) is not list:
        return None
    if len(value) > MAX_ITEMS:
        raise ValueTooLarge
    return [admit(item) for item in value]


def field_of(target: Any, name: str, budget: Budget) -> Any:
    """``target.name``: of a dict, of each dict in a list, or of a date. Anything without such a field gives null."""
    kind = type(target)
    if kind is dict:
        return admit(target.get(name))
    if kind is list:
        budget.spend(weight(target))
        items = short_list(target) or []
        return [admit(item.get(name)) if type(item) is dict else None for item in items]
    if kind is datetime and name in MOMENT_FIELDS:
        return MOMENT_FIELDS[name](target)
    if kind is date and name in DATE_FIELDS:
        return DATE_FIELDS[name](target)
    return None


def item_of(target: Any, index: Any, *, from_one: bool) -> Any:
    """``target[index]``; negative numbers count from the end; null where there is nothing."""
    if type(target) is dict:
        return admit(target.get(index)) if type(index) is str else None
    if type(target) is not list:
        return None
    place = whole_number(index)
    if place is None or (from_one and place == 0):
        return None
    if from_one and place > 0:
        place -= 1
    return admit(target[place]) if -len(target) <= place < len(target) else None


def settle(value: Any) -> Any:
    """The result of an evaluation, as plain data that shares nothing with the variables that it came from."""
    if type(value) not in {list, dict}:
        if type(value) in {Range, Months}:
            raise ValueNotAllowed(kind=kind_of(value))
        return value
    return _Settler().copy(value, MAX_DEPTH)


class _Settler:
    def __init__(self) -> None:
        self.left = MAX_RESULT_NODES

    def copy(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueTooLarge
        if depth == 0:
            raise DataNestedTooDeeply
        value = admit(value)
        if type(value) is list:
            return [self.copy(item, depth - 1) for item in value]
        if type(value) is dict:
            if not all(type(key) is str for key in value):
                raise ValueNotAllowed(kind=kind_of(value))
            return {key: self.copy(item, depth - 1) for key, item in value.items()}
        return settle(value)
