"""Lists of clients that were brought, in words: how an import stands, what a row would do or has done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import N_
from engine.model.client_import import ImportKind, ImportState, RowState
from engine.policy.client_columns import CLIENT_COLUMNS, NOTE_COLUMNS
from engine.policy.imported_rows import KeptInNote, ReadRow, read_client_row, read_note_row
from engine.queries.client_imports import ImportRow, ListedRow
from webui.i18n import _, ngettext
from webui.version_changes import reason_words

IMPORT_STATES: Mapping[ImportState, tuple[str, str]] = {
    ImportState.CHOOSING: (N_("columns to be looked at"), "warning"),
    ImportState.CHECKING: (N_("being read"), "accent"),
    ImportState.CHECKED: (N_("waits for your word"), "warning"),
    ImportState.UNREADABLE: (N_("not understood"), "danger"),
    ImportState.RUNNING: (N_("at work"), "accent"),
    ImportState.DONE: (N_("finished"), "good"),
    ImportState.STOPPED: (N_("stopped"), "neutral"),
    ImportState.UNDOING: (N_("being undone"), "accent"),
    ImportState.UNDONE: (N_("undone"), "neutral"),
}

ROW_STATES: Mapping[RowState, tuple[str, str]] = {
    RowState.NEW: (N_("Will be added"), "good"),
    RowState.COMPLETES: (N_("Adds to who is here"), "accent"),
    RowState.SAME: (N_("Here already"), "neutral"),
    RowState.REFUSED: (N_("Mistake"), "danger"),
    RowState.ADDED: (N_("Added"), "good"),
    RowState.FILLED: (N_("Added to who was here"), "good"),
    RowState.LEFT: (N_("Was here already"), "neutral"),
    RowState.UNDONE: (N_("Taken back"), "accent"),
    RowState.KEPT: (N_("Stays: it is in use"), "warning"),
}

_BY: Mapping[str, str] = {
    "edrpou": N_("the same EDRPOU code"),
    "phone": N_("the same phone"),
    "email": N_("the same e-mail"),
    "name": N_("the same name"),
}
_SAMPLE = 160
_PROBLEM = "problem"
_REMARK = "remark"
_PLAIN = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the page shows it. ``told`` are sentences with their kind: a problem, a remark, or neither.

    ``is_over``: it was taken over, and only whom it was about is known of it any more.
    """

    number: int
    name: str
    under_name: str
    phone: str
    email: str
    contact: str
    word: str
    tone: str
    told: tuple[tuple[str, str], ...]
    client_id: int | None
    client_name: str
    is_over: bool


def line(brought: ImportRow, row: ListedRow) -> Line:
    """The row in words. Of a row that was taken over, only whom it is about is known any more."""
    read = read_row(brought, row.cells)
    word, tone = ROW_STATES[row.state]
    is_note = brought.kind is ImportKind.NOTES
    note = next(iter(read.notes), None) if is_note else None
    return Line(
        number=row.number,
        name=read.name,
        under_name=" · ".join(filter(None, (read.edrpou, note.author if note else ""))),
        phone=next(iter(read.phones), ""),
        email=next(iter(read.emails), ""),
        contact=note.text[:_SAMPLE] if note else ", ".join(filter(None, (read.contact, read.position))),
        word=_(word),
        tone=tone,
        told=tuple(_told(brought, row)),
        client_id=row.client_id if row.client_name else None,
        client_name=row.client_name,
        is_over=not row.cells,
    )


def read_row(brought: ImportRow, cells: Sequence[str]) -> ReadRow:
    """What a row says by itself; nothing where its cells are kept no more."""
    if not cells:
        return ReadRow()
    if brought.kind is ImportKind.NOTES:
        return read_note_row(cells, brought.columns, brought.headings, "UTC")
    return read_client_row(cells, brought.columns, brought.headings)


def _told(brought: ImportRow, row: ListedRow) -> Iterator[tuple[str, str]]:
    for sentence in problems(brought, row):
        yield _PROBLEM, sentence
    if row.state in (RowState.SAME, RowState.COMPLETES) or (
        row.state is RowState.NEW and brought.kind is ImportKind.NOTES
    ):
        yield from ((_PLAIN, one) for one in _sameness(row.told))
    if row.told.get("contact"):
        yield _PLAIN, _("A contact will be added.")
    if row.told.get("notes") and brought.kind is ImportKind.CLIENTS:
        yield _PLAIN, _("A note will be added.")
    for remark in (row.told.get("remarks") or ()) if row.state is not RowState.REFUSED else ():
        if row.state is not RowState.SAME or remark["code"] != KeptInNote.code:  # that note is there already
            yield _REMARK, reason_words(remark)


def _sameness(told: Mapping[str, Any]) -> Iterator[str]:
    label = _BY.get(told.get("by") or "")
    by = _(label) if label else ""
    if told.get("row"):
        yield _("As in row %(number)s: %(why)s.", number=told["row"], why=by)
    elif by:
        yield by[:1].upper() + by[1:] + "."


def problems(brought: ImportRow, row: ListedRow) -> list[str]:
    """Why a row was refused: each with the heading of its column."""
    told = []
    for meaning, fault in (row.told.get("faults") or {}).items():
        heading, sentence = heading_of(brought, meaning), reason_words(fault)
        told.append(_("%(heading)s: %(problem)s", heading=heading, problem=sentence) if heading else sentence)
    return told


def heading_of(brought: ImportRow, meaning: str) -> str:
    """What the file itself calls the column of this meaning; else what it is called here."""
    if meaning in brought.columns:
        return brought.headings[list(brought.columns).index(meaning)]
    labels = NOTE_COLUMNS if brought.kind is ImportKind.NOTES else CLIENT_COLUMNS
    return _(labels[meaning]) if meaning in labels else ""


def start_label(brought: ImportRow) -> str:
    """What the button says that takes the rows over."""
    new, completes = brought.counts.get(RowState.NEW, 0), brought.counts.get(RowState.COMPLETES, 0)
    if brought.kind is ImportKind.NOTES:
        return ngettext("Add %(num)s note", "Add %(num)s notes", new)
    adds = ngettext("Add %(num)s client", "Add %(num)s clients", new)
    if not completes:
        return adds
    completing = ngettext("Complete %(num)s client", "Complete %(num)s clients", completes)
    return (
        _("%(adds)s, %(completes)s", adds=adds, completes=completing[:1].lower() + completing[1:])
        if new
        else completing
    )
