"""The variables of a map in what is told of a failure: called as their fields are, their own names in brackets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.expressions.values import TEXT
from webui.condition_words import KNOWN_VALUES
from webui.i18n import _
from webui.tellings.words import readable

VARIABLE_PLACES = frozenset({"names", "variable", "expression", "operands"})


def variables_in(place: str, value: Any, labels: Mapping[str, str]) -> str:
    """What stands in a ``place`` of a failure: names, one name, or operands with their kinds and values."""
    if place == "operands":
        return "; ".join(_operand(one, labels) for one in value)
    if place == "names":
        names = value.split(", ") if isinstance(value, str) else value
        return ", ".join(_called(str(one), labels) for one in names)
    name = str(value).strip().removeprefix("=").strip()  # the place stands in quotation marks already
    if name in labels:
        return f"{labels[name]} ({name})"
    return _(KNOWN_VALUES[name]) if name in KNOWN_VALUES else str(value)


def _called(name: str, labels: Mapping[str, str]) -> str:
    if name in labels:
        return f"{_('“%(name)s”', name=labels[name])} ({name})"
    return _(KNOWN_VALUES[name]) if name in KNOWN_VALUES else _("“%(name)s”", name=name)


def _operand(one: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """As “Discount, %” (discount): a number, 7.5."""
    value = readable(one["value"]) if one["value"] else ""
    if value and one["kind"] == TEXT:
        value = _("“%(name)s”", name=value)
    what = ", ".join(filter(None, [_(one["kind"]), value]))
    return f"{_called(one['name'], labels)}: {what}" if one["name"] else what
