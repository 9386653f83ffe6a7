"""How the company signs in, as the administrator sees and rules it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select
from support.office import Office
from support.openid_server import OpenIdServer
from support.openid_visitors import OLENA, Visitor, application_of
from support.web import Browser, text_of, web_application

from engine.commands.authenticators import prove
from engine.commands.people import set_password
from engine.model.history_event import HistoryEvent
from engine.policy.reauthentication import NoPassword

PAGE = "/settings/sign-in"
PASSWORD = "three calm horses"
ADMIN = {"sub": "1", "email": "admin@example.com", "email_verified": True}


@pytest.fixture
def app(office: Office, provider: OpenIdServer) -> Flask:
    return application_of(office, provider)


def close(browser: Browser, closed: str = "yes") -> int:
    browser.get(PAGE)
    return browser.post(f"{PAGE}/passwords", {"closed": closed}).status_code


def connect(app: Flask, provider: OpenIdServer, claims: dict[str, object], password: str = "") -> Visitor:
    visitor = Visitor(Browser(app), provider)
    visitor.sign_in(**claims)
    assert visitor.connect(password=password).status_code == 303
    return visitor


def signs_in(app: Flask, login: str) -> bool:
    return Browser(app).post("/sign-in", {"login": login, "password": PASSWORD}).status_code == 303


def test_passwords_of_who_is_connected_are_closed_and_opened_again(
    office: Office, app: Flask, provider: OpenIdServer
) -> None:
    for login in ("admin", "olena", "taras"):
        office.do("admin", set_password, getattr(office.company, login).id, PASSWORD)
    connect(app, provider, OLENA, PASSWORD)
    admin = Browser(app, "admin")
    assert close(admin) == 422, "the one who closes has to have come in by it"
    assert signs_in(app, "olena")
    connect(app, provider, ADMIN, PASSWORD)
    assert close(admin) == 303
    assert "<details" in Browser(app).get("/sign-in").text
    assert [signs_in(app, login) for login in ("admin", "olena", "taras")] == [False, False, True]
    answer = Browser(app).post("/sign-in", {"login": "olena", "password": PASSWORD})
    assert "You sign in through Keycloak alone" in text_of(answer)
    assert Visitor(Browser(app), provider).sign_in(**OLENA).location == "/"

    assert close(admin) == 303
    assert close(admin, "no") == 303
    assert [signs_in(app, login) for login in ("admin", "olena", "taras")] == [True, True, True]
    with office.database.read() as session:
        kinds = ("passwords_closed", "passwords_opened")
        told = session.scalars(select(HistoryEvent.kind).where(HistoryEvent.kind.in_(kinds)).order_by(HistoryEvent.id))
        assert tuple(told) == kinds


def test_a_link_for_a_password_signs_nobody_in_where_passwords_are_closed(
    office: Office, app: Flask, provider: OpenIdServer
) -> None:
    office.do("admin", set_password, office.company.admin.id, PASSWORD)
    connect(app, provider, OLENA)
    connect(app, provider, ADMIN, PASSWORD)
    admin = Browser(app, "admin")
    close(admin)
    admin.get(f"/people/{office.company.olena.id}")
    shown = admin.post(f"/people/{office.company.olena.id}/password-link")
    (link,) = re.findall(r"https?://[^<\s]*(/password/[\w-]+)", shown.text)
    olena = Browser(app)
    olena.get(link)
    assert olena.post(link, {"password": PASSWORD}).location == "/sign-in"
    assert olena.get("/inbox").status_code == 302
    assert "You sign in through Keycloak alone" in text_of(olena.get("/sign-in"))


def test_the_page_tells_who_is_not_connected_yet(office: Office, app: Flask, provider: OpenIdServer) -> None:
    connect(app, provider, OLENA)
    page = Browser(app, "admin").get(PAGE).text
    assert provider.issuer in page
    assert "http://127.0.0.1:8000/sign-in/company/callback" in page
    assert f'href="/people/{office.company.taras.id}"' in page
    assert f'href="/people/{office.company.olena.id}"' not in page
    assert re.search(r"\b1 \w+ 9\b", text_of(Browser(app, "admin").get(PAGE)))


def test_without_a_provider_the_page_says_how_to_come_to_one(office: Office) -> None:
    admin = Browser(web_application(office), "admin")
    assert "http://127.0.0.1:8000/sign-in/company/callback" in admin.get(PAGE).text
    assert admin.post(f"{PAGE}/passwords", {"closed": "yes"}).status_code == 404
    wrong = Browser(web_application(office, OIDC_ISSUER="https://accounts.google.com"), "admin")
    assert "OIDC_CLIENT_ID" in text_of(wrong.get(PAGE))


@pytest.mark.parametrize("login", ["bohdan", "owner", "olena"])
def test_it_is_the_administrators_alone(app: Flask, login: str) -> None:
    other = Browser(app, login)
    assert other.get(PAGE).status_code == 404
    assert other.post(f"{PAGE}/passwords", {"closed": "yes"}).status_code == 404
    assert PAGE not in other.get("/settings").text


def test_who_has_no_password_is_told_so_where_a_decision_asks_for_one(office: Office) -> None:
    with pytest.raises(NoPassword):
        prove(office.database, "anything", open_=str, actor=office.actor("olena"), clock=office.clock)
