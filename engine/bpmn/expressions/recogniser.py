"""Is the text of a condition an expression, or words that a person wrote for people ("yes", "сума > 100 тис")?

Words become a question to whoever reaches the decision; so in doubt a text counts as words: asking is never wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.bpmn.expressions import syntax
from engine.bpmn.expressions.dialects import Dialect, is_marked
from engine.bpmn.expressions.expression import compile_expression
from engine.bpmn.expressions.refusals import ExpressionRefused

# What people do not write to each other: ==, !=, <=, >=, &&, ||, f(, a.b(, a[, {, ;
_CODE: Final = re.compile(r"[=!<>]=|&&|\|\||\w\(|\w\[|[{};]|\w\.[^\W\d]\w*\s*[<>=]")


class ConditionKind(StrEnum):
    EMPTY = "empty"
    EXPRESSION = "expression"
    WORDS = "words"
    REFUSED = "refused"  # meant as an expression, but not one that we can run


@dataclass(frozen=True, slots=True)
class Classification:
    """``refusal`` says why, for a text that was meant as an expression and cannot be read."""

    kind: ConditionKind
    refusal: ExpressionRefused | None = None


def classify(text: str | None) -> Classification:
    """What the text of a condition is. Never raises."""
    if text is None or not text.strip():
        return Classification(ConditionKind.EMPTY)
    try:
        expression = compile_expression(text)
    except ExpressionRefused as refusal:
        if is_marked(text) or _CODE.search(text):
            return Classification(ConditionKind.REFUSED, refusal)
        return Classification(ConditionKind.WORDS)
    if expression.dialect is Dialect.PLAIN and not _decides(expression.tree):
        return Classification(ConditionKind.WORDS)
    return Classification(ConditionKind.EXPRESSION)


def is_expression(text: str | None) -> bool:
    """Whether the text can decide a flow by itself."""
    return classify(text).kind is ConditionKind.EXPRESSION


def _decides(tree: syntax.Node) -> bool:
    """Whether an unmarked text asks something: "так / ні" divides nothing, "item in stock" looks into no list."""
    match tree:
        case syntax.Not(operand):
            return _is_yes_or_no(operand)
        case syntax.Junction(_, parts):
            return all(_is_yes_or_no(part) for part in parts)
        case syntax.Membership(syntax.Variable(), (syntax.Test(None, syntax.Variable()),)):
            return False
    return isinstance(tree, syntax.Comparison | syntax.Membership | syntax.Call | syntax.Conditional | syntax.Loop)


def _is_yes_or_no(part: syntax.Node) -> bool:
    """Beside "and", "or" and "not" a name may stand for a yes or no: "approved and not deal.urgent"."""
    return isinstance(part, syntax.Variable | syntax.Field) or _decides(part)
