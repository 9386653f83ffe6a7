"""Sales maps: all of them, a new one from a file, one version with what is noticed about it, publishing, retiring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, ClassVar

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.findings import Finding, Severity
from engine.bpmn.writing import PlacedTable, tables_in
from engine.commands.definitions import (
    MapRejected,
    check_map,
    publishing_findings,
    retire_definition,
)
from engine.commands.discarding import discard_draft
from engine.commands.incidents import perform
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.errors import N_, DomainError, FieldRequired, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, ensure_may, may
from engine.queries.definition_files import drawing_of, executed_map, uploaded_files
from engine.queries.definitions import (
    DefinitionVersion,
    DefinitionView,
    definition_view,
    definitions,
    discarded_draft,
    maps_in_force,
)
from engine.queries.first_steps import first_steps
from engine.queries.interventions import departures_of_map
from engine.queries.map_questions import open_questions
from engine.queries.scopes import ensure_sees
from engine.queries.step_table import step_table
from processes import shipped_map, shipped_maps, shipped_sources
from webui.attachments import attachment
from webui.command_keys import sent_command_id
from webui.decision_tables import decision_lines
from webui.error_pages import status_of
from webui.i18n import _, chosen_locale, ngettext
from webui.listed_pages import PAGE_SIZE, cursor_asked, page_links
from webui.map_calls import call_lines
from webui.map_findings import FindingGroup, finding_groups, map_badges
from webui.map_steps import step_lines
from webui.map_tabs import map_tabs
from webui.map_uploads import deploy, library, too_large, uploaded
from webui.messages import error_text
from webui.request_context import actor, reading, services, writing
from webui.step_grid import HEADINGS, cells_shown, choices, grid_rows

blueprint = Blueprint("maps", __name__, url_prefix="/maps")

_SHOWN_VERSIONS = 5
_TOO_LARGE = 413
_REJECTED = 422


@blueprint.app_context_processor
def _tabs() -> dict[str, object]:
    """Every page of a map names its neighbours."""
    return {"map_tabs": map_tabs}


class WarningsNotConfirmed(DomainError):
    """Warnings do not stand against publishing, but somebody has to have read them."""

    code: ClassVar[str] = "warnings_not_confirmed"
    template: ClassVar[str] = N_("The map has warnings. Read them, and confirm that it may go live with them.")


@blueprint.get("")
def list_maps() -> ResponseReturnValue:
    """All maps with their versions; for those who only work by them, the ones in force."""
    return _list() if may(actor(), Ability.SEE_MAPS) else _in_force()


@blueprint.post("")
def upload() -> ResponseReturnValue:
    """Keep the files as a draft and show what was understood of them; what is no map is not kept."""
    _ensure_may_deploy()
    files = uploaded(request.files.getlist("files"))
    if not files:
        return _list(FieldRequired(label=N_("Files")))
    over = too_large(files)
    if over:
        return _rejected(over, _TOO_LARGE)
    return _deployed(files, brought=sha256(b"".join(map(bytes, files.values()))).hexdigest())


@blueprint.post("/shipped/<key>")
def deploy_shipped(key: str) -> ResponseReturnValue:
    """Take one of the maps that the product brings along, as if its file had been uploaded."""
    _ensure_may_deploy()
    if key not in {one.key for one in shipped_maps()}:
        raise NotFound
    shipped = shipped_map(key)
    return _deployed({shipped.file_name: shipped.content}, key)


@blueprint.get("/<int:definition_id>")
def show(definition_id: int) -> ResponseReturnValue:
    """The version; for those who only work by maps, its handbook, which says whether it is open to them."""
    if not may(actor(), Ability.SEE_MAPS):
        return redirect(url_for("handbooks.show", definition_id=definition_id))
    return _version(definition_id)


@blueprint.get("/<int:definition_id>/drawing")
def drawing(definition_id: int) -> ResponseReturnValue:
    """The diagram for the viewer, in UTF-8 whatever the file is in."""
    with reading() as session:
        content = drawing_of(session, actor(), definition_id)
    return attachment(content, "application/xml", "drawing.bpmn")


@blueprint.get("/<int:definition_id>/files/<int:position>")
def download(definition_id: int, position: int) -> ResponseReturnValue:
    """A file of the version exactly as it came."""
    with reading() as session:
        files = list(uploaded_files(session, actor(), definition_id).items())
    if position >= len(files):
        raise NotFound
    name, content = files[position]
    return attachment(content, "application/xml", name.rpartition("/")[2] or name)


@blueprint.get("/<int:definition_id>/executed")
def executed(definition_id: int) -> ResponseReturnValue:
    """The canonical BPMN that the engine runs, as plain text."""
    with reading() as session:
        return Response(executed_map(session, actor(), definition_id), mimetype="text/plain")


@blueprint.get("/<int:definition_id>/processes")
def choose_process(definition_id: int) -> ResponseReturnValue:
    """The processes in the version's files, to choose another one as the sales map."""
    _ensure_may_deploy()
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        files = uploaded_files(session, actor(), definition_id)
    outcome = check_map(files, library=library(), process_key=view.row.key).outcome
    return render_template("maps/processes.html", row=view.row, processes=outcome.processes)


@blueprint.post("/<int:definition_id>/processes")
def deploy_process(definition_id: int) -> ResponseReturnValue:
    _ensure_may_deploy()
    with reading() as session:
        files = uploaded_files(session, actor(), definition_id)
    return _deployed(files, request.form.get("process_key") or None)


@blueprint.post("/<int:definition_id>/publish")
def publish(definition_id: int) -> ResponseReturnValue:
    """Make the version the one that new deals start on; its warnings must have been confirmed."""
    _ensure_may_publish()
    prepared = prepare_publishing(services().database, definition_id, shipped=shipped_sources())

    def command(session: Session) -> ProcessDefinition:
        _ensure_warnings_confirmed(session, definition_id)
        note = request.form.get("note", "")
        return publish_definition(
            session, definition_id, actor=actor(), clock=services().clock, prepared=prepared, note=note
        )

    told = _("Published: new deals start on this version.")
    if prepared.callers:
        told += " " + ngettext(
            "The %(num)s map that calls it has a new version, too.",
            "The %(num)s maps that call it have new versions, too.",
            len(prepared.callers),
        )
    return _act(definition_id, command, told)


@blueprint.post("/<int:definition_id>/retire")
def retire(definition_id: int) -> ResponseReturnValue:
    _ensure_may_publish()
    return _act(
        definition_id,
        lambda session: retire_definition(session, definition_id, actor=actor(), clock=services().clock),
        _("Retired: no new deal starts on this version. Running deals go on."),
    )


@blueprint.post("/<int:definition_id>/discard")
def discard(definition_id: int) -> ResponseReturnValue:
    """Throw a draft away, and lead to what is left of its map."""
    _ensure_may_deploy()
    key = sent_command_id()
    try:
        with writing() as session:
            discard_draft(session, definition_id, actor=actor(), clock=services().clock, command_id=key)
    except NotFound:
        raise
    except DomainError as error:
        return _version(definition_id, error)
    with reading() as session:
        gone = discarded_draft(session, actor(), definition_id)
    flash(_("Thrown away: version %(version)s of “%(name)s”.", version=gone.version, name=gone.name), "success")
    return redirect(url_for("maps.list_maps"), code=303)


def _ensure_may_deploy() -> None:
    """Before anything is read or compiled. Raises NotFound where maps are not open, NotAllowed where they are."""
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


def _ensure_may_publish() -> None:
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.PUBLISH_MAP)


def _ensure_warnings_confirmed(session: Session, definition_id: int) -> None:
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None or request.form.get("warnings_confirmed") == "yes":
        return
    if any(one.severity is Severity.WARNING for one in publishing_findings(session, definition)):
        raise WarningsNotConfirmed


def _act(definition_id: int, command: Callable[[Session], ProcessDefinition], told: str) -> ResponseReturnValue:
    try:
        changed = perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _version(definition_id, error)
    flash(told, "success")
    return redirect(url_for("maps.show", definition_id=changed.id), code=303)


def _deployed(files: Mapping[str, bytes], process_key: str | None = None, *, brought: str = "") -> ResponseReturnValue:
    try:
        definition = deploy(files, process_key, brought=brought)
    except MapRejected as rejected:
        return _rejected(rejected.findings, _REJECTED)
    flash(_("Kept as a draft. No deal follows it before it is published."), "success")
    with reading() as session:
        is_executable = session.get_one(ProcessDefinition, definition.id).compiled is not None
        asks = is_executable and open_questions(session, definition.id) > 0
    # Errors come first: a map that cannot be executed has to be mended before its questions are of use.
    return redirect(url_for("map_questions.show" if asks else "maps.show", definition_id=definition.id), code=303)


def _rejected(findings: tuple[Finding, ...], status: int) -> ResponseReturnValue:
    return render_template("maps/rejected.html", groups=finding_groups(findings)), status


def _in_force() -> ResponseReturnValue:
    with reading() as session:
        maps = maps_in_force(session)
    return render_template("maps/in_force.html", maps=maps)


def _list(error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        maps = definitions(session, actor(), newest=_SHOWN_VERSIONS)
        begin = next((at for at, one in enumerate(maps, start=1) if one.key == cursor_asked()), 0)
        shown = maps[begin : begin + PAGE_SIZE]
        first = first_steps(session, actor()) if not maps and may(actor(), Ability.MANAGE_PEOPLE) else None
    page = render_template(
        "maps/list.html",
        maps=shown,
        all_maps=len(maps),
        shown_versions=_SHOWN_VERSIONS,
        shipped=_shipped({one.key for one in maps}),
        may_deploy=may(actor(), Ability.DEPLOY_MAP),
        first=first,
        files_error=error_text(error) if error else "",
        **page_links(shown[-1].key if begin + len(shown) < len(maps) else None),
    )
    return page, status_of(error) if error else 200


def _shipped(present: set[str]) -> list[tuple[str, str, str]]:
    """Key, name and purpose of the shipped maps that nobody has taken yet."""
    described = {
        "b2b-sale": (_("B2B sale"), _("From a lead to a signed contract, with approvals by three departments.")),
        "discount-approval": (_("Discount approval"), _("Who may give which discount; other maps call it.")),
        "tender": (_("Tender"), _("From the documents to the result, with a decision whether to take part.")),
    }
    return [(one.key, *described[one.key]) for one in shipped_maps() if one.key not in present]


def _version(definition_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        findings = publishing_findings(session, session.get_one(ProcessDefinition, definition_id))
        departures = departures_of_map(session, actor(), view.row.key)
        grid = _grid(session, definition_id) if may(actor(), Ability.DEPLOY_MAP) else None
        asked = open_questions(session, definition_id)
        tables = _editable_tables(session, definition_id)
    groups = finding_groups(findings)
    is_unconfirmed = isinstance(error, WarningsNotConfirmed)  # told at its tick, where it is mended
    page = render_template(
        "maps/version.html",
        view=view,
        row=view.row,
        groups=groups,
        badges=map_badges(groups),
        counts={group.severity.value: group.count for group in groups},
        steps=step_lines(view.steps, (stage.name for stage in view.stages), view.row.key),
        calls=call_lines(view.calls),
        grid=grid,
        decisions=decision_lines(view.decisions),
        decision_ids={one.decision.source_id for one in view.decisions},
        edit_urls={(one.file, one.decision_id): url for one, url in tables},
        unread_tables=_unread(tables, view),
        departures=departures,
        open_questions=asked,
        siblings=view.versions,
        live=next((one for one in view.versions if one.state.value == "published"), None),
        deals_on_others=_deals_on_others(view.versions, definition_id),
        has_choice=any(one.code == "POOLS_CHOSEN" for one in findings),
        may_deploy=may(actor(), Ability.DEPLOY_MAP),
        may_publish=may(actor(), Ability.PUBLISH_MAP),
        may_add_departments=may(actor(), Ability.ADD_DEPARTMENT),
        may_connect=may(actor(), Ability.MANAGE_CONNECTORS),
        to_allow=_to_allow(groups),
        problem_text=error_text(error) if error and not is_unconfirmed else "",
        unconfirmed=error_text(error) if error and is_unconfirmed else "",
        note=request.form.get("note", "") if error else "",
    )
    return page, status_of(error) if error else 200


def _editable_tables(session: Session, definition_id: int) -> list[tuple[PlacedTable, str]]:
    """The tables in the map's own files with the addresses where they are changed; none for whoever may not."""
    if not may(actor(), Ability.DEPLOY_MAP):
        return []
    tables = tables_in(uploaded_files(session, actor(), definition_id))
    addresses = (
        url_for("decisions.edit", definition_id=definition_id, position=position) for position in range(len(tables))
    )
    return list(zip(tables, addresses, strict=True))


def _unread(tables: list[tuple[PlacedTable, str]], view: DefinitionView) -> list[dict[str, str]]:
    """The tables that the page cannot show: nothing needs them, or errors stand against reading the map."""
    shown = {(one.decision.file, one.decision.source_id) for one in view.decisions}
    return [{"title": one.title, "url": url} for one, url in tables if (one.file, one.decision_id) not in shown]


def _grid(session: Session, definition_id: int) -> dict[str, Any]:
    """The table of steps for those who may edit it."""
    table = step_table(session, actor(), definition_id, chosen_locale())
    return {
        "table": table,
        "rows": grid_rows(session, table),
        "choices": choices(session, table),
        "headings": {cell.value: _(HEADINGS[cell]) for cell in cells_shown(table)},
    }


def _deals_on_others(siblings: tuple[DefinitionVersion, ...], definition_id: int) -> int:
    return sum(one.running_deals for one in siblings if one.id != definition_id)


def _to_allow(groups: Iterable[FindingGroup]) -> str:
    """A host that stands against publishing, where nothing else does than what an administrator has to allow."""
    errors = [line for group in groups if group.severity is Severity.ERROR for line in group.lines]
    return errors[0].host if errors and all(line.host for line in errors) else ""
