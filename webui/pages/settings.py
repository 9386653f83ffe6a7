"""One's own settings: who one is here, language, theme, password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.linked_accounts import unlink_account
from engine.commands.people import MIN_PASSWORD_LENGTH, set_password, sign_in
from engine.commands.sign_ins import end_own_sessions
from engine.errors import N_, DomainError, InvalidInput, NotFound, SignInFailed
from engine.model.person import Person
from engine.queries.actors import actor_of
from engine.queries.linked_accounts import account_of_person
from engine.queries.people import person_view
from engine.queries.sign_ins import own_sign_ins
from webui.error_pages import status_of
from webui.i18n import _
from webui.limits import limit_failures
from webui.messages import field_errors
from webui.proofs import PasswordWrong
from webui.request_context import actor, now, reading, services, writing
from webui.roles import role_label
from webui.sessions import start_session
from webui.settings_tabs import settings_groups
from webui.sign_in_words import told

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

_SHOWN_SIGN_INS, _SHOWN_FAILURES = 10, 5


class PasswordsDiffer(DomainError):
    code = "passwords_differ"
    template = N_("The two new passwords differ.")


@blueprint.app_context_processor
def _tabs() -> dict[str, object]:
    """Every page of the settings names its neighbours."""
    return {"settings_groups": settings_groups}


def _own_password_tried() -> str:
    return f"password:{actor().person_id}"


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/password")
@limit_failures(10, _own_password_tried)
def change_password() -> ResponseReturnValue:
    """All other sessions end; this one goes on under the new password."""
    try:
        _ensure_password_known("present")
        if request.form.get("password") != request.form.get("repeated"):
            raise InvalidInput({"repeated": PasswordsDiffer()})
        with writing() as session:
            set_password(
                session,
                actor().person_id,
                request.form.get("password", ""),
                actor=actor(),
                clock=services().clock,
            )
    except DomainError as error:
        return _page(error)
    _go_on_here()
    flash(_("The password is changed. Your sessions on other devices have ended."), "success")
    return redirect(url_for("settings.show"), code=303)


@blueprint.post("/sessions/end")
def end_sessions() -> ResponseReturnValue:
    """Wherever else the person is signed in, they no longer are; this session goes on."""
    with writing() as session:
        end_own_sessions(session, actor=actor(), clock=services().clock)
    _go_on_here()
    flash(_("All your other sessions have ended. If it was not you, change your password, too."), "success")
    return redirect(url_for("settings.show", _anchor="sign-ins"), code=303)


@blueprint.post("/company-account/remove")
@limit_failures(10, _own_password_tried)
def remove_account() -> ResponseReturnValue:
    """One's own account signs in no more. Against the password: without one, nothing would open the doors again."""
    provider = services().provider
    if provider is None:
        raise NotFound
    try:
        _ensure_password_known("account_password")
        with writing() as session:
            unlink_account(session, actor().person_id, provider.given.issuer, actor=actor(), clock=services().clock)
    except InvalidInput as error:
        return _page(error)
    _go_on_here()
    flash(_("Your account of %(provider)s signs in no more.", provider=provider.name), "success")
    return redirect(url_for("settings.show"), code=303)


def _go_on_here() -> None:
    with reading() as session:
        person = session.get_one(Person, actor().person_id)
        start_session(person, actor_of(session, person.id, now()))


def _ensure_password_known(field: str) -> None:
    """Whoever finds an open session must not be able to keep it. Raises InvalidInput."""
    try:
        with reading() as session:
            sign_in(session, actor().login, request.form.get(field, ""))
    except SignInFailed:
        raise InvalidInput({field: PasswordWrong()}) from None


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    provider = services().provider
    with reading() as session:
        view = person_view(session, actor(), actor().person_id)
        came = own_sign_ins(session, actor(), limit=_SHOWN_SIGN_INS, failed=_SHOWN_FAILURES)
        linked = account_of_person(session, view.row.id, provider.given.issuer) if provider is not None else None
    page = render_template(
        "settings/profile.html",
        row=view.row,
        role=role_label(view.row.role),
        minimum=MIN_PASSWORD_LENGTH,
        provider=provider.given if provider is not None else None,
        linked=linked,
        sign_ins=[told(row) for row in came],
        sends_mail=services().settings.smtp_url is not None,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
