"""What signs the history and seals the approval sheets. The administrator's."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.adapters.history_keys import HistoryKeys
from engine.commands.seals import change_seal
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.policy.permissions import Ability
from engine.queries.history_signatures import signing_keys, signing_state
from engine.queries.scopes import ensure_sees
from webui.company_seal import company_seal
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.request_context import actor, now, reading, services, writing

blueprint = Blueprint("seal", __name__, url_prefix="/settings/seal")

_LARGEST = 256 * 1024
"""In bytes: a PKCS#12 file holds a key and some certificates."""


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
def change() -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_SEAL)
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise InvalidInput({"file": FieldRequired(label=N_("File"))})
        content, password = given.stream.read(_LARGEST), request.form.get("password", "")
        with writing() as session:
            seal = change_seal(
                session,
                company_seal(services().settings),
                content,
                password,
                actor=actor(),
                clock=services().clock,
            )
    except DomainError as error:
        return _page(error)
    flash(_("Approval sheets are sealed by “%(owner)s” now", owner=seal.owner), "success")
    return redirect(url_for("seal.show"), code=303)


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_SEAL)
    settings = services().settings
    with reading() as session:
        state, keys = signing_state(session), signing_keys(session)
    errors = field_errors(error) if error is not None else {}
    if error is not None and not errors:
        errors = {"file": error_text(error)}
    page = render_template(
        "settings/seal.html",
        state=state,
        keys=keys,
        key_is_here=state.key is not None and HistoryKeys(settings.keys).has(state.key.key_id),
        seal=company_seal(settings).about(at=now()),
        auditor=settings.auditor_mail,
        errors=errors,
    )
    return page, status_of(error) if error is not None else 200
