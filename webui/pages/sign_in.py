"""Signing in by name and password; in the demo company by one click per person."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.people import sign_in, update_person
from engine.errors import DomainError, FieldRequired, NotFound
from engine.model.person import Person
from engine.model.sign_in import SignInWay
from engine.queries.actors import actor_of
from engine.queries.linked_accounts import passwords_are_closed
from webui.demo_people import DemoPerson, demo_people
from webui.first_administrator import first_command, has_nobody
from webui.i18n import LOCALE_COOKIE, LOCALES, _
from webui.limits import account_tried, limit_failures
from webui.messages import error_text
from webui.password_door import ensure_password_opens
from webui.request_context import now, reading, services, signed_in, writing
from webui.security import local_path, open_to_all
from webui.sessions import end_session, start_session
from webui.sign_in_log import came_in, did_not_come_in, was_stopped, went_out

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@open_to_all
def show() -> ResponseReturnValue:
    if signed_in():
        return redirect(local_path(request.args.get("next")) or url_for("home.show"))
    notice = _("You were signed out. Sign in again: what you typed is kept.") if request.args.get("expired") else ""
    return sign_in_page(notice=notice)


def _stopped_here(tries: int) -> None:
    was_stopped(tries, way=SignInWay.PASSWORD)


def _account_stopped(tries: int) -> None:
    was_stopped(tries, way=SignInWay.PASSWORD, login=request.form.get("login", ""))


@blueprint.post("/sign-in")
@limit_failures(60, stopped=_stopped_here)
@limit_failures(10, account_tried, stopped=_account_stopped)
@open_to_all
def submit() -> ResponseReturnValue:
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    missing = {
        name: label
        for name, label, text in (("login", _("Login"), login), ("password", _("Password"), password))
        if not text
    }
    if missing:  # nobody has tried to come in: the log of sign-ins holds no such try
        errors = {name: error_text(FieldRequired(label=label)) for name, label in missing.items()}
        return sign_in_page(login=login, errors=errors), 422
    try:
        with reading() as session, session.no_autoflush:  # a renewed hash is written below
            person = sign_in(session, login, password)
            ensure_password_opens(session, person)
            hash_is_outdated = session.is_modified(person)
            person_id = person.id
            start_session(person, actor_of(session, person_id, now()))
    except DomainError as error:
        did_not_come_in(error, login, way=SignInWay.PASSWORD)
        return sign_in_page(login=login, problem=error_text(error)), 422
    if hash_is_outdated:
        # In a transaction of its own: checking passwords must never hold up those who work.
        with writing() as session:
            sign_in(session, login, password)
    came_in(person_id, SignInWay.PASSWORD)
    return _go_on()


@blueprint.post("/sign-in/demo")
@open_to_all
def as_demo_person() -> ResponseReturnValue:
    """One click instead of a password; exists only in the demo company."""
    login = request.form.get("login", "")
    with reading() as session:
        if not services().settings.demo or login not in {each.login for each in demo_people(session)}:
            raise NotFound
        person = session.query(Person).filter_by(login=login, is_active=True).one()
        person_id = person.id
        start_session(person, actor_of(session, person_id, now()))
    came_in(person_id, SignInWay.DEMO)
    _keep_language_of_visitor(person_id)
    return _go_on()


def _keep_language_of_visitor(person_id: int) -> None:
    """Go on in the language that was switched to on the sign-in page: a demo account stands for whoever looks at it."""
    chosen = request.cookies.get(LOCALE_COOKIE, "")
    if chosen in LOCALES:
        with writing() as session:
            by = actor_of(session, person_id, now())
            update_person(session, person_id, {"locale": chosen}, actor=by, clock=services().clock)


@blueprint.post("/sign-out")
@open_to_all
def leave() -> ResponseReturnValue:
    person = signed_in()
    person_id = person.actor.person_id if person is not None else None
    end_session()
    if person_id is not None:
        went_out(person_id)
    return redirect(url_for("sign_in.show"), code=303)


def _go_on() -> ResponseReturnValue:
    return redirect(local_path(request.form.get("next")) or url_for("home.show"), code=303)


def sign_in_page(
    *,
    login: str = "",
    problem: str = "",
    notice: str = "",
    following: str | None = None,
    chooses_account: bool = False,
    whom_to_ask: tuple[str, ...] = (),
    errors: Mapping[str, str] | None = None,
) -> str:
    """``following`` is where one goes on to, by default what the address asks for. ``chooses_account``: the provider of
    the company's accounts asks which one, for the last was refused. ``whom_to_ask``: people who can help. ``errors``
    are told at their fields.
    """
    provider = services().provider
    with reading() as session:
        folds_password = provider is not None and passwords_are_closed(session, provider.given.issuer)
        people: tuple[DemoPerson, ...] = demo_people(session) if services().settings.demo else ()
        command = first_command(_("Your Name")) if not people and has_nobody(session) else ""
    following = (local_path(request.values.get("next")) or "") if following is None else following
    return render_template(
        "sign_in/sign_in.html",
        login=login,
        problem_text=problem,
        signed_out_notice=notice,
        people=people,
        command=command,
        following=following,
        provider=provider.given if provider is not None else None,
        chooses_account=chooses_account,
        folds_password=folds_password and not login and not errors,
        whom_to_ask=whom_to_ask,
        errors=errors or {},
    )
