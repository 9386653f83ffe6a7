"""Stored values of a map's fields as people read them, without an input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.errors import N_, DomainError
from engine.model.client import Client
from engine.model.person import Person
from engine.policy.field_values import from_json, to_json
from engine.policy.form_values import totals_of
from webui.formats import USUAL_CURRENCY, day, day_and_time, exact_number, money, two_decimals
from webui.forms.file_fields import file_links
from webui.forms.typed_values import read_id
from webui.i18n import _, ngettext

NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})
_COLUMNS = {
    "item": N_("Goods or service"),
    "quantity": N_("Quantity"),
    "price": N_("Price"),
    "discount": N_("Discount, %"),
    "sum": N_("Sum"),
}
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class ShownColumn:
    name: str
    label: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of lines for reading: texts by line and column; ``totals`` is empty where nothing is added up."""

    columns: tuple[ShownColumn, ...]
    lines: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...]


def column_label(column: FieldDefinition) -> str:
    """As the map words it; those of the product's own table of goods in the reader's language."""
    return column.label or (_(_COLUMNS[column.name]) if column.name in _COLUMNS else column.name)


def shown_field(session: Session, field: FieldDefinition, value: Any, currency: str = USUAL_CURRENCY) -> str:
    """A stored value of ``field``."""
    if field.value_type is FieldType.LINES:
        return lines_text(field, value, currency)
    return shown_value(session, field.value_type, value, currency, field.choices)


def shown_value(
    session: Session, kind: FieldType, value: Any, currency: str = USUAL_CURRENCY, choices: Iterable[FieldChoice] = ()
) -> str:
    """A stored value of a type, with the labels of its choices."""
    if value is None or value in ("", []):
        return "—"
    if kind is FieldType.FILE:
        return file_links(value)
    labels = {choice.value: choice.label for choice in choices}
    if isinstance(value, list):
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    return labels.get(str(value)) or _one_value(session, kind, value, currency)


def shown_table(field: FieldDefinition, value: Any, currency: str = "") -> ShownTable:
    """The lines of a stored table, written out. ``currency`` stands behind amounts of money, if it is given."""
    lines = [line for line in value if isinstance(line, Mapping)] if isinstance(value, list) else []
    columns = tuple(ShownColumn(one.name, column_label(one), one.value_type in NUMBERS) for one in field.columns)
    written = tuple(tuple(cell_text(one, line.get(one.name), currency) for one in field.columns) for line in lines)
    return ShownTable(columns, written, totals_text(field, lines, currency))


def totals_text(field: FieldDefinition, lines: Iterable[Mapping[str, Any]], currency: str = "") -> tuple[str, ...]:
    """The sums under the columns of a stored table; nothing where the map adds nothing up."""
    if not any(column.total for column in field.columns):
        return ()
    sums = totals_of(field, [_typed(field, line) for line in lines])
    return tuple(cell_text(one, to_json(sums[one.name]), currency) if one.total else "" for one in field.columns)


def lines_text(field: FieldDefinition, value: Any, currency: str = "") -> str:
    """A stored table in one line of text: its first lines, how many there are, and the sums in ``currency``."""
    table = shown_table(field, value)
    if not table.lines:
        return "—"
    told = ["; ".join(", ".join(cell for cell in line if cell != "—") for line in table.lines[:_MOST_TOLD])]
    if len(table.lines) > _MOST_TOLD:
        more = len(table.lines) - _MOST_TOLD
        told.append(ngettext("%(num)s more line", "%(num)s more lines", more))
    lines = [line for line in value if isinstance(line, Mapping)]
    totals = totals_text(field, lines, currency)
    sums = [f"{column.label}: {total}" for column, total in zip(table.columns, totals, strict=False) if total]
    return "; ".join(told) + (f" · {', '.join(sums)}" if sums else "")


def cell_text(column: FieldDefinition, value: Any, currency: str = "") -> str:
    """A stored value of a table's cell. A column of money needs no sign in every line."""
    if value is None or value == "":
        return "—"
    kind = column.value_type
    labels = {choice.value: choice.label for choice in column.choices}
    if str(value) in labels:
        return labels[str(value)]
    if kind is FieldType.MONEY:
        return _money(value, currency)
    return _plain(kind, value)


def _typed(field: FieldDefinition, line: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for column in field.columns:
        try:
            typed[column.name] = from_json(column, line.get(column.name))
        except DomainError:  # stored by another version of the map
            typed[column.name] = None
    return typed


def _one_value(session: Session, kind: FieldType, value: Any, currency: str) -> str:
    if kind is FieldType.PERSON:
        return name_of(session, Person, value, Person.full_name)
    if kind is FieldType.CLIENT:
        return name_of(session, Client, value, Client.name)
    if kind is FieldType.MONEY:
        return _money(value, currency)
    return _plain(kind, value)


def _plain(kind: FieldType, value: Any) -> str:
    try:
        if isinstance(value, bool) or kind is FieldType.YES_NO:
            return _("yes") if value in {True, "true", "yes"} else _("no")
        if kind is FieldType.MOMENT:
            return day_and_time(datetime.fromisoformat(value))
        if kind is FieldType.DATE:
            return day(date.fromisoformat(value))
        if kind in NUMBERS:
            written = exact_number(Decimal(str(value)))
            return f"{written} %" if kind is FieldType.PERCENT else written
    except (ValueError, TypeError, InvalidOperation):  # stored by another version of the map
        return str(value)
    return str(value)


def _money(value: Any, currency: str) -> str:
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return money(exact, currency) if currency else two_decimals(exact)


def name_of(session: Session, table: Any, key: Any, column: Any) -> str:
    """The name of a record by its id; what is no id is shown as it is."""
    found = read_id(str(key))
    return str(key) if found is None else session.scalar(select(column).where(table.id == found)) or ""
