"""The catalogue: every function that an expression may call, and nothing else can be called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.bpmn.expressions import list_functions as lists
from engine.bpmn.expressions import number_functions as numbers
from engine.bpmn.expressions import text_functions as texts
from engine.bpmn.expressions import time_functions as times
from engine.bpmn.expressions.comparison import equal
from engine.bpmn.expressions.text_functions import on_texts

MAX_VALUES: Final = 50


@dataclass(frozen=True, slots=True)
class Function:
    """``apply`` takes from ``minimum`` to ``maximum`` values, behind the budget if ``takes_budget``."""

    minimum: int
    maximum: int
    apply: Callable[..., Any]
    takes_budget: bool = False


def _one(apply: Callable[..., Any]) -> Function:
    return Function(1, 1, apply)


def _two(apply: Callable[..., Any], *, takes_budget: bool = False) -> Function:
    return Function(2, 2, apply, takes_budget)


_lower = _one(on_texts(str.lower))
_upper = _one(on_texts(str.upper))
_strip = _one(on_texts(str.strip))
_starts = _two(on_texts(str.startswith))
_ends = _two(on_texts(str.endswith))
_length = _one(lists.length)
_text = _one(texts.to_text)
_contains = _two(lists.contains, takes_budget=True)

FUNCTIONS: Final[Mapping[str, Function]] = {
    # FEEL (DMN 1.3, chapter 10.3.4)
    "string": _text,
    "number": _one(numbers.to_number),
    "contains": _contains,
    "starts with": _starts,
    "ends with": _ends,
    "string length": _one(on_texts(len)),
    "upper case": _upper,
    "lower case": _lower,
    "substring": Function(2, 3, texts.substring),
    "substring before": _two(on_texts(texts.before)),
    "substring after": _two(on_texts(texts.after)),
    "string join": Function(1, 2, texts.join),
    "trim": _strip,
    "count": _one(lists.count),
    "sum": Function(1, MAX_VALUES, lists.total),
    "mean": Function(1, MAX_VALUES, lists.mean),
    "min": Function(1, MAX_VALUES, lists.extreme(min)),
    "max": Function(1, MAX_VALUES, lists.extreme(max)),
    "all": _one(lists.all_true),
    "any": _one(lists.any_true),
    "list contains": _two(lists.list_contains, takes_budget=True),
    "index of": _two(lists.index_of, takes_budget=True),
    "distinct values": Function(1, 1, lists.distinct, takes_budget=True),
    "append": Function(2, MAX_VALUES, lists.append),
    "concatenate": Function(1, MAX_VALUES, lists.concatenate),
    "reverse": _one(lists.reverse),
    "abs": _one(numbers.absolute),
    "floor": Function(1, 2, numbers.floor),
    "ceiling": Function(1, 2, numbers.ceiling),
    "decimal": _two(numbers.round_half_even),
    "round": Function(1, 2, numbers.round_half_up),
    "round half up": _two(numbers.round_half_up),
    "round half even": _two(numbers.round_half_even),
    "round up": _two(numbers.round_up),
    "round down": _two(numbers.round_down),
    "modulo": _two(numbers.modulo),
    "date": Function(1, 3, times.to_date),
    "date and time": Function(1, 2, times.to_moment),
    "time": _one(times.to_time),
    "duration": _one(times.read_duration),
    "day of week": _one(times.day_of_week),
    "is defined": _one(lambda value: value is not None),
    "get or else": _two(lambda value, otherwise: otherwise if value is None else value),
    # JUEL and Python
    "isEmpty": _one(lists.is_empty),
    "len": _length,
    "size": _length,
    "length": _length,
    "equals": Function(2, 2, lambda budget, one, other: equal(one, other, budget), takes_budget=True),
    "equalsIgnoreCase": _two(on_texts(texts.equal_ignoring_case)),
    "startsWith": _starts,
    "endsWith": _ends,
    "toLowerCase": _lower,
    "toUpperCase": _upper,
    "lower": _lower,
    "upper": _upper,
    "strip": _strip,
    "str": _text,
    "int": _one(numbers.to_whole_number),
    "float": _one(numbers.to_number),
}

# What may stand behind a dot with a bracket: ``name.startsWith("A")``. The value before the dot is the first value.
METHODS: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in (
            "contains", "startsWith", "endsWith", "size", "isEmpty", "equals", "equalsIgnoreCase", "toLowerCase",
            "toUpperCase", "trim", "length", "lower", "upper", "strip",
        )
    },
    "startswith": "startsWith",
    "endswith": "endsWith",
}  # fmt: skip
