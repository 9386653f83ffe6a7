"""Editing the decision tables of a map in the browser, and adding one."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.writing import PlacedTable, TableNotAsRead, tables_in, write_table
from engine.commands.amending import amend_definition, ensure_as_read
from engine.commands.definitions import check_map, deploy_definition
from engine.commands.incidents import perform
from engine.errors import N_, DomainError, FieldRequired, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, ensure_may
from engine.queries.definition_files import uploaded_files
from engine.queries.definitions import definition_view, kept_definition
from engine.queries.scopes import ensure_sees
from webui.decision_editing import begun_table, editing_setup, editing_state, sent_table
from webui.error_pages import status_of
from webui.forms.typed_values import LARGEST_ID
from webui.map_patterns import free_key
from webui.map_uploads import library, too_large
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services

blueprint = Blueprint("decisions", __name__, url_prefix="/maps/<int:definition_id>/decisions")

_LONGEST_NAME = 200
_TOO_LARGE = 413


@blueprint.get("/new")
def name_table(definition_id: int) -> ResponseReturnValue:
    _ensure_may_deploy()
    return _new(definition_id)


@blueprint.post("/new")
def begin(definition_id: int) -> ResponseReturnValue:
    """Put a small table of that name beside the map's files, and open it."""
    _ensure_may_deploy()
    name = " ".join(request.form.get("name", "").split())[:_LONGEST_NAME]
    if not name:
        return _new(definition_id, FieldRequired("name", label=N_("What does the table decide?")))
    with reading() as session:
        files = uploaded_files(session, actor(), definition_id)
    known = tables_in(files)
    key = free_key(name, {one.decision_id for one in known} | {file.rpartition(".")[0] for file in files})
    files[f"{key}.dmn"] = begun_table(key, name)
    try:
        kept = _keep(definition_id, files, as_new=False)
    except NotFound:
        raise
    except DomainError as error:
        return _new(definition_id, error)
    return redirect(url_for("decisions.edit", definition_id=kept.id, position=len(known)), code=303)


@blueprint.get("/<int:position>/edit")
def edit(definition_id: int, position: int) -> ResponseReturnValue:
    _ensure_may_deploy()
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        files = uploaded_files(session, actor(), definition_id)
        placed = _placed(files, position)
        state = editing_state(session, view, position, placed, files[placed.file])
    return render_template("maps/decision_edit.html", row=view.row, state=state, setup=editing_setup(state))


@blueprint.post("/<int:position>/edit")
def save(definition_id: int, position: int) -> ResponseReturnValue:
    """Keep the edited table; ``as_new`` writes it into the file that the editor read, and keeps that as a new draft."""
    _ensure_may_deploy()
    as_new = request.form.get("as_new") == "yes"
    try:
        with reading() as session:
            files = uploaded_files(session, actor(), definition_id)
            if not as_new:  # before anything is written into a file that is another by now
                ensure_as_read(session, kept_definition(session, definition_id), _read_revision())
        placed = _placed(files, position)
        read = _part("file") if as_new else files[placed.file]
        files[placed.file] = write_table(read, placed.number, sent_table(_part("table")))
        if too_large(files):
            return jsonify(message=error_text(TableNotAsRead())), _TOO_LARGE
        kept = _keep(definition_id, files, as_new=as_new)
    except NotFound:
        raise
    except DomainError as error:
        return jsonify(code=error.code, message=error_text(error)), status_of(error)
    with reading() as session:
        view = definition_view(session, actor(), kept.id)
        files = uploaded_files(session, actor(), kept.id)
        placed = _placed(files, position)
        return jsonify(editing_state(session, view, position, placed, files[placed.file]))


def _keep(definition_id: int, files: dict[str, bytes], *, as_new: bool) -> ProcessDefinition:
    with reading() as session:
        key = definition_view(session, actor(), definition_id).row.key
    checked = check_map(files, library=library(), process_key=key)

    def command(session: Session) -> ProcessDefinition:
        if as_new:
            return deploy_definition(session, checked, actor=actor(), clock=services().clock)
        return amend_definition(
            session, definition_id, checked, read_revision=_read_revision(), actor=actor(), clock=services().clock
        )

    return perform(services().database, command, actor=actor(), clock=services().clock)


def _placed(files: dict[str, bytes], position: int) -> PlacedTable:
    """Raises NotFound for a table that the map does not have."""
    tables = tables_in(files)
    if position >= len(tables):
        raise NotFound
    return tables[position]


def _part(name: str) -> bytes:
    sent = request.files.get(name)
    if sent is None:
        raise TableNotAsRead
    with sent.stream as stream:
        return stream.read()


def _read_revision() -> int:
    """A revision that nobody has read is older than every other."""
    text = request.form.get("read_revision", "")
    return int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID else 0


def _ensure_may_deploy() -> None:
    """Before anything is read or compiled. Raises NotFound where maps are not open, NotAllowed where they are."""
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


def _new(definition_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        revision = session.get_one(ProcessDefinition, definition_id).revision
    page = render_template(
        "maps/decision_new.html",
        row=view.row,
        revision=revision,
        name=request.form.get("name", ""),
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200
