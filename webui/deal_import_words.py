"""Files of deals that were brought, in words: what a row says, what is wrong with it, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.bpmn.compiled import FieldDefinition
from engine.commands.deal_sheets import COLUMNS, Locale, SheetRow, understood
from engine.errors import N_, FieldRequired
from engine.model.client_import import ImportState, RowState
from engine.queries.deal_imports import DealImportView, DealRow
from webui.i18n import _
from webui.import_words import IMPORT_STATES
from webui.version_changes import reason_words

DEAL_IMPORT_STATES: Mapping[ImportState, tuple[str, str]] = {
    state: IMPORT_STATES[state]
    for state in (
        ImportState.CHECKING,
        ImportState.CHECKED,
        ImportState.UNREADABLE,
        ImportState.RUNNING,
        ImportState.DONE,
        ImportState.STOPPED,
    )
}
DEAL_ROW_STATES: Mapping[RowState, tuple[str, str]] = {
    RowState.REFUSED: (N_("Mistake"), "danger"),
    RowState.NEW: (N_("Will be opened"), "good"),
    RowState.ADDED: (N_("Opened"), "good"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """``field`` is the heading of the column at fault, empty where it is no column's."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DealLine:
    """A row as the page shows it. ``own`` are the cells of the map's fields, with their labels."""

    number: int
    title: str
    client: str
    edrpou: str
    amount: Decimal | None
    currency: str
    owner: str
    close_date: date | None
    own: tuple[tuple[str, str], ...]
    word: str
    tone: str
    problems: tuple[Problem, ...]
    deal_id: int | None
    deal_number: str


def deal_line(brought: DealImportView, row: DealRow, own: Mapping[str, FieldDefinition]) -> DealLine:
    """The row in words. ``own`` are the columns of the map's fields."""
    locale: Locale = "en" if brought.locale == "en" else "uk"
    read = understood(SheetRow(row.number, row.texts), brought.definition_key, locale, own).row
    word, tone = DEAL_ROW_STATES[row.state]
    client = read.draft.client
    return DealLine(
        number=row.number,
        title=row.deal_title or read.draft.title,
        client=client.name if client is not None else "",
        edrpou=client.edrpou if client is not None else "",
        amount=read.draft.amount,
        currency=read.draft.currency,
        owner=str(read.owner or "") or brought.requested_by,
        close_date=read.draft.close_date,
        own=tuple((own[column].label or own[column].name, text) for column, text in row.texts.items() if column in own),
        word=_(word),
        tone=tone,
        problems=deal_problems(row, own),
        deal_id=row.deal_id,
        deal_number=row.deal_number,
    )


def deal_problems(row: DealRow, own: Mapping[str, FieldDefinition]) -> tuple[Problem, ...]:
    """Each with the column where it stands. A new client's own fields have columns without its prefix."""
    headings = {column: names[0] for column, names in COLUMNS.items()} | {
        "client.name": COLUMNS["client"][0],
        "definition_key": N_("Sales map"),
    }
    headings |= {column: field.label or field.name for column, field in own.items()}
    problems = []
    for name, fault in row.faults.items():
        heading = headings.get(name) or headings.get(name.removeprefix("client."), name)
        problems.append(Problem(_(heading) if heading else "", reason_words(_at_its_column(fault, heading))))
    return tuple(problems)


def _at_its_column(fault: Mapping[str, Any], heading: str) -> Mapping[str, Any]:
    """What is missing is told by the heading of its column."""
    return {**fault, "params": {"label": heading}} if fault["code"] == FieldRequired.code else fault
