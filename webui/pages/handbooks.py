"""The handbook of a version of a map: to read, to print, to download."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from engine.policy.permissions import Ability, may
from engine.queries.handbooks import handbook_source, map_sheet
from webui.handbook import Drawing, Facts, Handbook, Heading, Paragraph, Table, handbook
from webui.handbook_files import docx_file, pdf_file, svg_file
from webui.request_context import actor, now, reading

blueprint = Blueprint("handbooks", __name__, url_prefix="/maps")

_KINDS = {Heading: "heading", Paragraph: "paragraph", Facts: "facts", Table: "table", Drawing: "drawing"}


@blueprint.get("/<int:definition_id>/handbook")
def show(definition_id: int) -> ResponseReturnValue:
    with reading() as session:
        source = handbook_source(session, actor(), definition_id)
    book = handbook(source)
    return render_template(
        "maps/handbook.html",
        book=book,
        blocks=[(_KINDS[type(block)], block) for block in book.blocks],
        definition_id=definition_id,
        can_run=source.view.row.can_run,
        sees_maps=may(actor(), Ability.SEE_MAPS),
    )


@blueprint.get("/<int:definition_id>/handbook.pdf")
def pdf(definition_id: int) -> Response:
    return pdf_file(_book(definition_id))


@blueprint.get("/<int:definition_id>/handbook.docx")
def docx(definition_id: int) -> Response:
    return docx_file(_book(definition_id), now())


@blueprint.get("/<int:definition_id>/drawing.svg")
def drawing(definition_id: int) -> Response:
    """The diagram as a picture for pages and documents, drawn by the server."""
    with reading() as session:
        name, sheet = map_sheet(session, actor(), definition_id)
    return svg_file(sheet, name)


def _book(definition_id: int) -> Handbook:
    with reading() as session:
        source = handbook_source(session, actor(), definition_id)
    return handbook(source)
