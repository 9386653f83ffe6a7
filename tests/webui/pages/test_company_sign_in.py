"""Signing in by the company's own accounts: who it is, and what people are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from support.office import Office
from support.openid_server import OpenIdServer
from support.openid_visitors import OLENA, Visitor, application_of, linked, refused
from support.web import Browser, text_of, web_application

from engine.bpmn.compiled import Reauthentication
from engine.commands.people import set_password, update_person
from engine.commands.staff_erasure import erase_employee
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.policy.reauthentication import Reauthenticated

PASSWORD = "three calm horses"


@pytest.fixture
def app(office: Office, provider: OpenIdServer) -> Flask:
    return application_of(office, provider)


@pytest.fixture
def visitor(app: Flask, provider: OpenIdServer) -> Callable[[], Visitor]:
    return lambda: Visitor(Browser(app), provider)


def journal(office: Office) -> list[HistoryEvent]:
    with office.database.read() as session:
        kinds = ("account_linked", "account_unlinked")
        wanted = select(HistoryEvent).where(HistoryEvent.kind.in_(kinds)).order_by(HistoryEvent.id)
        return list(session.scalars(wanted))


def test_the_first_time_the_person_is_found_by_the_mail_and_asked_and_then_never_again(
    office: Office, visitor: Callable[[], Visitor]
) -> None:
    olena = visitor()
    assert "Sign in through Keycloak" in text_of(olena.browser.get("/sign-in"))
    asked = olena.sign_in(**OLENA)
    assert (asked.status_code, asked.location) == (303, "/sign-in/company/link")
    assert not linked(office), "a GET has changed something"
    page = olena.browser.get("/sign-in/company/link")
    assert "Олена Коваль" in text_of(page)
    assert "olena@example.com" in text_of(page)
    assert not olena.is_signed_in()
    assert olena.connect().status_code == 303
    assert "Олена Коваль" in olena.browser.get("/inbox").text
    assert linked(office) == [(office.company.olena.id, "108")]
    (event,) = journal(office)
    assert (event.actor_name, event.data["changes"]) == ("Олена Коваль", {"account": ["", "olena@example.com"]})

    again = visitor()
    answer = again.come_back(again.provider.authorize(again.begin("/sign-in/company?next=/deals?overdue%3D1"), **OLENA))
    assert (answer.status_code, answer.location) == (303, "/deals?overdue=1")
    assert "Олена Коваль" in again.browser.get("/inbox").text


def test_the_answer_pressed_twice_connects_once_and_signs_in(office: Office, visitor: Callable[[], Visitor]) -> None:
    olena = visitor()
    olena.sign_in(**OLENA)
    page = olena.browser.get("/sign-in/company/link")
    with olena.browser.client.session_transaction() as cookie:
        before = dict(cookie)
    assert olena.browser.post("/sign-in/company/link").status_code == 303
    with olena.browser.client.session_transaction() as cookie:  # both presses left with the same cookie
        cookie.clear()
        cookie.update(before)
    olena.browser._remember(page)
    assert olena.browser.post("/sign-in/company/link").status_code == 303
    assert olena.is_signed_in()
    assert len(journal(office)) == 1


def test_who_has_a_password_says_it_once(office: Office, visitor: Callable[[], Visitor]) -> None:
    """So an address that somebody else wrote on a card gives the account to nobody."""
    office.do("admin", set_password, office.company.admin.id, PASSWORD)
    admin = office.company.admin.id
    proof = Reauthenticated(admin, Reauthentication.PASSWORD, office.clock.now(), by="password")
    office.do("admin", update_person, admin, {"email": "bohdan@example.com"}, proof=proof)
    office.do("admin", update_person, office.company.bohdan.id, {"email": ""})
    bohdan = visitor()
    bohdan.sign_in(sub="7", email="bohdan@example.com", email_verified=True)
    wrong = bohdan.connect(password="a guess")
    assert (wrong.status_code, "This is not your present password" in text_of(wrong)) == (422, True)
    assert linked(office) == []
    assert not bohdan.is_signed_in()
    assert bohdan.connect(password=PASSWORD).status_code == 303
    assert bohdan.is_signed_in()


def test_an_administrator_without_a_password_is_not_found_by_mail(
    office: Office, visitor: Callable[[], Visitor]
) -> None:
    answer = visitor().sign_in(sub="1", email="admin@example.com", email_verified=True)
    refused(answer, "reglament user link admin")
    assert linked(office) == []


def test_a_guess_at_the_password_is_stopped_after_ten(office: Office, visitor: Callable[[], Visitor]) -> None:
    office.do("admin", set_password, office.company.olena.id, PASSWORD)
    olena = visitor()
    olena.sign_in(**OLENA)
    for _ in range(10):
        assert olena.connect(password="a guess").status_code == 422
    assert olena.connect(password=PASSWORD).status_code == 429


def test_a_password_that_was_changed_meanwhile_ends_the_question(
    office: Office, visitor: Callable[[], Visitor]
) -> None:
    olena = visitor()
    olena.sign_in(**OLENA)
    office.do("admin", set_password, office.company.olena.id, PASSWORD)
    refused(olena.connect(password=PASSWORD), "This changed meanwhile")
    assert linked(office) == []


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (OLENA | {"email": "nobody@example.com"}, "Nobody with access has the e-mail nobody@example.com"),
        (OLENA | {"email": "olena@else.example"}, "only those of example.com sign in here"),
        (
            OLENA | {"email_verified": False},
            "Only accounts of example.com sign in here",
        ),
        (OLENA | {"email_verified": "true"}, "does not say that the e-mail of this account is yours"),
        (OLENA | {"email": ["olena@example.com"]}, "does not say that the e-mail of this account is yours"),
        (OLENA | {"email": "olena@example.com\n"}, "does not say that the e-mail of this account is yours"),
        ({"sub": "108"}, "does not say that the e-mail of this account is yours"),
        (OLENA | {"sub": ""}, "cannot be trusted"),
        (OLENA | {"sub": 108}, "cannot be trusted"),
    ],
)
def test_who_is_not_known_for_certain_is_told_why(
    office: Office, visitor: Callable[[], Visitor], claims: dict[str, Any], sentence: str
) -> None:
    stranger = visitor()
    answer = stranger.sign_in(**claims)
    refused(answer, sentence)
    is_colleague = claims.get("email") == "nobody@example.com"
    assert ("Administrators: Андрій Савченко" in text_of(answer)) is is_colleague, "strangers read no names"
    assert linked(office) == []
    assert not stranger.is_signed_in()


def test_a_mail_that_the_token_leaves_out_is_asked_for(
    office: Office, provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.userinfo = {**OLENA, "sub": "somebody else"}
    refused(visitor().sign_in(sub="108"), "cannot be trusted")
    provider.userinfo = OLENA
    assert visitor().sign_in(sub="108").location == "/sign-in/company/link"
    provider.userinfo = {"sub": "108", "email": "olena@example.com"}
    refused(visitor().sign_in(sub="108"), "does not say that the e-mail of this account is yours")


def test_a_mail_of_two_people_names_none_and_one_without_access_does_not_count(
    office: Office, visitor: Callable[[], Visitor]
) -> None:
    office.do("admin", update_person, office.company.taras.id, {"email": "olena@example.com"})
    refused(visitor().sign_in(**OLENA), "Several people have the e-mail")
    office.do("admin", update_person, office.company.taras.id, {"is_active": False})
    assert visitor().sign_in(**OLENA).location == "/sign-in/company/link"


def test_whoever_gets_the_address_later_does_not_get_the_account(
    office: Office, visitor: Callable[[], Visitor]
) -> None:
    olena = visitor()
    olena.sign_in(**OLENA)
    olena.connect()
    refused(visitor().sign_in(**OLENA | {"sub": "999"}), "Another account of Keycloak is connected")
    office.do("admin", update_person, office.company.olena.id, {"email": "o.koval@example.com"})
    assert visitor().sign_in(**OLENA).location == "/"
    assert linked(office) == [(office.company.olena.id, "108")]


def test_who_lost_the_access_or_was_erased_does_not_get_in(office: Office, visitor: Callable[[], Visitor]) -> None:
    olena, person_id = visitor(), office.company.olena.id
    olena.sign_in(**OLENA)
    olena.connect()
    office.do("admin", update_person, person_id, {"is_active": False})
    assert not olena.is_signed_in()
    refused(visitor().sign_in(**OLENA), "You have no access any more")
    office.do("admin", erase_employee, person_id, "заява № 3")
    assert linked(office) == []
    assert "olena@example.com" not in json.dumps([event.data for event in journal(office)])
    refused(visitor().sign_in(**OLENA), "Nobody with access")


def test_access_that_is_taken_while_the_question_stands_ends_it(office: Office, visitor: Callable[[], Visitor]) -> None:
    olena = visitor()
    olena.sign_in(**OLENA)
    office.do("admin", update_person, office.company.olena.id, {"is_active": False})
    assert olena.connect().status_code == 422
    assert not olena.is_signed_in()
    assert linked(office) == []


def test_what_the_provider_says_of_itself_is_kept_and_new_keys_are_found(
    office: Office, provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    visitor().sign_in(**OLENA)
    visitor().sign_in(**OLENA)
    assert [path for path in provider.asked if path != "/token"] == ["/.well-known/openid-configuration", "/keys"]
    provider.change_key("second")
    assert visitor().sign_in(**OLENA).status_code == 303
    assert provider.asked.count("/keys") == 2
    office.clock.advance(timedelta(hours=1))
    visitor().begin()
    assert provider.asked.count("/.well-known/openid-configuration") == 2


def test_a_provider_that_is_down_is_said_in_a_sentence(
    office: Office, provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    provider.status = 502
    olena = visitor()
    for _ in range(3):
        answer = olena.browser.get("/sign-in/company")
        refused(answer, "Keycloak does not answer now")
    assert provider.asked.count("/.well-known/openid-configuration") == 1, "who is down is not asked by everybody"
    office.do("admin", set_password, office.company.olena.id, PASSWORD)
    assert olena.browser.post("/sign-in", {"login": "olena", "password": PASSWORD}).status_code == 303
    provider.status = 200
    office.clock.advance(timedelta(seconds=10))
    back = provider.authorize(visitor().begin(), **OLENA)
    assert back
    office.clock.advance(timedelta(hours=2))
    provider.status = 502
    assert visitor().begin(), "what it said of itself once serves on"


def test_a_provider_that_breaks_down_on_the_way_is_said_in_a_sentence(
    provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    olena = visitor()
    back = provider.authorize(olena.begin(), **OLENA)
    provider.status = 500
    refused(olena.come_back(back), "Keycloak does not answer now")


@pytest.mark.parametrize(
    ("metadata", "answer"),
    [
        ({"issuer": "https://evil.example"}, None),
        ({"token_endpoint": "http://localhost/token"}, None),
        ({"authorization_endpoint": "javascript:alert(1)"}, None),
        ({"jwks_uri": None}, None),
        ({}, b"<html>"),
        ({}, b"[]"),
    ],
)
def test_a_provider_that_cannot_be_understood_is_said_in_a_sentence(
    provider: OpenIdServer, visitor: Callable[[], Visitor], metadata: dict[str, Any], answer: bytes | None
) -> None:
    provider.metadata, provider.answer = metadata, answer
    refused(visitor().browser.get("/sign-in/company"), "is not set up rightly")


def test_a_wrong_secret_is_told_to_whoever_runs_the_server(
    office: Office, provider: OpenIdServer, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = application_of(office, provider, OIDC_CLIENT_SECRET="wrong")
    refused(Visitor(Browser(wrong), provider).sign_in(**OLENA), "is not set up rightly")
    assert "invalid_client" in caplog.text


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("access_denied", "Keycloak did not let you in: the sign-in was cancelled."),
        ("server_error", "Keycloak did not let you in: server_error."),
        ("Call +380 44 evil", "Keycloak did not let you in: no reason was given."),
    ],
)
def test_who_says_no_at_the_provider_is_back_at_the_sign_in_page(
    visitor: Callable[[], Visitor], told: str, sentence: str
) -> None:
    olena = visitor()
    state = dict(parse_qsl(urlsplit(olena.begin()).query))["state"]
    answer = olena.browser.client.get("/sign-in/company/callback", query_string={"error": told, "state": state})
    refused(answer, sentence)


def test_another_account_can_be_chosen_after_one_was_refused(visitor: Callable[[], Visitor]) -> None:
    assert "prompt=select_account" in visitor().begin("/sign-in/company?other=1")


def test_wrong_settings_keep_nobody_from_signing_in_by_password(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.do("admin", set_password, office.company.olena.id, PASSWORD)
    wrong = web_application(office, OIDC_ISSUER="https://login.microsoftonline.com/common/v2.0")
    assert "OIDC_CLIENT_ID is missing" in caplog.text
    visitor = Browser(wrong)
    assert "/sign-in/company" not in visitor.get("/sign-in").text
    assert visitor.get("/sign-in/company").status_code == 404
    assert visitor.get("/sign-in/company/callback?state=x&code=y").status_code == 404
    assert visitor.post("/sign-in", {"login": "olena", "password": PASSWORD}).status_code == 303


def test_an_own_account_of_another_name_is_connected_in_the_profile(
    office: Office, app: Flask, provider: OpenIdServer
) -> None:
    office.do("admin", set_password, office.company.olena.id, PASSWORD)
    olena = Visitor(Browser(app, "olena"), provider)
    (address,) = re.findall(r'href="(/sign-in/company\?[^"]+)"', olena.browser.get("/settings").text)
    private = {"sub": "55", "email": "koval@example.com", "email_verified": True}
    asked = olena.come_back(provider.authorize(olena.begin(address.replace("&amp;", "&")), **private))
    assert asked.location == "/sign-in/company/link"
    done = olena.connect(password=PASSWORD)
    assert (done.status_code, done.location) == (303, "/settings")
    assert linked(office) == [(office.company.olena.id, "55")]
    assert "koval@example.com" in olena.browser.get("/settings").text

    taras = Visitor(Browser(app, "taras"), provider)
    taras.come_back(provider.authorize(taras.begin(), **private))
    assert "koval@example.com" not in taras.browser.get("/settings").text
    assert linked(office) == [(office.company.olena.id, "55")]


def test_what_one_person_began_to_connect_another_cannot_end(app: Flask, provider: OpenIdServer) -> None:
    olena = Visitor(Browser(app, "olena"), provider)
    back = provider.authorize(olena.begin(), **OLENA)
    olena.browser._sign_in(app, "taras")
    olena.come_back(back)
    assert olena.connect().status_code in {303, 422}
    assert "olena@example.com" not in olena.browser.get("/settings").text


def test_the_connection_is_removed_by_the_person_with_their_password(
    office: Office, app: Flask, visitor: Callable[[], Visitor]
) -> None:
    olena, elsewhere = visitor(), visitor()
    olena.sign_in(**OLENA)
    olena.connect()
    assert "/settings/company-account/remove" not in olena.browser.get("/settings").text
    assert olena.browser.post("/settings/company-account/remove").status_code == 422
    office.do("admin", set_password, office.company.olena.id, PASSWORD)
    olena.sign_in(**OLENA)
    elsewhere.sign_in(**OLENA)
    olena.browser.get("/settings")
    wrong = olena.browser.post("/settings/company-account/remove", {"account_password": "wrong"})
    assert (wrong.status_code, 'id="field-account_password-error"' in wrong.text) == (422, True)
    assert olena.browser.post("/settings/company-account/remove", {"account_password": PASSWORD}).status_code == 303
    assert olena.is_signed_in()
    assert not elsewhere.is_signed_in()
    assert linked(office) == []
    assert [event.kind for event in journal(office)] == ["account_linked", "account_unlinked"]


def test_the_administrator_sees_and_removes_a_connection_and_nobody_else_does(
    office: Office, app: Flask, visitor: Callable[[], Visitor]
) -> None:
    page = f"/people/{office.company.olena.id}"
    admin = Browser(app, "admin")
    assert f"{page}/company-account/remove" not in admin.get(page).text
    olena = visitor()
    olena.sign_in(**OLENA)
    olena.connect()
    assert f'action="{page}/company-account/remove"' in admin.get(page).text
    bohdan = Browser(app, "bohdan")
    assert bohdan.post(f"{page}/company-account/remove").status_code in {403, 404}
    assert linked(office) != []
    assert admin.post(f"{page}/company-account/remove").status_code == 303
    assert linked(office) == []
    assert not olena.is_signed_in()
    assert journal(office)[-1].actor_name == "Андрій Савченко"


def test_who_is_added_without_a_password_is_said_to_come_by_the_companys_account(office: Office, app: Flask) -> None:
    admin = Browser(app, "admin")
    form = {"login": "marta", "full_name": "Марта Бойко", "role": "manager", "email": "marta@example.com"}
    added = admin.post("/people", form)
    assert re.search(r"Keycloak[^.<]*marta@example\.com", text_of(admin.get(added.location)))
    with office.database.read() as session:
        assert session.scalars(select(Person).where(Person.login == "marta")).one().password_hash is None
