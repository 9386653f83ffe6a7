"""What an expression gives whatever the deal's data are: ``-5``, ``date("2026-01-01")``, ``"a"``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.bpmn.expressions import reading, syntax
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.closures import build
from engine.bpmn.expressions.expression import UNANSWERED

_FROM_TEXT: Final = frozenset({"date", "date and time", "time", "duration", "number"})


@dataclass(frozen=True, slots=True)
class Fixed:
    value: Any


def fixed_value(node: syntax.Node) -> Fixed | None:
    """The value of an expression that reads nothing and repeats nothing; None for any other, or if it has no answer."""
    if isinstance(node, syntax.Constant):
        return Fixed(node.value)
    if reading.read(node).names or _repeats(node):
        return None
    try:
        return Fixed(build(node)(lambda _name: None, Budget()))
    except UNANSWERED:
        return None


def _repeats(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Loop | syntax.LoopVariable) or any(_repeats(child) for child in node.children())


def unreadable_values(node: syntax.Node) -> Iterator[str]:
    """Dates, times, durations and numbers written in an expression that are none: ``date("30.03.2026")``."""
    if isinstance(node, syntax.Call) and node.function in _FROM_TEXT:
        written = [one.value for one in node.arguments if isinstance(one, syntax.Constant) and one.value is not None]
        fixed = fixed_value(node) if written and len(written) == len(node.arguments) else Fixed(written)
        if fixed is None or fixed.value is None:
            yield f"{node.function}({', '.join(json.dumps(one, ensure_ascii=False, default=str) for one in written)})"
    for child in node.children():
        yield from unreadable_values(child)
