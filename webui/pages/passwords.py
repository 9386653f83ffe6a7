"""Choosing one's password by a link, and asking for one when it is forgotten."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.password_links import FORGOTTEN_LASTS, ask_for_password_link, set_password_by_link
from engine.commands.people import MIN_PASSWORD_LENGTH
from engine.errors import N_, DomainError, FieldRequired
from engine.model.sign_in import SignInWay
from engine.queries.actors import actor_of
from engine.queries.linked_accounts import OnlyThroughProvider
from engine.queries.password_links import PasswordLinkOver, person_of_link
from webui.error_pages import status_of
from webui.i18n import _
from webui.limits import account_tried, limit_tries
from webui.messages import error_text, field_errors
from webui.password_door import ensure_password_opens
from webui.request_context import now, reading, services, writing
from webui.security import open_to_all
from webui.sessions import start_session
from webui.sign_in_log import came_in, did_not_come_in

blueprint = Blueprint("passwords", __name__)


@blueprint.get("/forgotten-password")
@open_to_all
def forgotten() -> ResponseReturnValue:
    return _ask()


@blueprint.post("/forgotten-password")
@limit_tries(20)
@limit_tries(3, account_tried)
@open_to_all
def ask() -> ResponseReturnValue:
    """The answer is the same whoever is asked for: it does not tell who has an account."""
    login = request.form.get("login", "").strip()
    if not login:
        return _ask(error=FieldRequired(label=N_("Login or e-mail")))
    if services().settings.smtp_url:
        with writing() as session:
            ask_for_password_link(session, login, clock=services().clock)
    return _ask(login=login, is_asked=True)


@blueprint.get("/password/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    return _choose(token)


@blueprint.post("/password/<token>")
@open_to_all
def choose(token: str) -> ResponseReturnValue:
    """Set the password and sign in; whoever was signed in before in this browser no longer is."""
    try:
        with writing() as session:
            person = set_password_by_link(session, token, request.form.get("password", ""), clock=services().clock)
            actor = actor_of(session, person.id, now())
    except DomainError as error:
        return _choose(token, error)
    try:
        with reading() as session:
            ensure_password_opens(session, person)
    except OnlyThroughProvider as closed:
        did_not_come_in(closed, way=SignInWay.LINK, person_id=actor.person_id)
        flash(_("The password is set."), "success")
        flash(error_text(closed), "warning")
        return redirect(url_for("sign_in.show"), code=303)
    start_session(person, actor)
    came_in(actor.person_id, SignInWay.LINK)
    flash(_("The password is set. You are signed in."), "success")
    return redirect(url_for("home.show"), code=303)


def _ask(*, login: str = "", is_asked: bool = False, error: DomainError | None = None) -> ResponseReturnValue:
    page = render_template(
        "sign_in/forgotten.html",
        login=login,
        is_asked=is_asked,
        sends_mail=services().settings.smtp_url is not None,
        hours=FORGOTTEN_LASTS // timedelta(hours=1),
        login_error=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _choose(token: str, error: DomainError | None = None) -> ResponseReturnValue:
    try:
        with reading() as session:
            person = person_of_link(session, token, now())
    except PasswordLinkOver as over:
        return render_template("sign_in/link_over.html", problem_text=error_text(over)), 410
    page = render_template(
        "sign_in/choose_password.html",
        token=token,
        person=person,
        minimum=MIN_PASSWORD_LENGTH,
        errors=field_errors(error) if error else {},
    )
    return page, status_of(error) if error else 200
