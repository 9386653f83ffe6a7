"""Clients: the list, a new one with a warning of doubles, and one client with contacts, deals and the next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.client_data import note_client_data_taken
from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact, update_client, update_contact
from engine.errors import N_, DomainError, NotFound
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Ability, ensure_may, may
from engine.policy.simultaneous_edits import EditedMeanwhile
from engine.queries.client_data import client_data
from engine.queries.client_doubles import possible_duplicates, seen_clients, similar_clients
from engine.queries.client_list_columns import ClientColumns
from engine.queries.client_merges import merges_into, standing_client_id, standing_contact_id
from engine.queries.client_notes import client_notes
from engine.queries.client_rows import ContactRow
from engine.queries.clients import client_history, client_view
from engine.queries.contacts import contact_at, contact_view, contacts
from engine.queries.own_columns import own_columns_of_clients
from engine.queries.own_fields import own_fields
from webui.carrying_out import made_once
from webui.client_list import COLUMNS, NUMERIC, SORTS, ClientFilter
from webui.error_pages import status_of
from webui.exports import csv_file, xlsx_file
from webui.forms.errors_at_fields import errors_at_fields
from webui.forms.own_form import filters, own_inputs, own_shown, spelling
from webui.forms.step_form import typed_values
from webui.forms.typed_values import chosen_id, ensure_chosen
from webui.i18n import _
from webui.letter_exports import client_data_zip
from webui.messages import error_text, field_errors
from webui.own_columns import client_cells, numeric, own_headings, with_client_cells
from webui.read_versions import sent_versions
from webui.request_context import actor, now, reading, services, writing
from webui.timeline import client_labels, entries

blueprint = Blueprint("clients", __name__, url_prefix="/clients")

_CONTACTS_SHOWN = 50

_FIELDS = ("name", "edrpou", "segment", "source", "phone", "email")
_CONTACT_FIELDS = ("full_name", "position", "phone", "email")


@blueprint.get("")
def list_clients() -> ResponseReturnValue:
    chosen = ClientFilter.of(request.args)
    cursor = request.args.get("cursor") or None
    with reading() as session:
        page = chosen.page(session, actor(), cursor=cursor)
        fields = own_fields(session, FieldSubject.CLIENT)
        columns = ClientColumns.kept(session, actor())
        cells = client_cells(session, columns.own_shown, {row.id: row.fields for row in page.items})
    built_in = {one: _(label) for one, label in COLUMNS.items()}
    return render_template(
        "clients/list.html",
        page=page,
        columns=columns.shown,
        labels=built_in | own_headings(columns.own_shown, beside=[_("Client"), *built_in.values()], tells_whose=False),
        cells=cells,
        numeric=NUMERIC | numeric(columns.own_shown),
        sorts=SORTS,
        filters=filters(one for one in fields if one.is_listed),
        chosen_own=dict(chosen.own),
        chosen=chosen,
        first_url=chosen.address() if cursor else None,
        next_url=chosen.address(cursor=page.next_cursor) if page.next_cursor else None,
        may_add=may(actor(), Ability.MANAGE_CLIENTS),
    )


@blueprint.get("/export.<kind>")
def export(kind: str) -> ResponseReturnValue:
    """The list that is open, all its pages, as CSV or XLSX."""
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    header = (
        _("Name"),
        _("EDRPOU"),
        _("Segment"),
        _("Source"),
        _("Phone"),
        _("E-mail"),
        _("Owner"),
        _("Open deals"),
        _("Nearest deadline"),
        _("Added"),
    )
    with reading() as session:
        own = own_columns_of_clients(session)
        rows = (
            (
                row.name,
                row.edrpou,
                row.segment,
                row.source,
                row.phone,
                row.email,
                row.owner_name,
                row.open_deals,
                row.next_due_at,
                row.created_at,
                *cells,
            )
            for row, cells in with_client_cells(session, own, ClientFilter.of(request.args).all_rows(session, actor()))
        )
        labels = own_headings(own, beside=header, tells_whose=False).values()
        return (csv_file if kind == "csv" else xlsx_file)("clients", [*header, *labels], rows)


@blueprint.post("/<int:client_id>/data.zip")
def export_data(client_id: int) -> ResponseReturnValue:
    """What is held about a client, for the client who asks for it; the journal says who took it."""
    with writing() as session:
        note_client_data_taken(session, client_id, actor=actor(), clock=services().clock)
    with reading() as session:
        data = client_data(session, actor(), client_id)
    return client_data_zip(data)


@blueprint.get("/duplicates")
def duplicates() -> ResponseReturnValue:
    """Who is there already with the code, the phone or the address that is being typed."""
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    given = {name: request.args.get(name, "")[:254] for name in ("edrpou", "phone", "email", "name")}
    with reading() as session:
        found = possible_duplicates(session, given["edrpou"], given["phone"], given["email"], given["name"])
        seen = seen_clients(session, actor(), [one.client_id for one in found])
    known = [(one, one.client_id in seen) for one in found]
    return render_template("clients/duplicates.html", known=known)


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    return _form(request.args.to_dict())


@blueprint.post("")
def create() -> ResponseReturnValue:
    form = request.form
    try:
        ensure_chosen(form, "owner_id", N_("a person"))
        draft = ClientDraft(**_typed(_FIELDS), owner_id=chosen_id(form, "owner_id"), fields=typed_values(form))
        add = made_once(
            lambda session: (
                add_client(session, draft, actor=actor(), clock=services().clock, spelling=spelling(), whole=True).id
            )
        )
        with writing() as session:
            client_id = add(session)
    except DomainError as error:
        return _form(form.to_dict(), error)
    flash(_("The client is added."), "success")
    flash("new-client", "draft")
    return redirect(url_for("clients.show", client_id=client_id), code=303)


@blueprint.get("/<int:client_id>")
def show(client_id: int) -> ResponseReturnValue:
    """Of one who was merged into another client, that one."""
    try:
        return _page(client_id)
    except NotFound:
        with reading() as session:
            standing = standing_client_id(session, actor(), client_id)
        if standing in (None, client_id):
            raise
    flash(_("This client was merged: you are at the one who stayed."), "info")
    return redirect(url_for("clients.show", client_id=standing))


@blueprint.post("/<int:client_id>")
def update(client_id: int) -> ResponseReturnValue:
    def command(session: Session) -> None:
        changes: dict[str, Any] = {name: request.form[name] for name in _FIELDS if name in request.form}
        ensure_chosen(request.form, "owner_id", N_("a person"))
        owner_id = chosen_id(request.form, "owner_id")
        if owner_id is not None:
            changes["owner_id"] = owner_id
        update_client(
            session,
            client_id,
            changes | {"fields": typed_values(request.form)},
            actor=actor(),
            clock=services().clock,
            spelling=spelling(),
            **sent_versions(),
        )

    return _act(client_id, command, _("Saved."), opened="edit")


@blueprint.post("/<int:client_id>/contacts")
def create_contact(client_id: int) -> ResponseReturnValue:
    draft = ContactDraft(**_typed(_CONTACT_FIELDS), fields=typed_values(request.form))
    return _act(
        client_id,
        made_once(
            lambda session: (
                add_contact(session, client_id, draft, actor=actor(), clock=services().clock, spelling=spelling()).id
            )
        ),
        _("The contact is added."),
        opened="contact",
        shows_contact=True,
    )


@blueprint.get("/<int:client_id>/contacts")
def list_contacts(client_id: int) -> ResponseReturnValue:
    """The next contacts, or those that are looked for, as a part of the client's page."""
    q = request.args.get("q", "").strip()[:200]
    with reading() as session:
        page = contacts(
            session,
            actor(),
            q=q,
            client_id=client_id,
            limit=_CONTACTS_SHOWN,
            cursor=request.args.get("cursor") or None,
        )
        rows = _with_own(session, page.items)
    return render_template(
        "clients/contacts.html",
        contacts=rows,
        next_contacts=page.next_cursor,
        q=q,
        client_id=client_id,
        may_edit=may(actor(), Ability.MANAGE_CLIENTS),
        may_erase=may(actor(), Ability.ERASE_PERSON),
    )


@blueprint.get("/<int:client_id>/history")
def history(client_id: int) -> ResponseReturnValue:
    """What was changed about the client, as a part of its page."""
    with reading() as session:
        page = client_history(session, actor(), client_id, cursor=request.args.get("cursor") or None)
        labels = client_labels(session)
    return render_template(
        "clients/history.html",
        entries=entries(page.items, labels),
        client_id=client_id,
        next_cursor=page.next_cursor,
    )


@blueprint.get("/<int:client_id>/notes")
def notes(client_id: int) -> ResponseReturnValue:
    """Old notes on the client, as a part of its page or of a deal's."""
    with reading() as session:
        page = client_notes(session, actor(), client_id, cursor=request.args.get("cursor") or None)
    return render_template("clients/notes.html", notes=page, client_id=client_id)


@blueprint.get("/<int:client_id>/contacts/<int:contact_id>")
def show_contact(client_id: int, contact_id: int) -> ResponseReturnValue:
    """Of a contact that went along when their client was merged, or was a double then: where it stands now."""
    with reading() as session:
        standing = standing_contact_id(session, actor(), contact_id)
        if standing is None:
            raise NotFound
        now_at = contact_view(session, actor(), standing).client_id
        if (now_at, standing) != (client_id, contact_id) and standing_client_id(session, actor(), client_id) == now_at:
            return redirect(url_for("clients.show_contact", client_id=now_at, contact_id=standing))
    return _contact_page(client_id, contact_id)


@blueprint.post("/<int:client_id>/contacts/<int:contact_id>")
def change_contact(client_id: int, contact_id: int) -> ResponseReturnValue:
    _ensure_contact_of(client_id, contact_id)
    changes = _typed(_CONTACT_FIELDS) | {"fields": typed_values(request.form)}
    try:
        with writing() as session:
            update_contact(session, contact_id, changes, actor=actor(), clock=services().clock, spelling=spelling())
    except NotFound:
        raise
    except DomainError as error:
        return _contact_page(client_id, contact_id, error)
    flash(_("Saved."), "success")
    return redirect(url_for("clients.show", client_id=client_id), code=303)


def _ensure_contact_of(client_id: int, contact_id: int) -> None:
    with reading() as session:
        if contact_view(session, actor(), contact_id).client_id != client_id:
            raise NotFound


def _typed(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in names}


def _act(
    client_id: int, command: Callable[[Session], Any], told: str, *, opened: str, shows_contact: bool = False
) -> ResponseReturnValue:
    """``shows_contact``: ``command`` gives the id of a contact, which the page then shows first."""
    try:
        with writing() as session:
            done = command(session)
    except NotFound:
        with reading() as session:
            standing = standing_client_id(session, actor(), client_id)
        if standing in (None, client_id):
            raise
        flash(_("This client was merged meanwhile, and nothing was saved: you are at the one who stayed."), "warning")
        return redirect(url_for("clients.show", client_id=standing), code=303)
    except DomainError as error:
        return _page(client_id, error=error, opened=opened)
    flash(told, "success")
    shown = {"contact": done, "_anchor": "contacts"} if shows_contact else {}
    return redirect(url_for("clients.show", client_id=client_id, **shown), code=303)


def _form(typed: Mapping[str, str], error: DomainError | None = None) -> ResponseReturnValue:
    errors = field_errors(error) if error else {}
    with reading() as session:
        own = own_inputs(session, FieldSubject.CLIENT, typed_values(request.form), errors, ids="client-own")
    page = render_template(
        "clients/new.html",
        typed=typed,
        own=own,
        errors=errors,
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _page(client_id: int, *, error: DomainError | None = None, opened: str = "") -> ResponseReturnValue:
    typed = typed_values(request.form)
    with reading() as session:
        view = client_view(session, actor(), client_id, now(), contacts=_CONTACTS_SHOWN)
        own_of_client = {CLIENT_ROOT + one.name: one.definition for one in own_fields(session, FieldSubject.CLIENT)}
        errors = errors_at_fields(session, error, own_of_client)
        of_client, of_contact = ((typed, errors) if opened == name else ({}, {}) for name in ("edit", "contact"))
        filled = of_client[0] if opened == "edit" else view.fields
        own = own_inputs(session, FieldSubject.CLIENT, filled, of_client[1], ids="edit-own")
        shown = own_shown(session, FieldSubject.CLIENT, view.fields)
        contact_own = own_inputs(session, FieldSubject.CONTACT, *of_contact, ids="contact-own")
        listed = _with_own(session, _with_the_added(session, client_id, view.contacts.items))
        merges = merges_into(session, client_id, now()) if view.may_edit else ()
        similar = similar_clients(session, actor(), view.row) if view.may_edit else ()
    page = render_template(
        "clients/client.html",
        view=view,
        row=view.row,
        own=own,
        shown=shown,
        contacts=listed,
        next_contacts=view.contacts.next_cursor,
        contact_own=contact_own,
        merges=merges,
        similar=similar,
        errors=errors,
        problem_text=error_text(error) if error else "",
        typed=request.form if error else {},
        opened=opened,
        edited_meanwhile=isinstance(error, EditedMeanwhile),
        may_open_deal=may(actor(), Ability.OPEN_DEAL),
        may_erase=may(actor(), Ability.ERASE_PERSON),
    )
    return page, status_of(error) if error else 200


def _with_the_added(session: Session, client_id: int, listed: Sequence[ContactRow]) -> Sequence[ContactRow]:
    """Whom somebody has just added stands first where there are more contacts than are listed."""
    added = contact_at(session, client_id, chosen_id(request.args, "contact"))
    return listed if added is None or added in listed else (added, *listed)


def _with_own(session: Session, rows: Sequence[ContactRow]) -> Sequence[tuple[ContactRow, Any]]:
    return [(row, own_shown(session, FieldSubject.CONTACT, row.fields)) for row in rows]


def _contact_page(client_id: int, contact_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_contact_of(client_id, contact_id)
    errors = field_errors(error) if error else {}
    with reading() as session:
        row = contact_view(session, actor(), contact_id)
        filled = typed_values(request.form) if error else row.fields
        own = own_inputs(session, FieldSubject.CONTACT, filled, errors, ids="contact-own")
        shown = own_shown(session, FieldSubject.CONTACT, row.fields)
    page = render_template(
        "clients/contact.html",
        row=row,
        own=own,
        shown=shown,
        kept=request.form if error else row,
        errors=errors,
        problem_text=error_text(error) if error else "",
        may_edit=may(actor(), Ability.MANAGE_CLIENTS),
    )
    return page, status_of(error) if error else 200
