"""Staying signed in: a signed cookie that names the person and the stamp of their password.

When the password is set anew or the person leaves, the stamp changes, and sessions that carry the old one end. Role and
departments are those of this very moment in every request.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import timedelta

from flask import Flask, Request, Response, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, login_user, logout_user
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.adapters.sealing import installation_key
from engine.clock import Clock
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.accounts import Accounts
from engine.settings import Settings
from webui.request_context import Services
from webui.signed_in_person import SignedInPerson
from webui.this_request import this_request

IDLE_LIMIT = timedelta(hours=12)
_NOBODY = "asks_for_nobody"


class _Cookies(SecureCookieSessionInterface):
    """Flask's own; who sends no cookie costs no look for one, and a session that nobody looked at no look at how it is.

    So programs with a token pay nothing for it, and built files do not vary with the cookie, which each page prolongs.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if _sends_no_cookie(request) or self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.accessed or session.modified:
            super().save_session(app, session, response)


def _sends_no_cookie(request: Request) -> bool:
    """Asked of the environment: to answer with no cookies, ``request.cookies`` looks at every header."""
    return "HTTP_COOKIE" not in request.environ


def configure_sessions(app: Flask, settings: Settings, services: Callable[[], Services]) -> None:
    """Sign cookies with the secret key; over https name them ``__Host-``, so that no neighbour domain can set one.

    ``services`` gives those of the application that answers the request at hand.
    """
    over_https = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=installation_key(settings),
        SESSION_COOKIE_NAME="__Host-reglament" if over_https else "reglament",
        SESSION_COOKIE_SECURE=over_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=IDLE_LIMIT,
    )
    if over_https:
        # Behind https stands exactly one proxy that we trust to name the caller: gunicorn itself speaks no TLS.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # Flask's way

    manager = LoginManager()
    app.login_manager = manager  # type: ignore[attr-defined]  # init_app also looks after each request for what to
    # remember beyond a session: nothing is.
    manager.session_protection = None  # phones change their address all day; the stamp protects instead

    def load(session_id: str) -> SignedInPerson | None:
        if g.get(_NOBODY):
            return None
        given = services()
        return _person_of_session(given.accounts, given.clock, session_id)

    manager.user_loader(load)
    app.session_interface = _Cookies()
    app.before_request(_prolong)


def start_session(person: Person, actor: Actor) -> None:
    """Begin anew: nothing that was in the cookie before sign-in survives it."""
    session.clear()
    session.permanent = True
    login_user(SignedInPerson(actor=actor, stamp=person.session_stamp, theme=person.theme))
    g.locale = actor.locale


def end_session() -> None:
    logout_user()
    session.clear()


def ask_for_nobody() -> None:
    """Answer this request without a look at who asks, if there was none yet: the database that knows it is away."""
    setattr(g, _NOBODY, True)


def polls(endpoint: str) -> None:
    """Name an endpoint that a page calls by itself: such calls do not keep an abandoned session alive."""
    _POLLED.add(endpoint)


def is_polled() -> bool:
    """Was this request made by a page by itself, and not by a person?"""
    return request.endpoint in _POLLED


_POLLED: set[str] = set()


def _prolong() -> None:
    asked = this_request()
    if _sends_no_cookie(asked) or asked.endpoint == "static":
        return
    if session.get("_user_id") and not is_polled():
        session.modified = True


def _person_of_session(accounts: Accounts, clock: Clock, session_id: str) -> SignedInPerson | None:
    person_id, _, stamp = session_id.partition(":")
    if not person_id.isdecimal():
        return None
    account = accounts.of_person(int(person_id), clock.now())
    if account is None or not hmac.compare_digest(account.session_stamp, stamp):
        return None
    g.locale = account.actor.locale
    return SignedInPerson(actor=account.actor, stamp=stamp, theme=account.theme)
