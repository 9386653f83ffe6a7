"""Functions of lists. A list may be given as one value or item by item, as in FEEL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from engine.bpmn.expressions.arithmetic import calculate
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.comparison import any_equal, equal
from engine.bpmn.expressions.failures import ValueTooLarge
from engine.bpmn.expressions.limits import MAX_ITEMS
from engine.bpmn.expressions.values import is_number, short_list

COMPARABLE: Final = frozenset({str, date, datetime})


def items_of(values: tuple[Any, ...]) -> list[Any] | None:
    return short_list(values[0] if len(values) == 1 else list(values))


def total(*values: Any) -> Any:
    """The sum of numbers. Null for nothing and where an item is no number."""
    items = items_of(values)
    if not items or not all(map(is_number, items)):
        return None
    result: Any = 0
    for item in items:
        result = calculate("+", result, item)
    return result


def mean(*values: Any) -> Any:
    items = items_of(values)
    return calculate("/", total(items), len(items)) if items else None


def extreme(choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """``min`` or ``max`` of numbers, texts, dates or moments, all of one kind."""

    def apply(*values: Any) -> Any:
        items = items_of(values)
        if not items:
            return None
        alike = type(items[0]) in COMPARABLE and all(type(item) is type(items[0]) for item in items)
        if not alike and not all(map(is_number, items)):
            return None
        try:
            return choose(items)
        except TypeError:  # moments with and without a zone
            return None

    return apply


def count(value: Any) -> int | None:
    return len(value) if type(value) is list else None


def length(value: Any) -> int | None:
    return len(value) if type(value) in {list, str, dict} else None


def is_empty(value: Any) -> bool:
    """JUEL's ``empty``: nothing, or a text, list or dict without content."""
    return value is None or length(value) == 0


def all_true(value: Any) -> bool | None:
    items = short_list(value)
    return None if items is None else all(item is True for item in items)


def any_true(value: Any) -> bool | None:
    items = short_list(value)
    return None if items is None else any(item is True for item in items)


def contains(budget: Budget, whole: Any, part: Any) -> bool | None:
    """A part of a text, or an item of a list."""
    if type(whole) is str:
        return part in whole if type(part) is str else None
    return list_contains(budget, whole, part)


def list_contains(budget: Budget, items: Any, item: Any) -> bool | None:
    return any_equal(item, items, budget) if type(items) is list else None


def index_of(budget: Budget, items: Any, wanted: Any) -> list[int] | None:
    """FEEL: every place of an item, counted from one."""
    listed = short_list(items)
    if listed is None:
        return None
    return [place for place, item in enumerate(listed, 1) if equal(item, wanted, budget) is True]


def distinct(budget: Budget, items: Any) -> list[Any] | None:
    listed = short_list(items)
    if listed is None:
        return None
    result: list[Any] = []
    for item in listed:
        budget.spend(len(result))
        if not any(equal(item, other, budget) is True for other in result):
            result.append(item)
    return result


def append(items: Any, *more: Any) -> list[Any] | None:
    return concatenate(items, list(more))


def concatenate(*lists: Any) -> list[Any] | None:
    result: list[Any] = []
    for each in lists:
        items = short_list(each)
        if items is None:
            return None
        result += items
        if len(result) > MAX_ITEMS:
            raise ValueTooLarge
    return result


def reverse(items: Any) -> list[Any] | None:
    listed = short_list(items)
    return None if listed is None else listed[::-1]
