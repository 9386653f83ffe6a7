"""History events: what happened, in the past tense, with the data that a timeline, a report or an auditor needs.

Values are strings, whole numbers, booleans, None, and lists and dicts of them: never floats, so that the canonical
JSON of an event, and with it the hash in the chain, is the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

_PLAIN = frozenset({str, int, bool, type(None)})
_MAPPINGS = (dict, Mapping)  # to be a dict is seen at once, to be a Mapping is looked up
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
        return {
            name: value if type(value := getattr(self, name)) in _PLAIN else plain(value)
            for name in self.__dataclass_fields__
        }


def kind_of(event: type[Event]) -> str:
    return _in_snake_case(event.__name__)


@cache
def _in_snake_case(name: str) -> str:
    return _WORD_START.sub("_", name).lower()


def plain(value: Any) -> Any:
    """The value as JSON without floats: decimals, dates and instants as texts."""
    if type(value) in _PLAIN:  # nearly everything is: the questions below cost more than the answer
        return value
    if isinstance(value, _DATES):
        return value.isoformat()
    if isinstance(value, _MAPPINGS):
        return {str(key): item if type(item) in _PLAIN else plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, _FRACTIONS):
        return format(value if isinstance(value, Decimal) else Decimal(repr(value)), "f")
    return value
