"""Files of deals that were brought, in words: what a row says, what is wrong with it, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.compiled import FieldDefinition
from engine.commands.deal_sheets import COLUMNS, Locale, SheetRow, understood
from engine.errors import N_, FieldRequired
from engine.model.client_import import ImportState, RowState
from engine.queries.deal_imports import DealImportView, DealRow, OpenedDeal
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
    """A row as the page shows it. ``deal`` is the one that was opened, else what the row says.

    ``own`` are the cells of the map's fields, with their labels.
    """

    number: int
    deal: OpenedDeal
    edrpou: str
    own: tuple[tuple[str, str], ...]
    word: str
    tone: str
    problems: tuple[Problem, ...]
    is_open: bool


def deal_line(brought: DealImportView, row: DealRow, own: Mapping[str, FieldDefinition]) -> DealLine:
    """The row in words. ``own`` are the columns of the map's fields."""
    word, tone = DEAL_ROW_STATES[row.state]
    deal = row.deal or _as_read(brought, row, own)
    return DealLine(
        number=row.number,
        deal=deal,
        edrpou=row.texts.get("edrpou", ""),
        own=tuple((own[column].label or own[column].name, text) for column, text in row.texts.items() if column in own),
        word=_(word),
        tone=tone,
        problems=deal_problems(row, own),
        is_open=row.deal is not None,
    )


def _as_read(brought: DealImportView, row: DealRow, own: Mapping[str, FieldDefinition]) -> OpenedDeal:
    """The deal that the row would open."""
    locale: Locale = "en" if brought.locale == "en" else "uk"
    draft = understood(SheetRow(row.number, row.texts), brought.definition_key, locale, own).row.draft
    return OpenedDeal(
        id=0,
        number="",
        title=draft.title,
        client=row.texts.get("client", ""),
        owner=row.texts.get("owner") or brought.requested_by,
        amount=draft.amount,
        currency=draft.currency,
        close_date=draft.close_date,
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
