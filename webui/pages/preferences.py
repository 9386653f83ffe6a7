"""Language and theme: kept with the person, and in a cookie for the sign-in page."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.people import update_person
from engine.errors import NotFound
from webui.i18n import LOCALE_COOKIE, LOCALES
from webui.request_context import services, signed_in, writing
from webui.security import local_path, open_to_all

blueprint = Blueprint("preferences", __name__, url_prefix="/preferences")

_THEMES = ("auto", "light", "dark")
_KEPT_FOR = timedelta(days=365)


@blueprint.post("/locale")
@open_to_all
def set_locale() -> ResponseReturnValue:
    return _keep("locale", LOCALE_COOKIE, LOCALES)


@blueprint.post("/theme")
@open_to_all
def set_theme() -> ResponseReturnValue:
    return _keep("theme", "theme", _THEMES)


def _keep(name: str, cookie: str, allowed: tuple[str, ...]) -> ResponseReturnValue:
    value = request.form.get(name, "")
    if value not in allowed:
        raise NotFound
    person = signed_in()
    if person is not None:
        with writing() as session:
            update_person(session, person.actor.person_id, {name: value}, actor=person.actor, clock=services().clock)
    back = local_path(request.form.get("next")) or url_for("home.show" if person else "sign_in.show")
    response: Response = redirect(back, code=303)  # type: ignore[assignment]  # werkzeug's base class is what Flask makes
    secure = services().settings.base_url.startswith("https://")
    response.set_cookie(cookie, value, max_age=_KEPT_FOR, secure=secure, httponly=True, samesite="Lax")
    return response
