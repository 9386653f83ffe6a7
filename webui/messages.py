"""What went wrong, and what is noticed about a map, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import DomainError, InvalidInput
from webui.formats import day, number, when
from webui.i18n import _

# Places that the engine fills with its own marked words ("a date", "the step is somebody else's"): translated too.
_MARKED_PLACES = frozenset({"reason", "expected", "problem", "what", "kind", "limit", "label"})


def error_text(error: DomainError) -> str:
    """The error as a sentence in the reader's language, its data written as the reader writes them."""
    if not error.params:
        return _(error.template) if "%" not in error.template else error.template
    return _(error.template, **{name: _written(name, value) for name, value in error.params.items()})


def field_errors(error: DomainError) -> dict[str, str]:
    """The sentence for each form field at fault, by the field's name."""
    if isinstance(error, InvalidInput):
        return {name: error_text(of_field) for name, of_field in error.errors.items()}
    return {error.field: error_text(error)} if error.field else {}


def _written(name: str, value: Any) -> Any:
    match value:
        case None:
            written = ""
        case DomainError():
            written = error_text(value)
        case datetime():
            written = when(value)
        case date():
            written = day(value)
        case Decimal():
            written = number(value)
        case Mapping():
            written = ", ".join(f"{key}: {_written(name, item)}" for key, item in value.items())
        case list() | tuple() | frozenset():
            written = ", ".join(str(_written(name, item)) for item in value)
        case str() if value and name in _MARKED_PLACES:
            written = _(value)
        case _:
            written = value
    return written
