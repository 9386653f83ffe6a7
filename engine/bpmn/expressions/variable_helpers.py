"""``var:equals(amount, 5)``: Flowable's and Activiti's helpers, whose first value is the name of a variable."""

from __future__ import annotations

from typing import Final

from engine.bpmn.expressions import syntax

VARIABLE_PREFIXES: Final = frozenset({"var", "vars", "variables"})
VARIABLE_COMPARISONS: Final = {
    "equals": "=", "eq": "=", "notEquals": "!=", "ne": "!=", "lowerThan": "<", "lessThan": "<", "lt": "<",
    "lowerThanOrEquals": "<=", "lessThanOrEquals": "<=", "lte": "<=", "greaterThan": ">", "gt": ">",
    "greaterThanOrEquals": ">=", "gte": ">=",
}  # fmt: skip


def helper_call(helper: str, variable: syntax.Node, values: tuple[syntax.Node, ...]) -> syntax.Node | None:
    """What ``var:helper(variable, *values)`` means, or None if there is no such helper for so many values."""
    if values:
        return _with_values(helper, variable, values)
    empty = syntax.Call("isEmpty", (variable,))
    match helper:
        case "get":
            return variable
        case "exists":
            return syntax.Call("is defined", (variable,))
        case "isEmpty" | "empty":
            return empty
        case "isNotEmpty" | "notEmpty":
            return syntax.Not(empty)
    return None


def _with_values(helper: str, variable: syntax.Node, values: tuple[syntax.Node, ...]) -> syntax.Node | None:
    if helper in VARIABLE_COMPARISONS and len(values) == 1:
        return syntax.Comparison((VARIABLE_COMPARISONS[helper],), (variable, *values), coercing=True)
    if helper in {"contains", "containsAny"}:
        tests = tuple(syntax.Call("contains", (variable, value)) for value in values)
        return tests[0] if len(tests) == 1 else syntax.Junction("and" if helper == "contains" else "or", tests)
    return None
