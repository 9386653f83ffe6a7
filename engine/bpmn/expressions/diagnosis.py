"""Why an expression has no value although nothing that it reads is missing: looked for only once that has happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.bpmn.expressions import syntax
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.closures import Lookup, build
from engine.bpmn.expressions.failures import (
    ConditionWithoutAnswer,
    DividesByZero,
    KindsDoNotCompare,
    NoSuchItem,
    NotCalculable,
    ValueNotReadable,
)
from engine.bpmn.expressions.reading import path_of
from engine.bpmn.expressions.values import Months, Range, is_number, kind_of
from engine.errors import N_

LONGEST_SHOWN: Final = 60  # characters of a value in a sentence
MOST_SHOWN: Final = 4  # operands of one comparison
_READ_AS: Final[Mapping[str, str]] = {
    "date": N_("a date"),
    "date and time": N_("a date with a time"),
    "time": N_("a time of day"),
    "duration": N_("a duration"),
    "number": N_("a number"),
    "float": N_("a number"),
    "int": N_("a number"),
}
_DIVISIONS: Final = frozenset({"/", "%"})

Operand = dict[str, str]  # name (empty where it has none), kind, value


def why_undecided(text: str, tree: syntax.Node, loops: int, lookup: Lookup) -> ConditionWithoutAnswer:
    """What keeps ``text``, read as ``tree``, from having a value: the first part, in order, that has none of itself."""
    budget = Budget(loops)

    def value_of(node: syntax.Node) -> Any:
        return build(node)(lookup, budget)

    try:
        found = _cause(tree, value_of)
    except Exception:  # noqa: BLE001  # what fails while a failure is explained must not hide it
        found = None
    if found is None:
        return ConditionWithoutAnswer(text=text)
    problem, params = found
    return problem(text=text, **params)


_Found = tuple[type[ConditionWithoutAnswer], dict[str, Any]]


def _cause(node: syntax.Node, value_of: Callable[[syntax.Node], Any]) -> _Found | None:
    if value_of(node) is not None:
        return None
    inner = (node.source,) if isinstance(node, syntax.Loop) else node.children()
    parts = [one.operand if isinstance(one, syntax.Test) else one for one in inner]
    values = [value_of(part) for part in parts]
    for part, value in zip(parts, values, strict=True):
        if value is None and (found := _cause(part, value_of)) is not None:
            return found
    if any(value is None for value in values):
        return None
    return _own_cause(node, [_operand(part, value) for part, value in zip(parts, values, strict=True)], values)


def _own_cause(node: syntax.Node, operands: list[Operand], values: list[Any]) -> _Found | None:
    problem: type[ConditionWithoutAnswer] = NotCalculable
    params: dict[str, Any] = {"operands": operands}
    match node:
        case syntax.Arithmetic(symbol) if symbol in _DIVISIONS and all(map(is_number, values)) and not values[1]:
            problem, params = DividesByZero, {"operands": operands[1:]}
        case syntax.Comparison() | syntax.Membership():
            problem, params = KindsDoNotCompare, {"operands": operands[:MOST_SHOWN]}
        case syntax.Item():
            problem, params = NoSuchItem, {"operands": operands[:1], "item": _shown(values[1])}
        case syntax.Call(function) if function in _READ_AS:
            problem, params = ValueNotReadable, {"operands": operands, "expected": _READ_AS[function]}
        case syntax.Arithmetic() | syntax.Minus() | syntax.Call():
            pass
        case _:
            return None
    return problem, params


def _operand(node: syntax.Node, value: Any) -> Operand:
    return {"name": ".".join(path_of(node) or ()), "kind": kind_of(value), "value": _shown(value)}


def _shown(value: Any) -> str:
    """A value in a sentence, as JSON has it; empty where its kind says enough."""
    if type(value) in {list, dict, Range, Months, timedelta, bool}:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")[:LONGEST_SHOWN]
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)[:LONGEST_SHOWN]
