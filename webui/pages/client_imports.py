"""Importing clients and old notes: bring a file, look at what it would do, agree, and take it back if it was wrong."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.client_imports import (
    MOST_BYTES,
    MOST_ROWS,
    ImportChoices,
    bring_list,
    check_list,
    choose_again,
    look_into,
    stop,
    take_back,
    take_over,
    throw_away,
)
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.model.client_import import ImportKind, ImportState, RowState
from engine.model.own_field import FieldSubject
from engine.policy.client_columns import CLIENT_COLUMNS, NOTE_COLUMNS, OWN_OF_CLIENT, OWN_OF_CONTACT, offered_columns
from engine.policy.permissions import Ability, ensure_may
from engine.queries.client_imports import (
    ImportRow,
    client_import,
    client_imports,
    import_rows,
    refused_rows,
)
from engine.queries.own_fields import own_fields
from webui.carrying_out import carry_out, made_once
from webui.error_pages import status_of
from webui.exports import csv_file, xlsx_file
from webui.forms.own_form import spelling
from webui.forms.typed_values import chosen_id, ensure_chosen
from webui.i18n import _
from webui.import_words import IMPORT_STATES, ROW_STATES, line, problems, start_label
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services, writing
from webui.sessions import polls
from webui.version_changes import reason_words

blueprint = Blueprint("client_imports", __name__, url_prefix="/clients/import")
polls("client_imports.progress")

_EXAMPLES = {
    ImportKind.CLIENTS: {
        "name": N_("Promin LLC"),
        "edrpou": "32855961",
        "phone": "+380441234567",
        "email": "office@example.com",
        "contact_name": N_("Maria Ivanenko"),
        "contact_position": N_("Director"),
    },
    ImportKind.NOTES: {
        "name": N_("Promin LLC"),
        "edrpou": "32855961",
        "at": "31.12.2024 14:05",
        "author": N_("Petrenko P."),
        "note": N_("Asked to call again in spring"),
    },
}


@blueprint.get("")
def show_form() -> ResponseReturnValue:
    return _form()


@blueprint.get("/template-<kind>.<suffix>")
def template(kind: str, suffix: str) -> ResponseReturnValue:
    """Headings that are understood by themselves, and one row to write over."""
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    if kind not in set(ImportKind) or suffix not in {"csv", "xlsx"}:
        raise NotFound
    of = ImportKind(kind)
    labels = {one: label for one, label in _labels(of).items() if one not in ("contact_last", "contact_first")}
    labels = {one: label for one, label in labels.items() if one not in ("contact_middle", "heading_note")}
    example = [_(_EXAMPLES[of][one]) if one in _EXAMPLES[of] else "" for one in labels]
    return (csv_file if suffix == "csv" else xlsx_file)(f"{kind}-import", list(labels.values()), [example])


@blueprint.post("")
def bring() -> ResponseReturnValue:
    upload, given = request.files.get("file"), request.form.get("kind", "")
    kind = ImportKind(given) if given in set(ImportKind) else ImportKind.CLIENTS
    try:
        ensure_may(actor(), Ability.MANAGE_CLIENTS)
        if upload is None or not upload.filename:
            raise InvalidInput({"file": FieldRequired(label=N_("File"))})
        with upload.stream as stream:
            file = look_into(stream.read(), upload.filename)
        bring_it = made_once(
            lambda session: (
                bring_list(session, kind, file, actor=actor(), clock=services().clock, spelling=spelling()).id
            ),
            file=sha256(file.content).hexdigest(),
        )
        with writing() as session:
            import_id = bring_it(session)
    except DomainError as error:
        return _form(error, kind)
    return redirect(url_for("client_imports.show", import_id=import_id), code=303)


@blueprint.get("/<int:import_id>")
def show(import_id: int) -> ResponseReturnValue:
    return _page(import_id)


@blueprint.get("/<int:import_id>/progress")
def progress(import_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the list is at work; the page anew where its columns are chosen again."""
    with reading() as session:
        chooses_columns = _chooses_columns(client_import(session, actor(), import_id))
    if chooses_columns:
        return Response(status=204, headers={"HX-Refresh": "true"})
    return _page(import_id, template="clients/import_rows.html")


@blueprint.post("/<int:import_id>/check")
def check(import_id: int) -> ResponseReturnValue:
    def command(session: Session) -> None:
        ensure_chosen(request.form, "owner_id", N_("a person"))
        columns = [request.form.get(f"column-{place}", "") for place in range(_width(import_id))]
        choices = ImportChoices(columns, request.form.get("fills") == "1", chosen_id(request.form, "owner_id"))
        check_list(session, import_id, choices, actor=actor(), clock=services().clock)

    return _act(import_id, command)


@blueprint.post("/<int:import_id>/columns")
def choose_columns(import_id: int) -> ResponseReturnValue:
    return _act(import_id, lambda session: choose_again(session, import_id, actor=actor()))


@blueprint.post("/<int:import_id>/take-over")
def start(import_id: int) -> ResponseReturnValue:
    """Pressed twice, it takes nothing over twice."""
    return _act(import_id, lambda session: take_over(session, import_id, actor=actor(), clock=services().clock))


@blueprint.post("/<int:import_id>/stop")
def stop_it(import_id: int) -> ResponseReturnValue:
    return _act(
        import_id,
        lambda session: stop(session, import_id, actor=actor(), clock=services().clock),
        _("Stopped. What was taken over until now stays; it can be taken back."),
    )


@blueprint.post("/<int:import_id>/take-back")
def undo(import_id: int) -> ResponseReturnValue:
    return _act(import_id, lambda session: take_back(session, import_id, actor=actor(), clock=services().clock))


@blueprint.post("/<int:import_id>/throw-away")
def forget(import_id: int) -> ResponseReturnValue:
    with writing() as session:
        throw_away(session, import_id, actor=actor())
    flash(_("The file is forgotten; nothing of it was taken over."), "success")
    return redirect(url_for("client_imports.show_form"), code=303)


@blueprint.get("/<int:import_id>/refused.<suffix>")
def refused(import_id: int, suffix: str) -> ResponseReturnValue:
    """The refused rows under their own headings and what is wrong with each: to be mended and brought again."""
    if suffix not in {"csv", "xlsx"}:
        raise NotFound
    with reading() as session:
        brought = client_import(session, actor(), import_id)
        width = len(brought.headings)
        cells = (
            [*row.cells, *[""] * (width - len(row.cells)), " ".join(problems(brought, row))]
            for row in refused_rows(session, import_id)
        )
        header = [*brought.headings, _("What is wrong")]
        return (csv_file if suffix == "csv" else xlsx_file)("to-mend", header, cells)


def _width(import_id: int) -> int:
    with reading() as session:
        return len(client_import(session, actor(), import_id).headings)


def _labels(kind: ImportKind) -> dict[str, str]:
    """The meanings of columns with their labels in the reader's language; own fields are labelled by the company."""
    with reading() as session:
        own = (*own_fields(session, FieldSubject.CLIENT), *own_fields(session, FieldSubject.CONTACT))
    offered = offered_columns(own, notes=kind is ImportKind.NOTES)
    known = {**CLIENT_COLUMNS, **NOTE_COLUMNS}
    return {
        meaning: _contact_label(meaning, label) if meaning.startswith((OWN_OF_CLIENT, OWN_OF_CONTACT)) else _(label)
        for meaning, label in offered.items()
        if meaning in known or meaning.startswith((OWN_OF_CLIENT, OWN_OF_CONTACT))
    }


def _contact_label(meaning: str, label: str) -> str:
    return _("Contact: %(label)s", label=label) if meaning.startswith(OWN_OF_CONTACT) else label


def _act(import_id: int, command: Callable[[Session], object], told: str = "") -> ResponseReturnValue:
    return carry_out(
        command,
        told,
        refused=lambda error: _page(import_id, error=error),
        shown_at=url_for("client_imports.show", import_id=import_id),
    )


def _form(error: DomainError | None = None, kind: ImportKind = ImportKind.CLIENTS) -> ResponseReturnValue:
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    with reading() as session:
        earlier = client_imports(session, actor())
    page = render_template(
        "clients/import.html",
        kind=kind.value,
        earlier=earlier,
        states=IMPORT_STATES,
        most_rows=MOST_ROWS,
        megabytes=MOST_BYTES // 1024 // 1024,
        problem_text=error_text(error) if error else "",
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200


def _page(
    import_id: int, *, template: str = "clients/import_list.html", error: DomainError | None = None
) -> ResponseReturnValue:
    chosen = request.args.get("state", "")
    state = RowState(chosen) if chosen in set(RowState) else None
    with reading() as session:
        brought = client_import(session, actor(), import_id)
        rows = import_rows(
            session, import_id, states=(state,) if state else (), cursor=request.args.get("cursor") or None
        )
    page = render_template(
        template,
        row=brought,
        lines=[line(brought, one) for one in rows.items],
        next_url=_address(brought, state, rows.next_cursor) if rows.next_cursor else None,
        first_url=_address(brought, state, None) if request.args.get("cursor") else None,
        state=state,
        cursor=request.args.get("cursor"),
        import_states=IMPORT_STATES,
        row_states=ROW_STATES,
        chooses_columns=_chooses_columns(brought),
        columns=_chosen_columns(brought, error),
        labels=_labels(brought.kind),
        start_label=start_label(brought),
        fault_text=reason_words(brought.fault),
        problem_text=error_text(error) if error else "",
        errors=field_errors(error) if error else {},
        typed=request.form if error else {},
    )
    return page, status_of(error) if error else 200


def _chooses_columns(brought: ImportRow) -> bool:
    return brought.state in (ImportState.CHOOSING, ImportState.UNREADABLE)


def _address(brought: ImportRow, state: RowState | None, cursor: str | None) -> str:
    return url_for("client_imports.show", import_id=brought.id, state=state.value if state else None, cursor=cursor)


def _chosen_columns(brought: ImportRow, error: DomainError | None) -> list[str]:
    """What the form shows: after a mistake, what was chosen there."""
    if error is None or "column-0" not in request.form:
        return list(brought.columns)
    return [request.form.get(f"column-{place}", "") for place in range(len(brought.headings))]
