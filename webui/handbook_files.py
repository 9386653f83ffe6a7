"""The handbook as files to send and to keep."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from flask import Response

from engine.bpmn.strokes import Sheet
from webui.handbook import Handbook
from webui.static_files import DIST

_FONTS = DIST / "fonts"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def pdf_file(book: Handbook) -> Response:
    from webui.handbook_pdf import handbook_pdf  # noqa: PLC0415  # the PDF library takes a third of a second

    return _named(Response(handbook_pdf(book, fonts=_FONTS), mimetype="application/pdf"), f"{book.file_name}.pdf")


def docx_file(book: Handbook, at: datetime) -> Response:
    from webui.handbook_docx import handbook_docx  # noqa: PLC0415  # so does the library of documents

    return _named(Response(handbook_docx(book, fonts=_FONTS, at=at), mimetype=_DOCX), f"{book.file_name}.docx")


def svg_file(sheet: Sheet, title: str) -> Response:
    from webui.map_drawings import as_svg  # noqa: PLC0415  # it draws pictures, too

    return Response(as_svg(sheet, title), mimetype="image/svg+xml")


def _named(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(f'handbook-{name}', safe='')}"
    return response
