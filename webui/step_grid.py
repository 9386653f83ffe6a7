"""The table of steps as its editor sees it: each cell's text, what was understood of it, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from flask import abort
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.bpmn.deadline_rules import DeadlineRule, RelativeToField
from engine.bpmn.distribution_text import distribution_words
from engine.bpmn.step_cells import (
    OF_APPROVALS,
    CellMeaning,
    StepCell,
    approval_words,
    content_words,
    freedom_words,
    proof_words,
    read_cell,
    yes_and_no,
    yes_word,
)
from engine.errors import N_, DomainError
from engine.policy.assignment import Directory, resolve_name
from engine.policy.due_dates import due_at
from engine.queries.directories import directory
from engine.queries.step_table import StepTable, TableRow
from webui.deadlines import company_calendar, rule_words, said
from webui.forms.typed_values import holdable
from webui.i18n import _, chosen_locale
from webui.map_steps import KINDS, approval_sentence, content_sentence, distribution_sentence, escalation_words
from webui.messages import error_text
from webui.request_context import now

Edits = Mapping[str, Mapping[StepCell, str]]

HEADINGS: Mapping[StepCell, str] = {
    StepCell.STAGE: N_("Stage"),
    StepCell.RESPONSIBLE: N_("Responsible"),
    StepCell.DISTRIBUTION: N_("Given out"),
    StepCell.DEADLINE: N_("Deadline"),
    StepCell.ESCALATION: N_("Escalation"),
    StepCell.APPROVAL: N_("Approval"),
    StepCell.FOUR_EYES: N_("Four eyes"),
    StepCell.APPROVED_CONTENT: N_("What is approved"),
    StepCell.REAUTHENTICATE: N_("Proof of who decides"),
    StepCell.RECALL: N_("May be taken back"),
    StepCell.CONTENT_SEEN: N_("Programs have to read it"),
    StepCell.REASK: N_("May change afterwards"),
    StepCell.REQUIRED: N_("Required fields"),
    StepCell.INSTRUCTION: N_("Instruction"),
    StepCell.FREEDOM: N_("Freedom"),
}
_MOST_EDITS = 3_000
_LONGEST_ADDRESS = 500
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class GridCell:
    """``said`` is what was understood, in words; ``problem`` what stands against saving; ``unknown`` names nobody."""

    cell: StepCell
    text: str = ""
    said: str = ""
    problem: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def unknown_said(self) -> str:
        """A draft may name who does not exist, a published map may not."""
        if not self.unknown:
            return ""
        return _("No department or person is called so: %(names)s.", names=", ".join(self.unknown))


@dataclass(frozen=True, slots=True)
class GridRow:
    row: TableRow
    kind: str
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen in a cell instead of typed: ``closed`` cells take nothing else."""

    suggested: Mapping[StepCell, tuple[str, ...]]
    closed: Mapping[StepCell, tuple[str, ...]]


def grid_rows(session: Session, table: StepTable) -> tuple[GridRow, ...]:
    known = directory(session)
    labels = {field.name: field.label for row in table.rows for field in row.step.fields if field.label}
    return tuple(
        GridRow(
            row,
            _(KINDS[row.step.kind]),
            tuple(_drawn(row, cell, known, labels) for cell in cells_shown(table)),
        )
        for row in table.rows
    )


def cells_shown(table: StepTable) -> tuple[StepCell, ...]:
    """The columns: what only approvals say is left out where the map has none."""
    has_approvals = any(row.step.kind is StepKind.APPROVAL for row in table.rows)
    return tuple(cell for cell in StepCell if has_approvals or cell not in OF_APPROVALS)


def choices(session: Session, table: StepTable) -> Choices:
    known, language = directory(session), chosen_locale()
    return Choices(
        suggested={
            StepCell.STAGE: _written(table, StepCell.STAGE),
            StepCell.RESPONSIBLE: (
                *(one.name for one in known.in_use),
                *(one.full_name for one in known.people if one.is_active),
                "=owner",
            ),
            StepCell.DEADLINE: _written(table, StepCell.DEADLINE),
            StepCell.ESCALATION: _written(table, StepCell.ESCALATION),
            StepCell.APPROVAL: approval_words(language),
            StepCell.APPROVED_CONTENT: (*content_words(language), *_written(table, StepCell.APPROVED_CONTENT)),
        },
        closed={
            StepCell.DISTRIBUTION: tuple(distribution_words(language).values()),
            StepCell.FOUR_EYES: (yes_word(language),),
            StepCell.REAUTHENTICATE: proof_words(language),
            StepCell.RECALL: yes_and_no(language),
            StepCell.CONTENT_SEEN: (yes_word(language),),
            StepCell.REASK: (yes_word(language),),
            StepCell.FREEDOM: freedom_words(language),
        },
    )


def _written(table: StepTable, cell: StepCell) -> tuple[str, ...]:
    """What stands in the column already, each text once."""
    return tuple(dict.fromkeys(text for row in table.rows if (text := row.texts[cell])))


def checked_cells(session: Session, edits: Edits) -> dict[str, dict[str, GridCell]]:
    """What each edited cell would mean. Nothing is compiled and nothing kept."""
    known = directory(session)
    return {
        address: {cell.value: told_cell(cell, text, known) for cell, text in cells.items()}
        for address, cells in edits.items()
    }


def told_cell(cell: StepCell, text: str, known: Directory) -> GridCell:
    """The cell as it is understood, or why it is not."""
    try:
        meaning = read_cell(cell, text)
    except DomainError as error:
        return GridCell(cell, text, problem=error_text(error))
    return GridCell(cell, text, _said(meaning), unknown=_unknown(cell, meaning, known))


def read_edits(text: str) -> dict[str, dict[StepCell, str]]:
    """The edits as the page sends them: ``{"row": {"deadline": "3 р.д."}}``. Whatever else is no request of ours."""
    try:
        sent: Any = orjson.loads(text)
        edits = {
            address: {StepCell(cell): _text(value) for cell, value in cells.items()} for address, cells in sent.items()
        }
    except (ValueError, TypeError, AttributeError):
        abort(400)
    if sum(map(len, edits.values())) > _MOST_EDITS or any(len(one) > _LONGEST_ADDRESS for one in edits):
        abort(400)
    return edits


def rule_said(rule: DeadlineRule, start: datetime | None = None) -> str:
    """What was understood, and when a step opened now would be due: "3 working days → Thu by 15:00"."""
    words = rule_words(rule)
    if isinstance(rule, RelativeToField):
        return words
    try:
        due = said(due_at(rule, start or now(), company_calendar()))
    except DomainError as error:
        return f"{words} → {error_text(error)}"
    return f"{words} → {due.words}" if due is not None else words


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise TypeError
    return holdable(value)


def _drawn(row: TableRow, cell: StepCell, known: Directory, labels: Mapping[str, str]) -> GridCell:
    """A cell as the version has it: a deadline may be drawn, and then has words and no text."""
    step, text = row.step, row.texts[cell]
    if cell is StepCell.DEADLINE and not text and step.deadline is not None:
        return GridCell(cell, said=rule_said(step.deadline))
    if cell is StepCell.ESCALATION and not text and step.kind is not StepKind.CHOICE:
        return GridCell(cell, said=_("as the department"))
    if cell is StepCell.APPROVED_CONTENT and step.approved_content is not None:
        sentence = content_sentence(step.approved_content, labels)
        return GridCell(cell, text, "" if sentence.casefold() == text.casefold() else sentence)
    told = told_cell(cell, text, known)
    return replace(told, said="") if cell is StepCell.ESCALATION else told  # the text is made of the same words


def _said(meaning: CellMeaning) -> str:
    if meaning.deadline is not None:
        return rule_said(meaning.deadline)
    if meaning.escalation is not None:
        return "; ".join(escalation_words(meaning.escalation)) or _("no escalation")
    if meaning.approval is not None:
        return approval_sentence(meaning.approval)
    if meaning.distribution is not None:
        return distribution_sentence(meaning.distribution)
    if meaning.names == ("=owner",):
        return _("the deal’s owner")
    return ""


def _unknown(cell: StepCell, meaning: CellMeaning, known: Directory) -> tuple[str, ...]:
    if cell is StepCell.RESPONSIBLE:
        names: Iterable[str] = meaning.names
    else:
        names = meaning.approval.approvers if meaning.approval is not None else ()
    return tuple(name for name in names if not name.startswith("=") and resolve_name(name, known).unknown)
