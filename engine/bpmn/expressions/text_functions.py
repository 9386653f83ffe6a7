"""Functions of texts. No patterns: a regular expression could run for ever. Null for anything that is no text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from engine.bpmn.expressions.failures import ValueTooLarge
from engine.bpmn.expressions.limits import MAX_TEXT_MADE
from engine.bpmn.expressions.values import is_number, short_list, whole_number


def on_texts(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` where every value is a text, else null."""

    def apply(*values: Any) -> Any:
        return function(*values) if all(type(value) is str for value in values) else None

    return apply


def before(text: str, mark: str) -> str:
    return text.partition(mark)[0] if mark and mark in text else ""


def after(text: str, mark: str) -> str:
    return text.partition(mark)[2] if mark else text


def equal_ignoring_case(text: str, other: str) -> bool:
    return text.casefold() == other.casefold()


def substring(text: Any, start: Any, length: Any = None) -> str | None:
    """FEEL: the first character is 1, negative starts count from the end."""
    first = whole_number(start)
    if type(text) is not str or not first:
        return None
    rest = text[first - 1 if first > 0 else first :]
    if length is None:
        return rest
    count = whole_number(length)
    return rest[:count] if count is not None and count >= 0 else None


def join(items: Any, between: Any = "") -> str | None:
    """Texts of a list with ``between`` between them; empty places are left out."""
    listed = short_list(items)
    if listed is None or type(between) is not str:
        return None
    texts = [item for item in listed if item is not None]
    if not all(type(text) is str for text in texts):
        return None
    if sum(len(text) + len(between) for text in texts) > MAX_TEXT_MADE + len(between):
        raise ValueTooLarge
    return between.join(texts)


def to_text(value: Any) -> str | None:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if is_number(value):
        return str(value)
    return value.isoformat() if isinstance(value, date) else None
