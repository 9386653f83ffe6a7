"""How a kind of event is told, and values of events as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from webui.formats import day, day_and_time, number
from webui.i18n import _

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """How a kind of event is told: its icon, its colour, and the sentence made of its data."""

    icon: str
    tone: str
    sentence: Callable[[Data], str]
    quote: str = ""


def is_files(value: Any) -> bool:
    """Is ``value`` that of a file field: references of files."""
    return isinstance(value, list) and all(isinstance(one, Mapping) and "sha256" in one for one in value)


def readable(value: Any) -> str:
    """A value from an event's data as people read it."""
    if value and is_files(value):
        return ", ".join(str(one["name"]) for one in value)
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(readable(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {readable(one)}" for name, one in value.items())
    return _readable_text(str(value))


def _readable_text(text: str) -> str:
    """Numbers and dates inside texts get the reader's spelling, everything else stays."""
    if text[:4].isdecimal() and text[4:5] == "-":
        try:
            return day(date.fromisoformat(text)) if len(text) == len("2026-12-31") else day_and_time(moment(text))
        except ValueError:
            return text
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    is_code = text.startswith(("0", "+")) and len(text) > 1 and not text.startswith("0.")
    return text if is_code or not exact.is_finite() else number(exact)


def moment(text: Any) -> datetime | None:
    """The aware instant that an event's data holds as a text."""
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else None
