"""Connectors: which hosts maps may call, and the secrets that are sent there. The administrator's."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.adapters.sealing import Sealer, installation_key
from engine.commands.call_permits import allow_host, forbid_host, remove_secret, set_secret
from engine.errors import DomainError
from engine.policy.permissions import Ability
from engine.queries.call_permits import allowed_hosts, known_secrets
from engine.queries.scopes import ensure_sees
from webui.called_hosts import ensure_may_be_called
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import field_errors
from webui.request_context import actor, reading, services, writing
from webui.security import local_path

blueprint = Blueprint("connectors", __name__, url_prefix="/settings/connectors")


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/hosts")
def allow() -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_CONNECTORS)
    typed = request.form.get("host", "")
    try:
        ensure_may_be_called("https://" + typed.strip().casefold().removeprefix("https://"), "host")
        with writing() as session:
            added = allow_host(session, typed, actor=actor(), clock=services().clock)
            host = added.host
    except DomainError as error:
        return _page(error)
    flash(_("Maps may call %(host)s now.", host=host), "success")
    return redirect(_back() or url_for("connectors.show"), code=303)


@blueprint.post("/hosts/<int:host_id>/remove")
def forbid(host_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_CONNECTORS)
    with writing() as session:
        forbid_host(session, host_id, actor=actor(), clock=services().clock)
    flash(_("Maps may not call the host any more. Steps that do will fail and wait for you."), "success")
    return redirect(url_for("connectors.show"), code=303)


@blueprint.post("/secrets")
def keep_secret() -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_CONNECTORS)
    form = request.form
    try:
        with writing() as session:
            set_secret(
                session,
                form.get("name", ""),
                form.get("secret_host", ""),
                form.get("value", ""),
                seal=Sealer(installation_key(services().settings)).seal,
                actor=actor(),
                clock=services().clock,
            )
    except DomainError as error:
        return _page(error)
    flash(_("The secret is kept. It is never shown again."), "success")
    return redirect(_back() or url_for("connectors.show"), code=303)


@blueprint.post("/secrets/<int:secret_id>/remove")
def drop_secret(secret_id: int) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_CONNECTORS)
    with writing() as session:
        remove_secret(session, secret_id, actor=actor(), clock=services().clock)
    flash(_("The secret is removed. Steps that need it will fail and wait for you."), "success")
    return redirect(url_for("connectors.show"), code=303)


def _back() -> str | None:
    """The page that a host or a secret was missed at."""
    return local_path(request.values.get("next"))


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    """What was typed stands again beside an error, but never a secret."""
    with reading() as session:
        hosts, known = allowed_hosts(session, actor()), known_secrets(session, actor())
    typed = {name: request.form.get(name, "") for name in ("host", "name", "secret_host")} if error else {}
    asked = request.args.get("host", "")  # by the page of a map that calls it
    is_allowed = any(one.host == asked for one in hosts)
    typed = typed or ({"secret_host": asked} if is_allowed else {"host": asked})
    page = render_template(
        "settings/connectors.html",
        hosts=hosts,
        host_choices=[(one.host, one.host) for one in hosts],
        known=known,
        typed=typed,
        next_path=_back() or "",
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
