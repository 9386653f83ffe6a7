"""The table of steps as a spreadsheet: written for Excel, and read back with what changed in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.bpmn.step_cells import StepCell, read_cell
from engine.commands.deal_sheets import sheet_lines
from engine.errors import N_, DomainError
from engine.policy.search_keys import fold
from engine.queries.step_table import StepTable, TableRow
from webui.i18n import _
from webui.messages import error_text
from webui.step_grid import HEADINGS, Edits

ADDRESS = N_("Code of the step (do not change)")
NAME = N_("Step")
_FORMULA_SIGNS = ("=", "+", "-", "@")
_MOST_ROWS = 3_000
WIDTHS = (22, 32, 20, 26, 22, 18, 40, 18, 12, 30, 20, 16, 16, 18, 30, 60, 16)


class SheetWithoutSteps(DomainError):
    code: ClassVar[str] = "sheet_without_steps"
    template: ClassVar[str] = N_("The file needs the column “%(heading)s”: export the table and edit that file.")


class StepNotInMap(DomainError):
    code: ClassVar[str] = "step_not_in_map"
    template: ClassVar[str] = N_("This map has no step with the code “%(address)s”.")


class StepTwice(DomainError):
    code: ClassVar[str] = "step_twice"
    template: ClassVar[str] = N_("The step “%(address)s” stands in the file twice.")


@dataclass(frozen=True, slots=True)
class CellChange:
    """``step`` and ``heading`` say where, in the reader's words."""

    step: str
    heading: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SheetFault:
    """``row`` is the number of the line in the file; ``column`` its heading, empty where it is no column's."""

    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StepSheet:
    """What an edited file changes. While there are ``faults``, nothing of it can be saved."""

    edits: Edits
    faults: tuple[SheetFault, ...]
    unused: tuple[str, ...] = ()


def header() -> list[str]:
    return [_(ADDRESS), _(NAME), *(_(heading) for heading in HEADINGS.values())]


def sheet_rows(table: StepTable) -> Iterator[Sequence[Any]]:
    """The steps that can be edited, a row each."""
    for row in table.rows:
        if row.is_editable:
            yield [row.address, row.step.name, *(row.texts[cell] for cell in HEADINGS)]


def changes(table: StepTable, edits: Edits) -> list[CellChange]:
    """Every edit as a sentence can tell it."""
    told = []
    for address, cells in edits.items():
        row = table.row(address)
        for cell, text in cells.items():
            step, before = (row.step.name or address, row.texts[cell]) if row is not None else (address, "")
            told.append(CellChange(step, _(HEADINGS[cell]), before, text))
    return told


def read_step_sheet(content: bytes, table: StepTable) -> StepSheet:
    """What differs from the table as it is now. Columns that are missing stay as they are.

    Raises SheetNotUnderstood, SheetWithoutSteps.
    """
    lines = sheet_lines(content)
    headings = [" ".join(cell.split()) for cell in next(lines, ())]
    reading = _Reading(table, [_column_of(heading) for heading in headings])
    if ADDRESS not in reading.columns:
        raise SheetWithoutSteps(heading=_(ADDRESS))
    for number, cells in enumerate(lines, start=2):
        if number > _MOST_ROWS:
            break
        reading.line(number, cells)
    unused = (one for one, meant in zip(headings, reading.columns, strict=True) if meant is None and one)
    return StepSheet(reading.edits, tuple(reading.faults), tuple(unused))


@dataclass(slots=True)
class _Reading:
    table: StepTable
    columns: list[str | StepCell | None]
    edits: dict[str, dict[StepCell, str]] = field(default_factory=dict)
    faults: list[SheetFault] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def line(self, number: int, cells: Sequence[str]) -> None:
        texts = {meant: _typed(cell) for meant, cell in zip(self.columns, cells, strict=False) if meant is not None}
        if not any(texts.values()):
            return
        address = str(texts.get(ADDRESS, ""))
        row = self.table.row(address)
        if row is None or address in self.seen:
            error = StepTwice(address=address) if address in self.seen else StepNotInMap(address=address)
            self.faults.append(SheetFault(number, _(ADDRESS), error_text(error)))
            return
        self.seen.add(address)
        for cell, text in texts.items():
            if isinstance(cell, StepCell):
                self._cell(number, row, cell, text)

    def _cell(self, number: int, row: TableRow, cell: StepCell, text: str) -> None:
        if text == row.texts[cell].strip():
            return
        try:
            read_cell(cell, text)
        except DomainError as error:
            self.faults.append(SheetFault(number, _(HEADINGS[cell]), error_text(error)))
            return
        self.edits.setdefault(row.address, {})[cell] = text


def _column_of(heading: str) -> str | StepCell | None:
    """The column that a heading in either language means."""
    known = fold(heading)
    columns: list[tuple[str | StepCell, str]] = [(ADDRESS, ADDRESS), (NAME, NAME), *HEADINGS.items()]
    return next((column for column, title in columns if known in {fold(title), fold(_(title))}), None)


def _typed(text: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking a text for a formula."""
    text = text.strip().replace("\r\n", "\n")
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA_SIGNS) else text
