"""The handbook of a map over HTTP: as data, as PDF, as a document."""

from __future__ import annotations

from flask import Response

from engine.queries.handbooks import handbook_source
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller, in_readers_language
from webui.api.models.definitions import DefinitionPath
from webui.api.models.handbooks import DefinitionHandbook, HandbookBlock
from webui.api.tags import MAPS
from webui.handbook import Block, Drawing, Facts, Handbook, Heading, Paragraph, Table, handbook
from webui.handbook_files import docx_file, pdf_file
from webui.request_context import now, reading

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FILE = {"schema": {"type": "string", "format": "binary"}}
_PDF_ANSWER = {"description": "The handbook to print.", "content": {"application/pdf": _FILE}}
_DOCX_ANSWER = {"description": "The handbook to go on writing in.", "content": {_DOCX: _FILE}}


@api.get("/definitions/<int:definition_id>/handbook", tags=[MAPS], responses={200: DefinitionHandbook})
def show_handbook(path: DefinitionPath) -> Response:
    """The company's single instruction, written from the map, in the reader's language.

    The version in force is open to everybody, others to those who see maps or a deal that follows them.
    """
    with in_readers_language():
        book = _book(path.definition_id)
    blocks = tuple(one for block in book.blocks if (one := _block(block)) is not None)
    return answer(DefinitionHandbook(title=book.title, subtitle=book.subtitle, blocks=blocks))


@api.get("/definitions/<int:definition_id>/handbook.pdf", tags=[MAPS], responses={200: _PDF_ANSWER})
def print_handbook(path: DefinitionPath) -> Response:
    """The same on A4, with contents and the diagram."""
    with in_readers_language():
        return pdf_file(_book(path.definition_id))


@api.get("/definitions/<int:definition_id>/handbook.docx", tags=[MAPS], responses={200: _DOCX_ANSWER})
def download_handbook(path: DefinitionPath) -> Response:
    """The same as a document with headings, tables and the diagram."""
    with in_readers_language():
        return docx_file(_book(path.definition_id), now())


def _book(definition_id: int) -> Handbook:
    with reading() as session:
        source = handbook_source(session, caller(), definition_id)
    return handbook(source)


def _block(block: Block) -> HandbookBlock | None:
    """None for the diagram, which stands in the files."""
    match block:
        case Heading():
            return HandbookBlock(kind="heading", level=block.level, text=block.text)
        case Paragraph():
            return HandbookBlock(kind="paragraph", text=block.text)
        case Facts():
            rows = tuple((label, *lines) for label, lines in block.rows)
            return HandbookBlock(kind="facts", rows=rows)
        case Table():
            return HandbookBlock(kind="table", rows=(block.header, *block.rows))
        case Drawing():
            return None
