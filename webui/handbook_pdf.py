"""The handbook on paper: contents, bookmarks, the diagram as lines that stay sharp at any size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fpdf.fonts import FontFace
from fpdf.outline import TableOfContents

from engine.bpmn.strokes import Sheet
from webui.handbook import Block, Drawing, Facts, Handbook, Heading, Paragraph, Table
from webui.i18n import _
from webui.map_drawings import PaperDrawing
from webui.paper import FONT, MARGIN, Paper

_A4_HEIGHT, _A3_HEIGHT = 210.0, 297.0  # millimetres, of a page across
_A4_WIDTH, _A3_WIDTH = 297.0, 420.0
_READABLE = 0.15  # millimetres to a pixel: names in the boxes are then five points high
_CAPTION = 12.0
_ROOM_FOR_A_STEP = 45.0
_CELL, _LINE, _PADDING = 9, 5.0, 1.0  # of a table: points of its letters, millimetres of a line and around a cell
_NARROWEST = 5.0  # millimetres between the sides of a cell


def handbook_pdf(book: Handbook, *, fonts: Path) -> bytes:
    """In the language in which the handbook was written. Raises FontsMissing."""
    pdf = Paper(fonts, footer=f"{book.title} · {book.subtitle}")
    pdf.set_title(f"{book.title} · {book.subtitle}")
    pdf.heading(book.title)
    pdf.paragraph(book.subtitle)
    pdf.ln(3)
    writer = _Writer(pdf)
    contents_follow = any(isinstance(block, Heading) for block in book.blocks)
    for block in book.blocks:
        if contents_follow and isinstance(block, Heading):
            writer.contents()
            contents_follow = False
        writer.write(block)
    return bytes(pdf.output())


class _Writer:
    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf

    def contents(self) -> None:
        self._pdf.subheading(_("Contents"))
        self._pdf.ln(1)
        self._pdf.insert_toc_placeholder(_render_contents, allow_extra_pages=True)

    def write(self, block: Block) -> None:
        match block:
            case Heading():
                self._heading(block)
            case Paragraph():
                self._pdf.paragraph(block.text)
                self._pdf.ln(1)
            case Facts(rows=rows):
                for label, lines in rows:
                    self._pdf.line_of(label, "\n".join(lines))
            case Table():
                self._table(block)
            case Drawing():
                self._drawing(block)

    def _heading(self, heading: Heading) -> None:
        pdf = self._pdf
        if pdf.will_page_break(_ROOM_FOR_A_STEP):
            pdf.add_page()
        pdf.start_section(heading.text, level=heading.level - 1)
        if heading.level == 1:
            pdf.ln(4)
            pdf.heading(heading.text)
        else:
            pdf.subheading(heading.text)

    def _table(self, table: Table) -> None:
        """What no page can hold as a table, too many columns or too tall a row, is written line by line."""
        pdf = self._pdf
        pdf.ln(2)
        pdf.set_font(FONT, "B", _CELL)
        if not self._fits(table):
            self._as_lines(table)
            return
        pdf.set_font(FONT, "", _CELL)
        pdf.set_draw_color(190)
        pdf.set_line_width(0.2)
        head = FontFace(emphasis="BOLD", fill_color=(240, 242, 245))
        with pdf.table(
            col_widths=table.widths, line_height=_LINE, text_align="LEFT", padding=_PADDING, headings_style=head
        ) as rows:
            for cells in (table.header, *table.rows):
                row = rows.row()
                for cell in cells:
                    row.cell(cell)
        pdf.set_draw_color(0)
        pdf.ln(2)

    def _fits(self, table: Table) -> bool:
        """Whether its widest letter fits into each column, and its heading with each of its rows on a page."""
        whole = sum(table.widths)
        columns = [self._pdf.epw * share / whole - 2 * _PADDING for share in table.widths]
        if min(columns) < _NARROWEST:
            return False
        heading = self._tallest(table.header, columns)
        return all(heading + self._tallest(row, columns) <= self._pdf.eph for row in table.rows)

    def _tallest(self, cells: Sequence[str], columns: Sequence[float]) -> float:
        """The most that a row can take, in millimetres: broken lines are at least half full."""
        lines = (
            sum(1 + 2 * int(self._pdf.get_string_width(line) / width) for line in cell.split("\n"))
            for cell, width in zip(cells, columns, strict=True)
        )
        return max(lines) * _LINE + 2 * _PADDING

    def _as_lines(self, table: Table) -> None:
        for row in table.rows:
            for label, text in zip(table.header, row, strict=True):
                self._pdf.paragraph(f"{label}: {text or '—'}")
            self._pdf.ln(2)

    def _drawing(self, drawing: Drawing) -> None:
        """On a page across, as large as it needs to be read; a page after it follows upright again."""
        pdf, sheet = self._pdf, drawing.sheet
        is_large = _scale(sheet, _A4_WIDTH, _A4_HEIGHT) < _READABLE
        width, height = (_A3_WIDTH, _A3_HEIGHT) if is_large else (_A4_WIDTH, _A4_HEIGHT)
        pdf.add_page(orientation="L", format="A3" if is_large else "A4")
        pdf.start_section(drawing.heading.text)
        pdf.heading(drawing.heading.text)
        scale = _scale(sheet, width, height)
        left = MARGIN + (width - 2 * MARGIN - sheet.width * scale) / 2
        PaperDrawing(pdf, left=left, top=MARGIN + _CAPTION, scale=scale, family=FONT).draw(sheet)
        pdf.add_page(orientation="P", format="A4")


def _scale(sheet: Sheet, width: float, height: float) -> float:
    """Millimetres to a pixel at which the sheet fits on a page, never larger than people draw."""
    room = width - 2 * MARGIN, height - 2 * MARGIN - _CAPTION
    return min(room[0] / sheet.width, room[1] / sheet.height, 25.4 / 96)


def _render_contents(pdf: Any, outline: list[Any]) -> None:
    pdf.set_font(FONT, "", 9)
    TableOfContents(level_indent=6, line_spacing=1.3).render_toc(pdf, outline)
