"""A spreadsheet of deals as people keep it: which column means what, and what each row says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Literal

from engine.adapters.spreadsheets import SheetNotUnderstood, sheet_rows
from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.clients import ClientDraft
from engine.commands.deal_imports import MOST_ROWS, ImportRow
from engine.commands.deals import DealDraft
from engine.errors import N_, DomainError
from engine.policy.field_values import read_value, to_json
from engine.policy.search_keys import fold
from engine.queries.sheet_columns import OWN, OWN_OF_CLIENT, own_column

Locale = Literal["uk", "en"]

MOST_BYTES = 2 * 1024 * 1024
_LONGEST_CELL = 300
_MOST_LINES = 200_000  # empty ones count: a sheet of a few kilobytes can claim to have millions
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": (N_("What is sold"), "title", "deal", "угода", "назва", "що продаємо"),
    "client": (N_("Client"), "client", "company", "клієнт", "компанія"),
    "edrpou": (N_("EDRPOU"), "edrpou", "єдрпоу", "код єдрпоу"),
    "phone": (N_("Phone"), "phone", "телефон"),
    "email": (N_("E-mail"), "email", "e-mail", "пошта", "електронна пошта"),
    "amount": (N_("Amount"), "amount", "sum", "сума"),
    "currency": (N_("Currency"), "currency", "валюта"),
    "owner": (N_("Owner"), "owner", "manager", "відповідальний", "менеджер"),
    "close_date": (N_("Close date"), "close date", "close_date", "дата закриття"),
}
"""What a column means: its heading in our own template first, then what else people call it."""

_AMOUNT = FieldDefinition(name="amount", label=N_("Amount"), type=FieldType.MONEY)
_CLOSE_DATE = FieldDefinition(name="close_date", label=N_("Close date"), type=FieldType.DATE)


class SheetWithoutColumns(DomainError):
    code: ClassVar[str] = "sheet_without_columns"
    template: ClassVar[str] = N_("The first row needs the headings “What is sold” and “Client”.")


class SheetTooLong(DomainError):
    code: ClassVar[str] = "sheet_too_long"
    template: ClassVar[str] = N_("A file may have up to %(maximum)s deals. Divide it.")


class SheetTooTall(DomainError):
    code: ClassVar[str] = "sheet_too_tall"
    template: ClassVar[str] = N_("The sheet has more than %(maximum)s rows. Delete the empty rows below the deals.")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """``number`` is the row's own in its file, the headings being row 1. ``texts`` are its cells by column."""

    number: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """``unused`` are headings that mean nothing here."""

    rows: tuple[SheetRow, ...]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """A file whose ``rows`` are still to be read."""

    rows: Iterator[SheetRow]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnderstoodRow:
    """A row as it would be imported. ``faults`` are cells that could not be read, by field."""

    row: ImportRow
    faults: Mapping[str, DomainError] = field(default_factory=dict)


def read_sheet(content: bytes, own: Mapping[str, FieldDefinition]) -> Sheet:
    """The rows of a CSV or XLSX file, empty ones left out. ``own`` are the columns of the map's fields.

    Raises SheetNotUnderstood, SheetWithoutColumns, SheetTooLong, SheetTooTall.
    """
    columns = open_sheet(sheet_lines(content), own)
    rows = tuple(islice(columns.rows, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise SheetTooLong(maximum=MOST_ROWS)
    return Sheet(rows, columns.unused)


def open_sheet(lines: Iterator[Sequence[str]], own: Mapping[str, FieldDefinition]) -> OpenSheet:
    """The headings of a file, and its rows to be read. Raises SheetNotUnderstood, SheetWithoutColumns."""
    headings = [" ".join(cell.split()) for cell in next(lines, ())]
    meant = [_column_of(heading, own) for heading in headings]
    if not {"title", "client"} <= set(meant):
        raise SheetWithoutColumns
    unused = (heading for heading, column in zip(headings, meant, strict=True) if column is None and heading)
    return OpenSheet(_rows_below(lines, meant), tuple(unused))


def _rows_below(lines: Iterator[Sequence[str]], meant: Sequence[str | None]) -> Iterator[SheetRow]:
    """The rows that hold something. Raises SheetNotUnderstood, SheetTooTall while they are read."""
    for number, cells in enumerate(lines, start=2):
        if number > _MOST_LINES:
            raise SheetTooTall(maximum=_MOST_LINES)
        texts: dict[str, str] = {}
        for column, cell in zip(meant, cells, strict=False):
            if column is not None and not texts.get(column):  # of two columns that mean the same, what is filled in
                texts[column] = cell.strip()[:_LONGEST_CELL]
        if any(texts.values()):
            yield SheetRow(number, texts)


def sheet_lines(content: bytes) -> Iterator[Sequence[str]]:
    """The rows of a CSV or XLSX file as texts, the headings first. Raises SheetNotUnderstood, also while it is read."""
    if len(content) > MOST_BYTES:
        raise SheetNotUnderstood
    return sheet_rows(content)


def understood(row: SheetRow, definition_key: str, locale: Locale, own: Mapping[str, FieldDefinition]) -> UnderstoodRow:
    """What a row says, numbers and dates in the spelling of ``locale`` or of the standard."""
    faults: dict[str, DomainError] = {}
    texts = row.texts
    client = ClientDraft(
        name=texts.get("client", ""),
        edrpou=texts.get("edrpou", ""),
        phone=texts.get("phone", ""),
        email=texts.get("email", ""),
        fields=_own_values(texts, OWN_OF_CLIENT, locale, own, faults),
    )
    draft = DealDraft(
        title=texts.get("title", ""),
        definition_key=definition_key,
        client=client,
        amount=_value(_AMOUNT, texts.get("amount", ""), locale, faults),
        currency=texts.get("currency", "").upper() or "UAH",
        close_date=_value(_CLOSE_DATE, texts.get("close_date", ""), locale, faults),
        fields=_own_values(texts, OWN, locale, own, faults),
    )
    return UnderstoodRow(ImportRow(row.number, draft, texts.get("owner") or None), faults)


def _own_values(
    texts: Mapping[str, str],
    prefix: str,
    locale: Locale,
    own: Mapping[str, FieldDefinition],
    faults: dict[str, DomainError],
) -> dict[str, Any]:
    return {
        column.removeprefix(prefix): to_json(_value(own[column], text, locale, faults))
        for column, text in texts.items()
        if column in own and column.startswith(prefix) and text
    }


def _value(definition: FieldDefinition, text: str, locale: Locale, faults: dict[str, DomainError]) -> Any:
    try:
        return read_value(definition, text, locale)
    except DomainError as error:
        faults[definition.name] = error
        return None


def _column_of(heading: str, own: Mapping[str, FieldDefinition]) -> str | None:
    known = fold(heading.removesuffix("*"))
    common = (column for column, names in COLUMNS.items() if known in {fold(name) for name in names})
    return next(common, None) or own_column(known, own)
