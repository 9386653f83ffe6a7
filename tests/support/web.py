"""A browser without a screen: signed in as a person, it sends what our own pages would send."""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from flask import session as request_session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from lxml.html import fromstring
from sqlalchemy import select
from support.office import Office
from support.shared_work import CompiledTemplates
from werkzeug.test import TestResponse

from engine.model.person import Person
from engine.settings import Settings, settings_from
from webui.app import answer_from, create_app
from webui.limits import limiter

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_HTMX = {"HX-Request": "true"}
_TEMPLATES = CompiledTemplates()
_SHARED: dict[tuple[tuple[str, str], ...], Flask] = {}
_KEYS = str(Path(tempfile.gettempdir(), f"reglament-keys-of-tests-{os.getpid()}"))


def web_settings(**environ: str) -> Settings:
    usual = {"REGLAMENT_DEMO": "1", "SECRET_KEY": "a key for tests", "LOCALE_DEFAULT": "en", "REGLAMENT_KEYS": _KEYS}
    return settings_from(usual | environ)


def web_application(office: Office, **environ: str) -> Flask:
    """The pages over the office's database, by the office's clock. People of the office read Ukrainian."""
    app = create_app(web_settings(**environ), office.database, office.clock)
    app.jinja_env.bytecode_cache = _TEMPLATES
    return app


def shared_application(office: Office, **environ: str) -> Flask:
    """The same of one process for all its tests that do nothing but ask it: each begins with no try counted.

    It answers from the office of who asked for it last. To make an application, and to load its templates, costs a
    seventh of what tests of pages do.
    """
    given = tuple(sorted(environ.items()))
    if given not in _SHARED:
        _SHARED[given] = web_application(office, **environ)
    answer_from(_SHARED[given], web_settings(**environ), office.database, office.clock)
    limiter.reset()
    return _SHARED[given]


class Browser:
    """``login`` None is a visitor. Every POST carries the CSRF token of the last whole page."""

    def __init__(self, app: Flask, login: str | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = ""
        if login is None:
            self.get("/sign-in")
        else:
            self._sign_in(app, login)

    def _sign_in(self, app: Flask, login: str) -> None:
        """What signing in and a first page leave in the cookie; people of the office have no passwords."""
        with app.extensions["reglament"].database.read() as session:
            person = session.scalars(select(Person).where(Person.login == login)).one()
        with app.test_request_context():
            self.token = generate_csrf()
            first_page = dict(request_session)
        with self.client.session_transaction() as cookie:
            cookie.permanent = True
            cookie.update(first_page, _user_id=f"{person.id}:{person.session_stamp}")

    def get(self, address: str, *, part: bool = False) -> TestResponse:
        answer = self.client.get(address, headers=_HTMX if part else {}, buffered=True)
        return self._remember(answer)

    def post(
        self,
        address: str,
        form: dict[str, Any] | None = None,
        *,
        part: bool = False,
        headers: dict[str, str] | None = None,
        token: str | None = None,
    ) -> TestResponse:
        sent = {"csrf_token": self.token if token is None else token, **(form or {})}
        return self._remember(self.client.post(address, data=sent, headers=(_HTMX if part else {}) | (headers or {})))

    def _remember(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)):
            self.token = found[1]
        return answer


def text_of(answer: TestResponse) -> str:
    """The page as one reads it: without tags, with the characters that markup escapes."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def elements_of(answer: TestResponse, path: str) -> list[Any]:
    """The elements of a page at an XPath."""
    found: list[Any] = fromstring(answer.text).xpath(path)  # type: ignore[assignment]  # what this path leads to
    return found


def events_of(answer: TestResponse) -> dict[str, Any]:
    """What the answer tells the page that asked."""
    told: dict[str, Any] = json.loads(answer.headers.get("HX-Trigger", "{}"))
    return told


def versions_of(page: TestResponse) -> dict[str, str]:
    """As of which version of a record the form on a page was read, and what its reader was told of."""
    return dict(re.findall(r'name="((?:read|told)(?:_client)?_version)" value="(\d+)"', page.text))
