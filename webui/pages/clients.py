"""Clients: the list, a new one with a warning of doubles, and one client with contacts, deals and the next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact, update_client
from engine.errors import N_, DomainError, NotFound
from engine.policy.permissions import Ability, ensure_may, may
from engine.queries.clients import client_view, possible_duplicates
from webui.client_list import ClientFilter
from webui.error_pages import status_of
from webui.exports import csv_file, xlsx_file
from webui.forms.typed_values import chosen_id, ensure_chosen
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("clients", __name__, url_prefix="/clients")

_FIELDS = ("name", "edrpou", "segment", "source", "phone", "email")
_CONTACT_FIELDS = ("full_name", "position", "phone", "email")


@blueprint.get("")
def list_clients() -> ResponseReturnValue:
    chosen = ClientFilter.of(request.args)
    cursor = request.args.get("cursor") or None
    with reading() as session:
        page = chosen.page(session, actor(), cursor=cursor)
    return render_template(
        "clients/list.html",
        page=page,
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
        rows = [
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
            )
            for row in ClientFilter.of(request.args).all_rows(session, actor())
        ]
    return (csv_file if kind == "csv" else xlsx_file)("clients", header, rows)


@blueprint.get("/duplicates")
def duplicates() -> ResponseReturnValue:
    """Who is there already with the code, the phone or the address that is being typed."""
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    given = {name: request.args.get(name, "")[:254] for name in ("edrpou", "phone", "email")}
    with reading() as session:
        found = possible_duplicates(session, **given)
        known = [(one, _sees(session, one.client_id)) for one in found]
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
        draft = ClientDraft(**_typed(_FIELDS), owner_id=chosen_id(form, "owner_id"))
        with writing() as session:
            client = add_client(session, draft, actor=actor(), clock=services().clock)
    except DomainError as error:
        return _form(form.to_dict(), error)
    flash(_("The client is added."), "success")
    flash("new-client", "draft")
    return redirect(url_for("clients.show", client_id=client.id), code=303)


@blueprint.get("/<int:client_id>")
def show(client_id: int) -> ResponseReturnValue:
    return _page(client_id)


@blueprint.post("/<int:client_id>")
def update(client_id: int) -> ResponseReturnValue:
    def command(session: Session) -> None:
        changes: dict[str, Any] = {name: request.form[name] for name in _FIELDS if name in request.form}
        ensure_chosen(request.form, "owner_id", N_("a person"))
        owner_id = chosen_id(request.form, "owner_id")
        if owner_id is not None:
            changes["owner_id"] = owner_id
        read_version = chosen_id(request.form, "read_version")
        update_client(session, client_id, changes, actor=actor(), clock=services().clock, read_version=read_version)

    return _act(client_id, command, _("Saved."), opened="edit")


@blueprint.post("/<int:client_id>/contacts")
def create_contact(client_id: int) -> ResponseReturnValue:
    draft = ContactDraft(**_typed(_CONTACT_FIELDS))
    return _act(
        client_id,
        lambda session: add_contact(session, client_id, draft, actor=actor(), clock=services().clock),
        _("The contact is added."),
        opened="contact",
    )


def _typed(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in names}


def _sees(session: Session, client_id: int) -> bool:
    try:
        client_view(session, actor(), client_id, now())
    except NotFound:
        return False
    return True


def _act(client_id: int, command: Callable[[Session], Any], told: str, *, opened: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            command(session)
    except NotFound:
        raise
    except DomainError as error:
        return _page(client_id, error=error, opened=opened)
    flash(told, "success")
    return redirect(url_for("clients.show", client_id=client_id), code=303)


def _form(typed: Mapping[str, str], error: DomainError | None = None) -> ResponseReturnValue:
    page = render_template(
        "clients/new.html",
        typed=typed,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _page(client_id: int, *, error: DomainError | None = None, opened: str = "") -> ResponseReturnValue:
    with reading() as session:
        view = client_view(session, actor(), client_id, now())
    page = render_template(
        "clients/client.html",
        view=view,
        row=view.row,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
        typed=request.form if error else {},
        opened=opened,
        may_open_deal=may(actor(), Ability.OPEN_DEAL),
        may_erase=may(actor(), Ability.ERASE_PERSON),
    )
    return page, status_of(error) if error else 200
