"""What stands in the columns of own fields: texts in the lists of pages, numbers and days in those of spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldType
from engine.errors import FieldNotUnderstood
from engine.policy.field_values import from_json
from engine.queries.client_rows import ClientRow
from engine.queries.own_columns import HeldValue, OwnColumn, OwnValues, reference, values_of_clients, values_of_deals
from engine.queries.pages import LONGEST_PAGE
from webui.formats import legible
from webui.forms.shown_values import NUMBERS, shown_field
from webui.i18n import _

_EMPTY: tuple[Any, ...] = (None, "", [])
_NO_VALUE = "—"
_LONGEST_SHOWN = 120
"""Characters of a text; the card and the exported file have all of it."""

Cells = Mapping[int, Mapping[str, Any]]
"""By the id of a deal or a client and the word of a column."""
Names = Mapping[tuple[FieldType, int], str]
Row = TypeVar("Row")
_Write = Callable[[Session, HeldValue, Names], Any]


def own_labels(columns: Iterable[OwnColumn], *, tells_whose: bool = True) -> dict[OwnColumn, str]:
    """The headings. ``tells_whose``: a field of clients stands beside fields of deals, and says so."""
    return {
        one: _("Client: %(name)s", name=one.label) if tells_whose and one.is_of_client else one.label for one in columns
    }


def own_headings(
    columns: Iterable[OwnColumn], *, beside: Iterable[str], tells_whose: bool = True
) -> dict[OwnColumn, str]:
    """The same over values: different fields that are called alike are told apart.

    By the maps whose they are; within one map by the step that asks for them; and by their names where nothing else
    tells them apart. ``beside`` are the headings of the columns that every company has: a field that is called like one
    of them is told apart from it.
    """
    labels = own_labels(columns, tells_whose=tells_whose)
    return _told_apart(labels, labels, (_of_maps, _of_step, _of_step_of_maps, _named), beside)


def own_choices(
    columns: Iterable[OwnColumn], *, beside: Iterable[str], tells_whose: bool = True
) -> dict[OwnColumn, str]:
    """The same where the maps of each column stand beside it."""
    labels = own_labels(columns, tells_whose=tells_whose)
    seen = {one: (label, one.maps) for one, label in labels.items()}
    return _told_apart(labels, seen, (_of_step, _named), beside)


def _told_apart(
    labels: Mapping[OwnColumn, str],
    seen: Mapping[OwnColumn, object],
    marks: Sequence[Callable[[OwnColumn], str]],
    beside: Iterable[str],
) -> dict[OwnColumn, str]:
    """``labels``, with the first of the ``marks`` in brackets that differs among columns that are ``seen`` alike."""
    taken = {label.casefold() for label in beside}
    alike: dict[object, list[OwnColumn]] = {}
    for column, what in seen.items():
        alike.setdefault(what, []).append(column)
    told = dict(labels)
    for group in alike.values():
        # A column of every company has none of the marks.
        others = [""] if labels[group[0]].casefold() in taken else []
        if len(group) + len(others) == 1:
            continue
        differs = next(
            (mark for mark in marks if len({*map(mark, group), *others}) == len(group) + len(others)), marks[-1]
        )
        told |= {one: f"{labels[one]} ({differs(one)})" for one in group if differs(one)}
    return told


def _of_maps(column: OwnColumn) -> str:
    return ", ".join(column.maps)


def _of_step(column: OwnColumn) -> str:
    return column.step


def _of_step_of_maps(column: OwnColumn) -> str:
    return ", ".join((*column.maps, *([column.step] if column.step else [])))


def _named(column: OwnColumn) -> str:
    return column.name


def numeric(columns: Iterable[OwnColumn]) -> frozenset[str]:
    """The words of the columns that hold numbers."""
    return frozenset(one.value for one in columns if one.definition.value_type in NUMBERS)


def deal_cells(session: Session, columns: Sequence[OwnColumn], deal_ids: Iterable[int]) -> Cells:
    """Of the deals of one page, as people read them: a dash where there is no value."""
    return _each(values_of_deals(session, columns, set(deal_ids)), session, _short)


def client_cells(session: Session, columns: Sequence[OwnColumn], fields: Mapping[int, Mapping[str, Any]]) -> Cells:
    """The same of clients whose stored ``fields`` by id were read with them."""
    return _each(values_of_clients(session, columns, fields), session, _short)


def with_deal_cells(
    session: Session, columns: Sequence[OwnColumn], rows: Iterable[Row], deal_id: Callable[[Row], int]
) -> Iterator[tuple[Row, tuple[Any, ...]]]:
    """Each row with what its line of a spreadsheet ends with: nothing where there is no value. Read page by page."""
    return _with_cells(rows, deal_id, columns, lambda page: values_of_deals(session, columns, set(page)), session)


def with_client_cells(
    session: Session, columns: Sequence[OwnColumn], rows: Iterable[ClientRow]
) -> Iterator[tuple[ClientRow, tuple[Any, ...]]]:
    """The same of clients."""
    return _with_cells(
        rows,
        lambda row: row.id,
        columns,
        lambda page: values_of_clients(session, columns, {key: row.fields for key, row in page.items()}),
        session,
    )


def _with_cells(
    rows: Iterable[Row],
    row_id: Callable[[Row], int],
    columns: Sequence[OwnColumn],
    values: Callable[[Mapping[int, Row]], OwnValues],
    session: Session,
) -> Iterator[tuple[Row, tuple[Any, ...]]]:
    remaining = iter(rows)
    while page := list(islice(remaining, LONGEST_PAGE)):
        cells = _each(values({row_id(row): row for row in page}), session, _in_sheet)
        for row in page:
            yield row, tuple(cells[row_id(row)][one.value] for one in columns)


def _each(values: OwnValues, session: Session, write: _Write) -> Cells:
    return {
        row_id: {column.value: write(session, one, values.names) for column, one in held.items()}
        for row_id, held in values.by_row.items()
    }


def _short(session: Session, held: HeldValue, names: Names) -> str:
    text = _text(session, held, names)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN].rstrip()}…"


def _in_sheet(session: Session, held: HeldValue, names: Names) -> Any:
    if held.stored in _EMPTY:
        return None
    try:
        value = from_json(held.definition, held.stored)
    except FieldNotUnderstood:  # stored before the field was what it is
        return legible(str(held.stored))
    return value if isinstance(value, Decimal | date) else _text(session, held, names)


def _text(session: Session, held: HeldValue, names: Names) -> str:
    kind, stored = held.definition.value_type, held.stored
    if stored in _EMPTY:
        return _NO_VALUE
    if kind in {FieldType.PERSON, FieldType.CLIENT} and (number := reference(stored)) is not None:
        return legible(names.get((kind, number), "")) or _NO_VALUE
    if kind is FieldType.FILE:  # in the version of the map that this deal follows
        return ", ".join(str(one["name"]) for one in stored if isinstance(one, Mapping) and "name" in one) or _NO_VALUE
    return legible(shown_field(session, held.definition, stored, held.currency))
