"""What an expression gives whatever the deal's data are: ``-5``, ``date("2026-01-01")``, ``"a"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.bpmn.expressions import reading, syntax
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.closures import build
from engine.bpmn.expressions.expression import UNANSWERED


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
