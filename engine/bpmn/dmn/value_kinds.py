"""Types of columns: what a file calls them, and whether a value is of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from engine.bpmn.dmn.model import ValueKind
from engine.bpmn.expressions.comparison import TRUTH_TEXTS, read_number
from engine.bpmn.expressions.time_functions import read_date, read_duration, read_moment, read_time
from engine.bpmn.expressions.values import Months, is_number

_KINDS: Final[Mapping[str, ValueKind]] = {
    **dict.fromkeys(("string", "text"), ValueKind.TEXT),
    **dict.fromkeys(("number", "integer", "int", "long", "short", "double", "float", "decimal"), ValueKind.NUMBER),
    "boolean": ValueKind.YES_NO,
    "date": ValueKind.DATE,
    **dict.fromkeys(("datetime", "date and time", "dateandtime"), ValueKind.MOMENT),
    "time": ValueKind.TIME,
    **dict.fromkeys(
        (
            "duration", "days and time duration", "years and months duration", "daytimeduration",
            "daysandtimeduration", "yearmonthduration", "yearsandmonthsduration",
        ),
        ValueKind.DURATION,
    ),
}  # fmt: skip

_TYPES: Final[Mapping[ValueKind, frozenset[type]]] = {
    ValueKind.TEXT: frozenset({str}),
    ValueKind.YES_NO: frozenset({bool}),
    ValueKind.DATE: frozenset({date}),
    ValueKind.MOMENT: frozenset({datetime}),
    ValueKind.TIME: frozenset({time}),
    ValueKind.DURATION: frozenset({timedelta, Months}),
}

_READERS: Final[Mapping[ValueKind, Callable[[str], Any]]] = {
    ValueKind.NUMBER: read_number,
    ValueKind.YES_NO: lambda text: TRUTH_TEXTS.get(text.lower()),
    ValueKind.DATE: read_date,
    ValueKind.MOMENT: read_moment,
    ValueKind.TIME: read_time,
    ValueKind.DURATION: read_duration,
}


class NotOfKind(Exception):
    """The value is none of the column's kind."""


def kind_named(type_name: str) -> ValueKind | None:
    """The kind that a file's type name means, with or without a prefix; None for a type of the file's own."""
    return _KINDS.get(" ".join(type_name.rpartition(":")[2].split()).casefold())


def of_kind(value: Any, kind: ValueKind) -> Any:
    """The value as one of that kind: ``"12"`` is a number where a number is meant. Null is of every kind.

    Raises NotOfKind.
    """
    if value is None or kind is ValueKind.ANY:
        return value
    if kind is ValueKind.NUMBER and is_number(value):
        return value
    if type(value) in _TYPES.get(kind, ()):
        return value
    read = _READERS[kind](value) if type(value) is str and kind in _READERS else None
    if read is None:
        raise NotOfKind
    return read
