"""API tokens: one's own, made here, shown once, revoked here."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.adapters.sealing import installation_key, secret_of
from engine.commands.tokens import create_token, revoke_token
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.queries.people import person_view
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import field_errors
from webui.proofs import own_proof
from webui.provider_proofs import provider_offer
from webui.request_context import actor, reading, services, writing

blueprint = Blueprint("tokens", __name__, url_prefix="/settings/tokens")

_LONGEST_NAME = 200


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def create() -> ResponseReturnValue:
    """The answer to this request is the only place where the token ever stands.

    Against a proof of who one is: whoever finds an open session must not take a token along, which outlives it.
    """
    name = request.form.get("name", "").strip()[:_LONGEST_NAME]
    if not name:
        return _page(error=InvalidInput({"name": FieldRequired(label=N_("What is it for?"))}))
    try:
        own_proof(request.form, actor())
    except InvalidInput as error:
        return _page(name=name, error=error)
    person_id, key = actor().person_id, sent_command_id()
    # Made of the press, so that the second of a double click, whose answer the browser shows, shows the token, too.
    secret = secret_of(installation_key(services().settings), "token", str(person_id), name, key) if key else None
    with writing() as session:
        token = create_token(
            session,
            person_id,
            name,
            actor=actor(),
            clock=services().clock,
            command_id=f"{key}:{name}" if key else None,
            secret=secret,
        )
    return _page(token=token)


@blueprint.post("/<int:token_id>/revoke")
def revoke(token_id: int) -> ResponseReturnValue:
    with writing() as session:
        revoke_token(session, token_id, actor=actor(), clock=services().clock)
    flash(_("The token is revoked: nothing can be done with it any more."), "success")
    return redirect(url_for("tokens.show"), code=303)


def _page(*, token: str = "", name: str = "", error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        tokens = person_view(session, actor(), actor().person_id).tokens
        offer = provider_offer(session, None, url_for("tokens.show"))
    page = render_template(
        "settings/tokens.html",
        tokens=tokens,
        token=token,
        name=name,
        offer=offer,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
