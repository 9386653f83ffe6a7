"""The handbook as a document to go on writing in: real headings, tables, and the diagram as a picture."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from webui.handbook import Block, Drawing, Facts, Handbook, Heading, Paragraph, Table
from webui.map_drawings import as_png

_WIDTH, _HEIGHT, _MARGIN = Mm(210), Mm(297), Mm(18)
_FONT = "Arial"
_LONGEST_PROPERTY = 255  # the format's own limit


def handbook_docx(book: Handbook, *, fonts: Path, at: datetime) -> bytes:
    """In the language in which the handbook was written; ``at`` becomes the document's date."""
    document = Document()
    _prepare(document, book, at)
    document.add_heading(book.title, level=0)
    document.add_paragraph(book.subtitle, style="Subtitle")
    writer = _Writer(document, fonts)
    for block in book.blocks:
        writer.write(block)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _prepare(document: Any, book: Handbook, at: datetime) -> None:
    told = document.core_properties
    told.title, told.subject = book.title[:_LONGEST_PROPERTY], book.subtitle[:_LONGEST_PROPERTY]
    told.author, told.comments = "", ""
    told.created = told.modified = at.replace(tzinfo=None)
    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2"):
        font = document.styles[name].font
        font.name = _FONT
        properties = document.styles[name].element.get_or_add_rPr()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            properties.get_or_add_rFonts().set(qn(kind), _FONT)
    document.styles["Normal"].font.size = Pt(10)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    _page(document.sections[0], across=False)
    foot = document.sections[0].footer.paragraphs[0]
    foot.text = f"{book.title} · {book.subtitle} · "
    _add_page_number(foot)


def _page(section: Any, *, across: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (_HEIGHT, _WIDTH) if across else (_WIDTH, _HEIGHT)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN


def _add_page_number(paragraph: Any) -> None:
    """A field that the word processor fills."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001  # python-docx has no fields of its own


class _Writer:
    def __init__(self, document: Any, fonts: Path) -> None:
        self._document, self._fonts = document, fonts

    def write(self, block: Block) -> None:
        match block:
            case Heading():
                self._document.add_heading(block.text, level=block.level)
            case Paragraph():
                self._document.add_paragraph(block.text)
            case Facts():
                self._facts(block)
            case Table():
                self._table(block)
            case Drawing():
                self._drawing(block)

    def _facts(self, facts: Facts) -> None:
        if not facts.rows:
            return
        table = self._document.add_table(rows=0, cols=2)
        table.autofit = False
        _set_widths(table, (Mm(42), Mm(132)))
        for label, lines in facts.rows:
            cells = table.add_row().cells
            cells[0].paragraphs[0].add_run(label).bold = True
            cells[1].text = "\n".join(lines)
        self._document.add_paragraph()

    def _table(self, told: Table) -> None:
        table = self._document.add_table(rows=1, cols=len(told.header), style="Table Grid")
        table.autofit = False
        for cell, text in zip(table.rows[0].cells, told.header, strict=True):
            cell.paragraphs[0].add_run(text).bold = True
        _repeat_on_every_page(table.rows[0])
        for texts in told.rows:
            for cell, text in zip(table.add_row().cells, texts, strict=True):
                cell.text = text
        whole = sum(told.widths)
        _set_widths(table, tuple(Mm(round(174 * share / whole)) for share in told.widths))
        self._document.add_paragraph()

    def _drawing(self, drawing: Drawing) -> None:
        """On a page across of its own."""
        _page(self._document.add_section(WD_SECTION.NEW_PAGE), across=True)
        self._document.add_heading(drawing.heading.text, level=drawing.heading.level)
        sheet = drawing.sheet
        width, height = Mm(261), Mm(145)
        sizes = {"width": width} if sheet.width / sheet.height > width / height else {"height": height}
        self._document.add_picture(io.BytesIO(as_png(sheet, fonts=self._fonts)), **sizes)
        self._describe(drawing.caption)
        self._document.add_paragraph(drawing.caption, style="Caption")
        _page(self._document.add_section(WD_SECTION.NEW_PAGE), across=False)

    def _describe(self, caption: str) -> None:
        """For those who hear the document: what the picture shows."""
        shape = self._document.inline_shapes[-1]
        shape._inline.docPr.set("descr", caption)  # noqa: SLF001  # python-docx does not set it


def _set_widths(table: Any, widths: tuple[Any, ...]) -> None:
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width


def _repeat_on_every_page(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001  # python-docx does not set it
