"""The table of steps of a map: checking cells while they are typed, saving, as a spreadsheet and back."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.amending import AmendedMeanwhile, CellsNotUnderstood, amend_definition, edit_steps
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import perform
from engine.errors import DomainError, FieldRequired, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, ensure_may
from engine.queries.definition_files import uploaded_files
from engine.queries.definitions import kept_definition
from engine.queries.scopes import ensure_sees
from engine.queries.step_table import StepTable, step_table
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.exports import xlsx_file
from webui.i18n import _, chosen_locale
from webui.map_uploads import library
from webui.messages import error_text
from webui.request_context import actor, reading, services
from webui.step_grid import Edits, GridCell, checked_cells, read_edits
from webui.step_sheets import WIDTHS, StepSheet, changes, header, read_step_sheet, sheet_rows

blueprint = Blueprint("step_tables", __name__, url_prefix="/maps/<int:definition_id>/steps")


@blueprint.post("/check")
def check(definition_id: int) -> ResponseReturnValue:
    """What the typed cells would mean; nothing is kept."""
    _ensure_may_edit()
    edits = read_edits(request.form.get("edits", ""))
    with reading() as session:
        step_table(session, actor(), definition_id, chosen_locale())
        return _json({"cells": _told(checked_cells(session, edits))})


@blueprint.post("")
def save(definition_id: int) -> ResponseReturnValue:
    """Keep the edits in the draft, or in a new one. A script is told in JSON, a form by a page."""
    _ensure_may_edit()
    edits = read_edits(request.form.get("edits", ""))
    try:
        definition = _saved(definition_id, edits, sent_command_id())
    except NotFound:
        raise
    except DomainError as error:
        return _refused(definition_id, edits, error)
    if definition.id == definition_id:
        flash(_("Saved. The map’s file holds the changes."), "success")
    else:
        flash(_("Saved as the new draft version %(version)s.", version=definition.version), "success")
    target = url_for("maps.show", definition_id=definition.id)
    return _json({"location": target}) if _wants_json() else redirect(target, code=303)


@blueprint.get("/table.xlsx")
def export(definition_id: int) -> ResponseReturnValue:
    with reading() as session:
        table = step_table(session, actor(), definition_id, chosen_locale())
    return xlsx_file(f"{table.key}-{table.version}"[:31], header(), sheet_rows(table), WIDTHS)


@blueprint.get("/import")
def choose_file(definition_id: int) -> ResponseReturnValue:
    _ensure_may_edit()
    with reading() as session:
        return _preview_page(step_table(session, actor(), definition_id, chosen_locale()))


@blueprint.post("/import")
def preview(definition_id: int) -> ResponseReturnValue:
    """What an edited spreadsheet would change, in words, and what in it is wrong; nothing is kept yet."""
    _ensure_may_edit()
    with reading() as session:
        table = step_table(session, actor(), definition_id, chosen_locale())
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise FieldRequired(label=_("File"))
        with upload.stream as stream:
            sheet = read_step_sheet(stream.read(), table)
    except DomainError as error:
        return _preview_page(table, file_error=error_text(error)), status_of(error)
    return _preview_page(table, sheet=sheet)


def _preview_page(
    table: StepTable, sheet: StepSheet | None = None, *, problem_text: str = "", file_error: str = ""
) -> str:
    """``file_error`` is what is wrong with the chosen file, ``problem_text`` with the whole."""
    edits = sheet.edits if sheet is not None else {}
    return render_template(
        "maps/step_import.html",
        table=table,
        looked=sheet is not None,
        edits=orjson.dumps(
            {row: {cell.value: text for cell, text in cells.items()} for row, cells in edits.items()}
        ).decode(),
        changed=changes(table, edits),
        faults=sheet.faults if sheet is not None else (),
        unused=sheet.unused if sheet is not None else (),
        problem_text=problem_text,
        file_error=file_error,
    )


def _saved(definition_id: int, edits: Edits, command_id: str | None) -> ProcessDefinition:
    revision = request.form.get("read_revision", type=int)
    if revision is None:
        abort(400)
    with reading() as session:
        table = step_table(session, actor(), definition_id, chosen_locale())
        files = uploaded_files(session, actor(), definition_id)
    checked = edit_steps(files, edits, library=library(), process_key=table.key)
    arguments = {"definition": definition_id, "revision": revision, "edits": edits}

    def command(session: Session) -> ProcessDefinition:
        done = already_performed(session, command_id, "edit_steps", arguments, actor=actor(), at=services().clock.now())
        if done is not None:
            return kept_definition(session, int(done["id"]))
        definition = amend_definition(
            session,
            definition_id,
            checked,
            read_revision=revision,
            actor=actor(),
            clock=services().clock,
        )
        remember(session, command_id, {"id": definition.id}, actor=actor())
        return definition

    return perform(services().database, command, actor=actor(), clock=services().clock)


def _refused(definition_id: int, edits: Edits, error: DomainError) -> ResponseReturnValue:
    """Nothing typed is lost: a script keeps it, and the page of a spreadsheet offers it again."""
    if _wants_json():
        told = {
            "problem": error_text(error),
            "meanwhile": isinstance(error, AmendedMeanwhile),
            "cells": _told(_wrong_cells(error)),
        }
        return _json(told, status_of(error))
    with reading() as session:
        table = step_table(session, actor(), definition_id, chosen_locale())
    sheet = StepSheet(edits=edits, faults=())
    return _preview_page(table, sheet=sheet, problem_text=error_text(error)), status_of(error)


def _wrong_cells(error: DomainError) -> dict[str, dict[str, GridCell]]:
    if not isinstance(error, CellsNotUnderstood):
        return {}
    return {
        address: {cell.value: GridCell(cell, problem=error_text(one)) for cell, one in cells.items()}
        for address, cells in error.cells.items()
    }


def _told(cells: dict[str, dict[str, GridCell]]) -> dict[str, Any]:
    return {
        address: {
            name: {"said": cell.said, "problem": cell.problem, "unknown": cell.unknown_said}
            for name, cell in of_row.items()
        }
        for address, of_row in cells.items()
    }


def _ensure_may_edit() -> None:
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status=status, mimetype="application/json")
