"""Small values out of a form: ids that were chosen, and dates in the reader's spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import cast

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import DomainError, FieldNotUnderstood, InvalidInput
from engine.policy.field_values import read_value
from webui.i18n import chosen_locale

LARGEST_ID = 2**63 - 1
_HELD_BY_NO_FILE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
"""Word processors leave them in what is pasted; no XML holds them, so no spreadsheet and no letter of Word either."""
_LINE_IN_A_PARAGRAPH = "\x0b"


def holdable(text: str) -> str:
    """``text`` without the characters that nobody sees and no file holds."""
    if _HELD_BY_NO_FILE.search(text) is None:
        return text
    return _HELD_BY_NO_FILE.sub("", text.replace(_LINE_IN_A_PARAGRAPH, "\n"))


def read_id(text: str) -> int | None:
    """The id that ``text`` is; None for what no record can have."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(LARGEST_ID)):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


def chosen_id(form: Mapping[str, str], name: str) -> int | None:
    """The id behind a chooser or a select; None where nothing is chosen."""
    return read_id(form.get(name, ""))


def ensure_chosen(form: Mapping[str, str], name: str, expected: str) -> None:
    """A name that was typed into a chooser without choosing must not be lost. Raises InvalidInput."""
    text = form.get(f"{name}_text", "").strip()
    if text and chosen_id(form, name) is None:
        raise InvalidInput({name: FieldNotUnderstood(value=text, expected=expected)})


def read_date(form: Mapping[str, str], name: str, label: str, errors: dict[str, DomainError]) -> date | None:
    """The date in a required field. What is wrong goes to ``errors``."""
    try:
        field = FieldDefinition(name=name, label=label, type=FieldType.DATE, required=True)
        return cast("date", read_value(field, form.get(name, ""), chosen_locale()))
    except DomainError as error:
        errors[name] = error
        return None
