"""One's own authenticator application: set up with a QR code, confirmed by a first code, removed."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.adapters.sealing import Sealer, installation_key
from engine.commands.authenticators import (
    begin_authenticator,
    confirm_authenticator,
    is_being_set_up,
    remove_authenticator,
    remove_own_authenticator,
)
from engine.errors import DomainError
from engine.model.authenticator import Authenticator
from engine.policy.one_time_codes import enrolment_uri
from webui.error_pages import status_of
from webui.i18n import _
from webui.limits import limit_failures
from webui.messages import field_errors
from webui.proofs import own_proof
from webui.provider_proofs import give_back_used_proof, provider_offer
from webui.qr_codes import qr_code
from webui.request_context import actor, now, reading, services, writing
from webui.security import local_path

blueprint = Blueprint("authenticators", __name__, url_prefix="/settings/authenticator")

_ISSUER = "Reglament"
_GROUP = 4


def _came_from() -> str | None:
    """The page on which a code was asked for, to go back to."""
    return local_path(request.values.get("next"))


def _own_proof_tried() -> str:
    return f"authenticator:{actor().person_id}"


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/begin")
@limit_failures(10, _own_proof_tried)
def begin() -> ResponseReturnValue:
    """A new secret, against a proof of who one is: in an open session nobody else sets up theirs."""
    try:
        own_proof(request.form, actor())
        with writing() as session:
            begin_authenticator(session, seal=_sealer().seal, actor=actor(), clock=services().clock)
    except DomainError as error:
        give_back_used_proof()
        return _page(error=error)
    return redirect(url_for("authenticators.show", next=_came_from()), code=303)


@blueprint.post("/confirm")
@limit_failures(10, _own_proof_tried)
def confirm() -> ResponseReturnValue:
    """The answer to this request is the only place where the recovery codes ever stand."""
    try:
        with writing() as session:
            codes = confirm_authenticator(
                session,
                request.form.get("code", ""),
                open_=_sealer().open,
                actor=actor(),
                clock=services().clock,
            )
    except DomainError as error:
        return _page(error=error)
    return _page(codes=codes)


@blueprint.post("/remove")
@limit_failures(10, _own_proof_tried)
def remove() -> ResponseReturnValue:
    try:
        own_proof(request.form, actor())
        with writing() as session:
            remove_own_authenticator(
                session, request.form.get("code", ""), open_=_sealer().open, actor=actor(), clock=services().clock
            )
    except DomainError as error:
        give_back_used_proof()
        return _page(error=error)
    flash(_("The application is removed: its codes confirm nothing any more."), "success")
    return redirect(url_for("authenticators.show"), code=303)


@blueprint.post("/of/<int:person_id>/remove")
def remove_of(person_id: int) -> ResponseReturnValue:
    """By who manages people: a lost telephone must not keep anybody from deciding."""
    with writing() as session:
        remove_authenticator(session, person_id, actor=actor(), clock=services().clock)
    flash(_("The application is removed: its codes confirm nothing any more."), "success")
    return redirect(url_for("people.show", person_id=person_id), code=303)


def _sealer() -> Sealer:
    return Sealer(installation_key(services().settings))


def _page(*, codes: tuple[str, ...] = (), error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        known = session.get(Authenticator, actor().person_id)
        secret = ""
        if known is not None and is_being_set_up(known, now()):
            secret = _sealer().open(known.sealed_secret)
        offer = provider_offer(session, None, url_for("authenticators.show", next=_came_from()))
    page = render_template(
        "settings/authenticator.html",
        known=known,
        secret=" ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP)),
        qr_code=qr_code(enrolment_uri(secret, actor().login, _ISSUER)) if secret else "",
        codes=codes,
        came_from=_came_from(),
        offer=offer,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
