"""Drawing a sales map in the browser: a new one from a pattern, and any version of one that is there."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.amending import amend_definition
from engine.commands.definitions import MapRejected, check_map, deploy_definition
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import perform
from engine.commands.map_editors import note_editing
from engine.errors import N_, DomainError, FieldRequired, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, ensure_may
from engine.queries.definition_files import uploaded_files
from engine.queries.definitions import definition_view, kept_definition, map_names
from engine.queries.map_editors import open_map
from engine.queries.scopes import ensure_sees
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.formats import when
from webui.forms.typed_values import LARGEST_ID
from webui.i18n import _
from webui.map_drawing import drawing_setup, drawing_state, names_to_choose, told_findings
from webui.map_patterns import drawn_pattern, free_key, patterns
from webui.map_uploads import deploy, library, too_large
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("drawing", __name__, url_prefix="/maps")

_TOO_LARGE = 413
_REJECTED = 422
_LONGEST_NAME = 200


@blueprint.get("/new")
def choose_pattern() -> ResponseReturnValue:
    """Which pattern a new map begins with."""
    _ensure_may_deploy()
    return _new()


@blueprint.post("/new")
def begin() -> ResponseReturnValue:
    """Keep the pattern as the draft of a map of that name, and open it for drawing."""
    _ensure_may_deploy()
    name = " ".join(request.form.get("name", "").split())[:_LONGEST_NAME]
    pattern = request.form.get("pattern", "")
    if pattern not in {one.key for one in patterns()}:
        raise NotFound
    if not name:
        return _new(FieldRequired("name", label=N_("What is the map called?")))
    with reading() as session:
        key = free_key(name, set(map_names(session, actor())))
    definition = deploy({f"{key}.bpmn": drawn_pattern(pattern, key, name)})
    return redirect(url_for("drawing.edit", definition_id=definition.id), code=303)


@blueprint.get("/<int:definition_id>/edit")
def edit(definition_id: int) -> ResponseReturnValue:
    _ensure_may_deploy()
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        state = drawing_state(session, view)
        departments, people = names_to_choose(session)
        maps = [one for one in map_names(session, actor()).items() if one[0] != view.row.key]
    return render_template(
        "maps/edit.html",
        row=view.row,
        state=state,
        setup=drawing_setup(state),
        stages=[stage.name for stage in view.stages],
        departments=departments,
        people=people,
        maps=maps,
    )


@blueprint.post("/<int:definition_id>/edit")
def save(definition_id: int) -> ResponseReturnValue:
    """Keep what was drawn; ``as_new`` keeps it as another draft beside the one that somebody else has changed."""
    _ensure_may_deploy()
    drawn = request.files.get("map")
    if drawn is None:
        return _refused(FieldRequired("map", label=N_("Files")))
    with drawn.stream as stream:
        content = stream.read()
    with reading() as session:
        key = definition_view(session, actor(), definition_id).row.key
        files = uploaded_files(session, actor(), definition_id)
    files[next(iter(files))] = content  # the first file is the map's own
    over = too_large(files)
    if over:
        return jsonify(message=told_findings(over)[0]["text"], findings=told_findings(over)), _TOO_LARGE
    checked = check_map(files, library=library(), process_key=key)

    as_new, revision = request.form.get("as_new") == "yes", _revision(request.form.get("read_revision", ""))
    command_id = sent_command_id()
    drawn_as = hashlib.sha256(content).hexdigest()
    arguments = {"id": definition_id, "revision": revision, "as_new": as_new, "drawn": drawn_as}

    def command(session: Session) -> ProcessDefinition:
        """Once: what was sent again because no answer came is answered with the draft that the first one made."""
        done = already_performed(session, command_id, "save_drawing", arguments, actor=actor(), at=now())
        if done is not None:
            return kept_definition(session, int(done["id"]))
        clock = services().clock
        if as_new:
            made = deploy_definition(session, checked, actor=actor(), clock=clock)
        else:
            made = amend_definition(session, definition_id, checked, read_revision=revision, actor=actor(), clock=clock)
        remember(session, command_id, {"id": made.id}, actor=actor())
        return made

    try:
        kept = perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _refused(error)
    with reading() as session:
        return jsonify(drawing_state(session, definition_view(session, actor(), kept.id)))


@blueprint.post("/<int:definition_id>/presence")
def presence(definition_id: int) -> ResponseReturnValue:
    """The page is open: who else has it open, and whether the map has changed since."""
    _ensure_may_deploy()
    with writing() as session:
        note_editing(session, definition_id, actor=actor(), clock=services().clock)
        seen = open_map(session, actor(), definition_id, now())
    said = _("Saved by %(by)s, %(at)s.", by=seen.amended_by, at=when(seen.amended_at)) if seen.amended_at else ""
    return jsonify(others=seen.others, revision=seen.revision, said=said)


def _ensure_may_deploy() -> None:
    """Before anything is read or compiled. Raises NotFound where maps are not open, NotAllowed where they are."""
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


def _revision(text: str) -> int:
    """A revision that nobody has read is older than every other."""
    return int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID else 0


def _new(error: DomainError | None = None) -> ResponseReturnValue:
    page = render_template(
        "maps/new.html",
        patterns=patterns(),
        name=request.form.get("name", ""),
        chosen=request.form.get("pattern", ""),
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200


def _refused(error: DomainError) -> ResponseReturnValue:
    told: dict[str, Any] = {"code": error.code, "message": error_text(error)}
    if isinstance(error, MapRejected):
        told["findings"] = told_findings(error.findings)
        reasons = [one["text"] for one in told["findings"] if one["severity"] == "error"]
        told["message"] = reasons[0] if reasons else told["message"]
    return jsonify(told), status_of(error)
