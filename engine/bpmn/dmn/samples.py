"""Values at which a column's cells can be told apart: what they name, what lies between, what none of them names.

For cells made of plain values and ranges these samples are exact: two cells that agree on all of them agree on every
value, because nothing changes between two neighbouring bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from engine.bpmn.dmn.model import ValueKind
from engine.bpmn.expressions import CompiledTests, syntax
from engine.bpmn.expressions.fixed_values import fixed_value
from engine.bpmn.expressions.time_functions import read_instant
from engine.bpmn.expressions.values import Months, Range, is_number

_OTHER_TEXT: Final = "…"
_DAY: Final = timedelta(days=1)
_TYPES: Final = {
    ValueKind.TEXT: str,
    ValueKind.YES_NO: bool,
    ValueKind.DATE: date,
    ValueKind.MOMENT: datetime,
}
_SAMPLED: Final[frozenset[type]] = frozenset({str, bool, date, datetime})


def samples(cells: Iterable[CompiledTests], kind: ValueKind) -> list[Any]:
    """Each sample once; null is none of them. Only of the column's kind, where it has one."""
    named = [value for cell in cells for test in cell.tests for value in named_values(test.operand)]
    found: list[Any] = [*_numbers(named), *_days(named), *_texts(named), True, False]
    return [value for value in found if _is_of(value, kind)]


def is_plain(cell: CompiledTests, kind: ValueKind) -> bool:
    """Whether the cell is made of values, bounds and ranges that the samples of such a column tell apart."""
    if cell.condition is None:
        return True
    if cell.names or kind in {ValueKind.TIME, ValueKind.DURATION}:
        return False
    # No text is read as a duration, as it is as a date: none of another kind compares with one.
    sampled = _SAMPLED if kind is ValueKind.ANY else _SAMPLED | {timedelta, Months}
    return all(_is_plain(test, sampled) for test in cell.tests)


def _is_plain(test: syntax.Test, sampled: frozenset[type]) -> bool:
    fixed = fixed_value(test.operand)
    if fixed is None:
        return False
    named = list(named_values(test.operand))
    bounds = (test.symbol is not None and test.symbol not in {"=", "!="}) or isinstance(test.operand, syntax.Span)
    nested = isinstance(fixed.value, list) and any(isinstance(item, Range) for item in fixed.value)
    if (bounds or nested) and any(isinstance(value, str) for value in named):
        return False  # between two texts there are always others
    return all(value is None or is_number(value) or type(value) in sampled for value in named)


def named_values(node: syntax.Node) -> Iterator[Any]:
    """The values that stand in an expression, those of lists and the ends of ranges among them."""
    fixed = fixed_value(node)
    if fixed is None:
        for child in node.children():
            yield from named_values(child)
    elif isinstance(fixed.value, Range):
        yield from (fixed.value.low, fixed.value.high)
    elif isinstance(fixed.value, list):
        for item in fixed.value:
            yield from (item.low, item.high) if isinstance(item, Range) else (item,)
    else:
        yield fixed.value


def _numbers(named: list[Any]) -> Iterator[Decimal]:
    bounds = sorted({Decimal(value) for value in named if is_number(value)}) or [Decimal(0)]
    yield bounds[0] - 1
    yield from bounds
    yield from ((low + high) / 2 for low, high in pairwise(bounds))
    yield bounds[-1] + 1


def _days(named: list[Any]) -> Iterator[date]:
    """Dates and moments: each kind among itself, moments without a zone apart from those with one.

    A text in ISO 8601 compares with them as what it says.
    """
    named = [read_instant(value) or value for value in named]
    dates = [value for value in named if type(value) is date]
    moments = [value for value in named if type(value) is datetime]
    for group in (
        dates or [date(2026, 1, 1)],
        [one for one in moments if one.tzinfo is None],
        [one for one in moments if one.tzinfo is not None],
    ):
        bounds = sorted(set(group))
        yield from bounds
        yield from (low + (high - low) / 2 for low, high in pairwise(bounds))
        for end, step in ((bounds[:1], -_DAY), (bounds[-1:], _DAY)):
            yield from _beyond(end, step)


def _beyond(end: list[date], step: timedelta) -> Iterator[date]:
    for value in end:
        try:
            yield value + step
        except OverflowError:  # the first day, or the last, that there is
            return


def _texts(named: list[Any]) -> list[str]:
    """The texts named, and one that nobody names."""
    texts = dict.fromkeys(value for value in named if isinstance(value, str))
    return [*texts, _OTHER_TEXT]


def _is_of(value: Any, kind: ValueKind) -> bool:
    if kind is ValueKind.NUMBER:
        return is_number(value)
    return kind is ValueKind.ANY or type(value) is _TYPES.get(kind)
