"""How the company signs in: who keeps its accounts, who is connected, whether passwords still count."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.linked_accounts import close_passwords, open_passwords
from engine.errors import DomainError, NotFound
from engine.policy.company_sign_in import CALLBACK, CompanySignInNotUnderstood, company_sign_in
from engine.policy.permissions import Ability
from engine.queries.linked_accounts import connections
from engine.queries.scopes import ensure_sees
from webui.i18n import _
from webui.messages import error_text
from webui.request_context import actor, reading, services, writing

blueprint = Blueprint("sign_in_settings", __name__, url_prefix="/settings/sign-in")


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/passwords")
def set_passwords() -> ResponseReturnValue:
    """Whether the passwords of those who are connected sign in."""
    ensure_sees(actor(), Ability.MANAGE_PEOPLE)
    provider = services().provider
    if provider is None:
        raise NotFound
    command = close_passwords if request.form.get("closed") == "yes" else open_passwords
    try:
        with writing() as session:
            command(session, provider.given.issuer, actor=actor(), clock=services().clock)
    except DomainError as error:
        return _page(error)
    told = (
        _("Who is connected signs in through %(provider)s alone now.", provider=provider.name)
        if command is close_passwords
        else _("Passwords sign everybody in again.")
    )
    flash(told, "success")
    return redirect(url_for("sign_in_settings.show"), code=303)


def _page(error: DomainError | None = None) -> ResponseReturnValue:
    ensure_sees(actor(), Ability.MANAGE_PEOPLE)
    settings, provider = services().settings, services().provider
    found = None
    if provider is not None:
        with reading() as session:
            found = connections(session, actor(), provider.given.issuer)
    page = render_template(
        "settings/sign_in.html",
        provider=provider.given if provider is not None else None,
        found=found,
        settings_problem=_problem(),
        redirect_uri=f"{settings.base_url}{CALLBACK}",
        problem_text=error_text(error) if error is not None else "",
    )
    return page, 422 if error is not None else 200


def _problem() -> str:
    """What is wrong with the settings, in a sentence."""
    try:
        company_sign_in(services().settings)
    except CompanySignInNotUnderstood as problem:
        return error_text(problem)
    return ""
