"""Handbooks of maps that stand in no database, and the texts of what is written from them."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from docx import Document
from pypdf import PdfReader

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.picture import read_picture
from engine.bpmn.purpose import purpose_of
from engine.bpmn.strokes import draw
from engine.model.process_definition import DefinitionState
from engine.queries.definitions import DefinitionVersion, DefinitionView
from engine.queries.handbooks import HandbookSource

UPLOADED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def source_of(content: bytes, process: CompiledProcess | None) -> HandbookSource:
    """The file as version 1, a draft."""
    row = DefinitionVersion(
        id=1,
        key=process.key if process is not None else "map",
        version=1,
        name=process.name if process is not None else "map",
        state=DefinitionState.DRAFT,
        created_at=UPLOADED,
        created_by_name="",
        published_at=None,
        published_by_name="",
        published_note="",
        retired_at=None,
        errors=0,
        warnings=0,
        notices=0,
        running_deals=0,
        can_run=process is not None,
    )
    view = DefinitionView(
        row=row,
        versions=(row,),
        steps=tuple(process.steps.values()) if process is not None else (),
        stages=process.stages if process is not None else (),
        decisions=(),
        calls=(),
        findings=(),
        files=(),
        called=(),
        callers=(),
    )
    return HandbookSource(view, process, draw(read_picture(content)), purpose_of(content, row.key))


def pdf_text(content: bytes) -> str:
    """Everything that stands on its pages, lines and words alike divided by one space."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def docx_text(content: bytes) -> str:
    """Everything in its paragraphs and tables."""
    document = Document(io.BytesIO(content))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return " ".join(" ".join([*(one.text for one in document.paragraphs), *cells]).split())
