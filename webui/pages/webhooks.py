"""Webhooks: addresses that are told what happens. The administrator's."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.adapters.public_addresses import AddressNotPublic
from engine.adapters.webhook_calls import WebhookFailed
from engine.commands.webhooks import add_webhook, remove_webhook, try_webhook_again
from engine.errors import DomainError
from engine.events import Event, kind_of
from engine.policy.permissions import Ability
from engine.queries.scopes import ensure_sees
from engine.queries.webhooks import webhooks
from webui.called_hosts import ensure_may_be_called
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("webhooks", __name__, url_prefix="/settings/webhooks")


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def create() -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_WEBHOOKS)
    known = set(_kinds())
    kinds = [kind for kind in request.form.getlist("kinds") if kind in known]
    url = request.form.get("url", "").strip()
    try:
        ensure_may_be_called(url, "url")
        with writing() as session:
            added = add_webhook(
                session, url, kinds, actor=actor(), clock=services().clock, command_id=sent_command_id()
            )
    except DomainError as error:
        return _page(error)
    return _page(secret=added.secret)


@blueprint.post("/<int:webhook_id>/again")
def try_again(webhook_id: int) -> ResponseReturnValue:
    """Tell an address at once what it has not taken."""
    ensure_sees(actor(), Ability.MANAGE_WEBHOOKS)
    with writing() as session:
        try_webhook_again(session, webhook_id, actor=actor(), clock=services().clock)
    flash(_("The address is tried again now."), "success")
    return redirect(url_for("webhooks.show"), code=303)


@blueprint.post("/<int:webhook_id>/remove")
def remove(webhook_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_WEBHOOKS)
    with writing() as session:
        was_there = remove_webhook(session, webhook_id, actor=actor(), clock=services().clock)
    told = _("The address is no longer told anything.") if was_there else _("This address was removed already.")
    flash(told, "success")
    return redirect(url_for("webhooks.show"), code=303)


def _kinds() -> list[str]:
    return sorted({kind_of(event) for event in Event.__subclasses__()})  # with slots, each class has been made twice


def _in_words(error: str) -> str:
    """What an address answered, as its job keeps it: in the reader's language as far as the words are ours."""
    kind, _colon, said = error.partition(": ")
    if kind == AddressNotPublic.__name__:
        return error_text(AddressNotPublic(host=said.partition(" ")[0]))
    if kind == WebhookFailed.__name__:
        said = said.partition(": ")[2]
    return _(said) if said else kind


def _page(error: DomainError | None = None, *, secret: str = "") -> ResponseReturnValue:
    """``secret`` belongs to the webhook that was just added: it is shown now and never again."""
    with reading() as session:
        found = webhooks(session, actor())
    page = render_template(
        "settings/webhooks.html",
        webhooks=found,
        in_words=_in_words,
        now=now(),
        kinds=_kinds(),
        ticked=set(request.form.getlist("kinds")) if error else set(),
        url=request.form.get("url", "") if error else "",
        secret=secret,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
