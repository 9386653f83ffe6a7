"""Importing deals: bring a file, look at what was understood, then have it opened in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.commands.client_imports import MOST_BYTES, MOST_ROWS
from engine.commands.deal_import_files import (
    bring_deals,
    forget_deals,
    look_into_deals,
    open_brought,
    stop_opening,
)
from engine.commands.deal_sheets import COLUMNS
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.model.client_import import RowState
from engine.policy.permissions import Ability, ensure_may
from engine.queries.deal_imports import (
    DealImportView,
    deal_import,
    deal_import_rows,
    deal_imports,
    refused_deal_rows,
)
from engine.queries.definitions import startable_definitions
from engine.queries.people import who_publishes
from engine.queries.sheet_columns import own_columns
from webui.carrying_out import carry_out, made_once
from webui.deal_import_words import DEAL_IMPORT_STATES, DEAL_ROW_STATES, Problem, deal_line, deal_problems
from webui.error_pages import status_of
from webui.exports import csv_file, xlsx_file
from webui.i18n import _, chosen_locale
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services, writing
from webui.sessions import polls
from webui.version_changes import reason_words

blueprint = Blueprint("deal_imports", __name__, url_prefix="/deals/import")
polls("deal_imports.progress")

_EXAMPLE = {
    "title": N_("Pumps for the second workshop"),
    "client": N_("Promin LLC"),
    "edrpou": "32855961",
    "amount": "125000,50",
    "currency": "UAH",
    "close_date": "31.12.2026",
}


@blueprint.get("")
def show_form() -> ResponseReturnValue:
    ensure_may(actor(), Ability.OPEN_DEAL)
    return _form()


@blueprint.get("/template.<kind>")
def template(kind: str) -> ResponseReturnValue:
    """The headings, those of the chosen map's fields last, and one row to write over."""
    ensure_may(actor(), Ability.OPEN_DEAL)
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    own = _own(request.args.get("map", ""))
    header = [_(names[0]) for names in COLUMNS.values()] + [field.label or field.name for field in own.values()]
    example = [_(_EXAMPLE[column]) if column in _EXAMPLE else "" for column in [*COLUMNS, *own]]
    return (csv_file if kind == "csv" else xlsx_file)("deals-import", header, [example])


@blueprint.post("")
def bring() -> ResponseReturnValue:
    """Keep the file; what was understood of it is shown under its address. Nothing is opened yet."""
    ensure_may(actor(), Ability.OPEN_DEAL)
    upload = request.files.get("file")
    key = request.form.get("definition_key", "")
    try:
        missing: dict[str, DomainError] = {} if key else {"definition_key": FieldRequired(label=N_("Sales map"))}
        if upload is None or not upload.filename:
            raise InvalidInput(missing | {"file": FieldRequired(label=N_("File"))})
        if missing:
            raise InvalidInput(missing)
        with upload.stream as stream:
            file = look_into_deals(stream.read(), upload.filename, _own(key))
        bring_it = made_once(
            lambda session: (
                bring_deals(session, file, key, locale=chosen_locale(), actor=actor(), clock=services().clock).id
            ),
            file=sha256(file.content).hexdigest(),
        )
        with writing() as session:
            import_id = bring_it(session)
    except DomainError as error:
        return _form(error)
    return redirect(url_for("deal_imports.show", import_id=import_id), code=303)


@blueprint.get("/<int:import_id>")
def show(import_id: int) -> ResponseReturnValue:
    return _page(import_id)


@blueprint.get("/<int:import_id>/progress")
def progress(import_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the file is at work."""
    return _page(import_id, template="deals/import_rows.html")


@blueprint.post("/<int:import_id>/open")
def open_all(import_id: int) -> ResponseReturnValue:
    """Open what can be opened. Pressed twice, it opens nothing twice."""
    return _act(import_id, lambda session: open_brought(session, import_id, actor=actor(), clock=services().clock))


@blueprint.post("/<int:import_id>/stop")
def stop_it(import_id: int) -> ResponseReturnValue:
    return _act(
        import_id,
        lambda session: stop_opening(session, import_id, actor=actor(), clock=services().clock),
        _("Stopped. The deals that were opened until now stay."),
    )


@blueprint.post("/<int:import_id>/forget")
def forget(import_id: int) -> ResponseReturnValue:
    with writing() as session:
        forget_deals(session, import_id, actor=actor())
    flash(_("The file is forgotten; nothing of it was opened."), "success")
    return redirect(url_for("deal_imports.show_form"), code=303)


@blueprint.get("/<int:import_id>/refused.<suffix>")
def refused(import_id: int, suffix: str) -> ResponseReturnValue:
    """The refused rows under the template's headings and what is wrong with each: to be mended and brought again."""
    if suffix not in {"csv", "xlsx"}:
        raise NotFound
    with reading() as session:
        brought = deal_import(session, actor(), import_id)
        own = own_columns(session, brought.definition_key)
        columns = [*COLUMNS, *own]
        header = [_(names[0]) for names in COLUMNS.values()] + [field.label or field.name for field in own.values()]
        cells = (
            [
                *(row.texts.get(column, "") for column in columns),
                " ".join(_sentence(one) for one in deal_problems(row, own)),
            ]
            for row in refused_deal_rows(session, import_id)
        )
        return (csv_file if suffix == "csv" else xlsx_file)("to-mend", [*header, _("What is wrong")], cells)


def _sentence(problem: Problem) -> str:
    if not problem.field:
        return problem.sentence
    return _("%(heading)s: %(problem)s", heading=problem.field, problem=problem.sentence)


def _own(key: str) -> Mapping[str, FieldDefinition]:
    with reading() as session:
        return own_columns(session, key)


def _act(import_id: int, command: Callable[[Session], object], told: str = "") -> ResponseReturnValue:
    return carry_out(
        command,
        told,
        refused=lambda error: _page(import_id, error=error),
        shown_at=url_for("deal_imports.show", import_id=import_id),
    )


def _form(error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        maps = startable_definitions(session, actor())
        owners = () if maps else who_publishes(session)
        earlier = deal_imports(session, actor())
    page = render_template(
        "deals/import.html",
        owners=owners,
        maps=maps,
        earlier=earlier,
        states=DEAL_IMPORT_STATES,
        most_rows=MOST_ROWS,
        megabytes=MOST_BYTES // 1024 // 1024,
        problem_text=error_text(error) if error else "",
        errors=field_errors(error) if error else {},
        chosen_key=request.form.get("definition_key", ""),
    )
    return page, status_of(error) if error else 200


def _page(
    import_id: int, *, template: str = "deals/import_file.html", error: DomainError | None = None
) -> ResponseReturnValue:
    chosen = request.args.get("state", "")
    with reading() as session:
        brought = deal_import(session, actor(), import_id)
        state = RowState(chosen) if chosen in set(DEAL_ROW_STATES) else None
        cursor = request.args.get("cursor") or None
        page = deal_import_rows(session, actor(), import_id, states=(state,) if state else (), cursor=cursor)
        own = own_columns(session, brought.definition_key)
        maps = startable_definitions(session, actor())
    shown = render_template(
        template,
        row=brought,
        lines=[deal_line(brought, one, own) for one in page.items],
        next_url=_address(brought, state, page.next_cursor) if page.next_cursor else None,
        first_url=_address(brought, state, None) if cursor else None,
        state=state,
        cursor=cursor,
        import_states=DEAL_IMPORT_STATES,
        row_states=DEAL_ROW_STATES,
        map_name=next((one.name for one in maps if one.key == brought.definition_key), brought.definition_key),
        fault_text=reason_words(brought.fault),
        problem_text=error_text(error) if error else "",
    )
    return shown, status_of(error) if error else 200


def _address(brought: DealImportView, state: RowState | None, cursor: str | None) -> str:
    return url_for("deal_imports.show", import_id=brought.id, state=state.value if state else None, cursor=cursor)
