"""Doubles of clients: the list of groups, two or more side by side, merging, telling apart, undoing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.client_doubles import tell_apart
from engine.commands.client_merge_undoing import undo_merge
from engine.commands.client_merging import (
    COLUMNS,
    MOST_AT_ONCE,
    MOST_DEALS,
    AlreadyMerged,
    MergeRequest,
    NothingToMerge,
    TooManyToMerge,
    merge_clients,
)
from engine.errors import DomainError, NotAllowed, NotFound
from engine.model.client_merge import ClientMerge
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Ability, ensure_may
from engine.queries.client_doubles import compared_clients, double_groups
from engine.queries.client_merges import standing_client_id
from engine.queries.client_rows import ClientRow
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.forms.own_form import own_shown
from webui.forms.typed_values import chosen_id, read_id
from webui.i18n import _
from webui.messages import error_text
from webui.request_context import actor, reading, services, writing

blueprint = Blueprint("client_doubles", __name__, url_prefix="/clients")

_VALUE, _VERSION = "value.", "version."


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One line of the comparison: what each client's card says, in the order of the clients.

    ``chosen`` is the client whose value stays; None where all say the same, or nothing.
    """

    name: str
    label: str
    texts: tuple[str, ...]
    chosen: int | None


@blueprint.get("/doubles")
def list_doubles() -> ResponseReturnValue:
    """Groups of clients who are probably one."""
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    with reading() as session:
        page = double_groups(session, actor(), page=read_id(request.args.get("page", "")) or 1)
    return render_template("clients/doubles.html", page=page, most=MOST_AT_ONCE)


@blueprint.get("/merge")
def compare() -> ResponseReturnValue:
    """Of those who were merged meanwhile, the ones who stayed; a single one is nobody to compare."""
    ensure_may(actor(), Ability.MANAGE_CLIENTS)
    ids = _read_ids(request.args.getlist("id"))
    if not 1 < len(ids) <= MOST_AT_ONCE:
        wrong = TooManyToMerge(clients=MOST_AT_ONCE, deals=MOST_DEALS) if ids[1:] else NothingToMerge()
        flash(error_text(wrong), "danger")
        return redirect(url_for("client_doubles.list_doubles"))
    standing = _standing(ids)
    if len(standing) == 1:
        return redirect(url_for("clients.show", client_id=standing[0]))
    return _comparison(standing)


@blueprint.post("/merge")
def merge() -> ResponseReturnValue:
    form = request.form
    ids, kept_id = _ids(form.getlist("id")), chosen_id(form, "kept")
    if kept_id is None or kept_id not in ids:
        raise NotFound
    wanted = MergeRequest(
        kept_id,
        [one for one in ids if one != kept_id],
        {name.removeprefix(_VALUE): read_id(one) or 0 for name, one in form.items() if name.startswith(_VALUE)},
        {
            read_id(name.removeprefix(_VERSION)) or 0: read_id(one) or 0
            for name, one in form.items()
            if _is_version(name)
        },
    )
    try:
        with writing() as session:
            key = sent_command_id()
            merge_clients(session, wanted, actor=actor(), clock=services().clock, command_id=key)
    except (NotFound, NotAllowed):
        raise
    except AlreadyMerged as error:
        flash(error_text(error), "danger")
        return redirect(url_for("clients.show", client_id=_standing([kept_id])[0]), code=303)
    except DomainError as error:
        return _comparison(ids, error)
    flash(_("Merged. It can be undone for 30 days, on this page."), "success")
    return redirect(url_for("clients.show", client_id=kept_id), code=303)


@blueprint.post("/told-apart")
def tell_them_apart() -> ResponseReturnValue:
    """What was said of a pair is remembered: neither the list nor the clients' pages offer it again."""
    ids = _read_ids(request.form.getlist("id"))
    came_from = chosen_id(request.form, "from")
    try:
        with writing() as session:
            tell_apart(session, ids, actor=actor(), clock=services().clock)
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        flash(error_text(error), "danger")
    else:
        flash(_("They are offered as doubles no more."), "success")
    if came_from is not None:
        return redirect(url_for("clients.show", client_id=came_from), code=303)
    return redirect(url_for("client_doubles.list_doubles", page=chosen_id(request.form, "page")), code=303)


@blueprint.post("/merges/<int:merge_id>/undo")
def undo(merge_id: int) -> ResponseReturnValue:
    try:
        with writing() as session:
            client_id = undo_merge(session, merge_id, actor=actor(), clock=services().clock)
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        flash(error_text(error), "danger")
        came_from = chosen_id(request.form, "from")
        back = url_for("clients.show", client_id=came_from) if came_from else url_for("client_doubles.list_doubles")
        return redirect(back, code=303)
    with reading() as session:
        sees_it = standing_client_id(session, actor(), client_id) is not None
        kept_id = session.get_one(ClientMerge, merge_id).kept_id
    if not sees_it:
        flash(_("The merge is undone: the other client has its own deals, contacts and notes again."), "success")
        return redirect(url_for("clients.show", client_id=kept_id), code=303)
    flash(_("The merge is undone: this client has its own deals, contacts and notes again."), "success")
    return redirect(url_for("clients.show", client_id=client_id), code=303)


def _is_version(name: str) -> bool:
    return name.startswith(_VERSION)


def _ids(given: list[str]) -> list[int]:
    """Raises NotFound for fewer than two and for more than may be merged."""
    ids = _read_ids(given)
    if not 1 < len(ids) <= MOST_AT_ONCE:
        raise NotFound
    return ids


def _read_ids(given: list[str]) -> list[int]:
    return list(dict.fromkeys(one for text in given if (one := read_id(text)) is not None))


def _standing(ids: list[int]) -> list[int]:
    """Who they are now, each once. Raises NotFound where the actor does not see one of them."""
    with reading() as session:
        found = [standing_client_id(session, actor(), one) for one in ids]
    standing = list(dict.fromkeys(one for one in found if one is not None))
    if None in found:
        raise NotFound
    return standing


def _comparison(ids: list[int], error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        clients = compared_clients(session, actor(), ids)
        fields = _compared(session, clients)
    kept = chosen_id(request.form, "kept")
    page = render_template(
        "clients/merge.html",
        clients=clients,
        fields=fields,
        kept=kept if kept in ids else clients[0].id,
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _compared(session: Session, clients: tuple[ClientRow, ...]) -> list[ComparedField]:
    """Of own fields, those that some of them have."""
    labels = {
        "name": _("Name"),
        "edrpou": _("EDRPOU"),
        "phone": _("Phone"),
        "email": _("E-mail"),
        "segment": _("Segment"),
        "source": _("Source"),
        "owner_id": _("Owner"),
    }
    lines: list[ComparedField] = []
    for name in COLUMNS:
        held: list[Any] = [getattr(one, name) for one in clients]
        shown = [one.owner_name for one in clients] if name == "owner_id" else held
        lines.append(_line(name, labels[name], clients, held, shown))
    own = [{one.name: one for one in own_shown(session, FieldSubject.CLIENT, client.fields)} for client in clients]
    for name in dict.fromkeys(name for one in own for name in one):
        held = [client.fields.get(name) for client in clients]
        if any(one not in (None, "", []) for one in held):
            label = next(one[name].label for one in own if name in one)
            texts = [one[name].text if name in one and not one[name].is_empty else "" for one in own]
            lines.append(_line(CLIENT_ROOT + name, label, clients, held, texts))
    return lines


def _line(name: str, label: str, clients: tuple[ClientRow, ...], held: list[Any], shown: list[str]) -> ComparedField:
    differs = any(one != held[0] for one in held)
    first = next((at for at, one in enumerate(held) if one not in (None, "", [])), 0)
    given = chosen_id(request.form, _VALUE + name)
    suggested = given if given in {one.id for one in clients} else clients[first].id
    return ComparedField(name, label, tuple(shown), suggested if differs else None)
