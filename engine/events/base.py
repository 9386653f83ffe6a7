"""History events: what happened, in the past tense, with the data that a timeline, a report or an auditor needs.

Values are strings, whole numbers, booleans, None, and lists and dicts of them: never floats, so that the canonical
JSON of an event, and with it the hash in the chain, is the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

_PLAIN = frozenset({str, int, bool, type(None)})
_DATES, _FRACTIONS = (datetime, date), (float, Decimal)
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events. ``kind`` is the class name in snake_case."""

    @property
    def kind(self) -> str:
        return kind_of(type(self))

    @property
    def data(self) -> dict[str, Any]:
        names, values = _fields[type(self)]
        told = zip(names, values(self), strict=True)
        return {name: value if type(value) in _PLAIN else plain(value) for name, value in told}


class _Fields(dict[type[Event], tuple[tuple[str, ...], Callable[[Event], Iterable[Any]]]]):
    """Of each class of events the names of its data, and what gives their values at once."""

    def __missing__(self, event: type[Event]) -> tuple[tuple[str, ...], Callable[[Event], Iterable[Any]]]:
        names = tuple(event.__dataclass_fields__)
        values = attrgetter(*names) if len(names) > 1 else lambda one: [getattr(one, name) for name in names]
        self[event] = names, values
        return names, values


_fields = _Fields()


def kind_of(event: type[Event]) -> str:
    return _in_snake_case(event.__name__)


@cache
def _in_snake_case(name: str) -> str:
    return _WORD_START.sub("_", name).lower()


def plain(value: Any) -> Any:
    """The value as JSON without floats: decimals, dates and instants as texts."""
    kind = type(value)
    if kind in _PLAIN:  # nearly everything is: the questions below cost more than the answer
        return value
    if kind is dict:
        return {str(key): item if type(item) in _PLAIN else plain(item) for key, item in value.items()}
    return format(value, "f") if kind is Decimal else _plain_of_another(value)


def _plain_of_another(value: Any) -> Any:
    if isinstance(value, _DATES):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):  # a question of a protocol: behind those that are answered by a type
        return plain(dict(value))
    if isinstance(value, _FRACTIONS):
        return format(value if isinstance(value, Decimal) else Decimal(repr(value)), "f")
    return value
