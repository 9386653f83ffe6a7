"""Conditions that engines want as a piece of a program, as the expressions that they hold."""

from __future__ import annotations

import re
from collections.abc import Callable

_RETURN = re.compile(r"^return\b\s*(.*?)\s*;?$", re.DOTALL)
_CALL = re.compile(r"^KieFunctions\.(\w+)\(([^()]{1,300})\)$")
_KIE: dict[str, Callable[..., str]] = {
    "isTrue": lambda one: one,
    "isFalse": lambda one: f"not ({one})",
    "isNull": lambda one: f"{one} == null",
    "equalsTo": lambda one, other: f"{one} == {other}",
    "greaterThan": lambda one, other: f"{one} > {other}",
    "greaterOrEqualThan": lambda one, other: f"{one} >= {other}",
    "lessThan": lambda one, other: f"{one} < {other}",
    "lessOrEqualThan": lambda one, other: f"{one} <= {other}",
}
_NUMBER_IN_QUOTES = re.compile(r"^\"(-?\d+(?:\.\d+)?)\"$")


def without_code_around(text: str) -> str:
    """``return amount > 5;`` of Java and JavaScript as ``amount > 5``; jBPM's own comparisons as comparisons."""
    found = _RETURN.match(text)
    inner = found.group(1) if found else text.removesuffix(";")
    call = _CALL.match(inner)
    if call is None:
        return inner
    arguments = [part.strip() for part in call.group(2).split(",")]
    written = _KIE.get(call.group(1))
    if written is None:
        return text
    if call.group(1) not in ("equalsTo", "isTrue", "isFalse", "isNull"):
        arguments = [_NUMBER_IN_QUOTES.sub(r"\1", part) for part in arguments]
    try:
        return written(*arguments)
    except TypeError:  # another number of arguments than it has
        return text
