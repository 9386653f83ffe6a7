from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from support.founded_offices import FoundedOffices
from support.office import Office
from support.web import Browser, text_of, web_application, web_settings

from engine.clock import SystemClock
from engine.commands.people import PersonDraft, add_person, set_password, update_person
from engine.db.session import Database
from engine.model.person import Person, Role
from engine.policy.permissions import Actor
from webui.app import create_app

SignIn = Callable[[str | None], Browser]

PASSWORD = "three calm horses"


@pytest.fixture
def with_password(office: Office) -> None:
    office.do("admin", set_password, office.company.olena.id, PASSWORD)


@pytest.mark.usefixtures("with_password")
def test_name_and_password_open_the_inbox(browse: SignIn) -> None:
    visitor = browse(None)
    answer = visitor.post("/sign-in", {"login": "OLENA", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/").location == "/inbox"
    assert "Олена Коваль" in visitor.get("/inbox").text


@pytest.mark.usefixtures("with_password")
def test_after_sign_in_one_is_where_one_wanted_to_be(browse: SignIn) -> None:
    form = {"login": "olena", "password": PASSWORD, "next": "/deals?overdue=1"}
    assert browse(None).post("/sign-in", form).location == "/deals?overdue=1"


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    "address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(browse: SignIn, address: str) -> None:
    form = {"login": "olena", "password": PASSWORD, "next": address}
    assert browse(None).post("/sign-in", form).location == "/"


@pytest.mark.usefixtures("with_password")
def test_after_a_wrong_password_one_goes_on_typing_at_the_password(browse: SignIn) -> None:
    visitor = browse(None)
    assert _focused(visitor.get("/sign-in").text) == ["field-login"]
    answer = visitor.post("/sign-in", {"login": "olena", "password": "three calm dogs"})
    assert _focused(answer.text) == ["field-password"]


def _focused(html: str) -> list[str]:
    return re.findall(r'<input [^>]*id="([^"]+)"[^>]* autofocus', html)


@pytest.mark.usefixtures("with_password")
def test_what_is_missing_is_told_at_its_field(browse: SignIn) -> None:
    visitor = browse(None)
    answer = visitor.post("/sign-in", {"login": "olena", "password": ""})
    assert answer.status_code == 422
    assert 'id="field-password-error"' in answer.text
    assert 'id="field-login-error"' not in answer.text
    assert 'value="olena"' in answer.text
    assert "Fill in “Password”." in text_of(answer)
    assert "Fill in “Login”." in text_of(visitor.post("/sign-in", {}))


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize("login", ["olena", "nobody"])
def test_wrong_password_and_unknown_name_read_the_same(browse: SignIn, login: str) -> None:
    visitor = browse(None)
    answer = visitor.post("/sign-in", {"login": login, "password": "wrong"})
    assert answer.status_code == 422
    assert "The name or the password is wrong." in text_of(answer)
    assert f'value="{login}"' in answer.text
    assert visitor.get("/inbox").status_code == 302


@pytest.mark.postgres
def test_a_hash_of_another_cost_is_renewed_at_sign_in(postgresql_database_url: str, founded: FoundedOffices) -> None:
    outdated = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    with founded.at_work(postgresql_database_url) as office:
        with office.database.write() as session:
            session.get_one(Person, office.company.olena.id).password_hash = outdated
        visitor = Browser(web_application(office))
        assert visitor.post("/sign-in", {"login": "olena", "password": PASSWORD}).status_code == 303
        with office.database.read() as session:
            assert session.get_one(Person, office.company.olena.id).password_hash != outdated
        assert visitor.get("/inbox").status_code == 200


@pytest.mark.usefixtures("with_password")
def test_guessing_at_one_account_is_stopped(browse: SignIn) -> None:
    visitor = browse(None)
    for _ in range(10):
        assert visitor.post("/sign-in", {"login": "olena", "password": "guess"}).status_code == 422
    stopped = visitor.post("/sign-in", {"login": " Olena", "password": PASSWORD})
    assert stopped.status_code == 429
    assert 1 <= int(stopped.headers["Retry-After"]) <= 600
    assert "Too many tries" in text_of(stopped)
    assert visitor.post("/sign-in", {"login": "taras", "password": "guess"}).status_code == 422


@pytest.mark.usefixtures("with_password")
def test_session_is_renewed_at_sign_in(browse: SignIn) -> None:
    visitor = browse(None)
    with visitor.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        before = cookie["csrf_token"]
    visitor.post("/sign-in", {"login": "olena", "password": PASSWORD})
    with visitor.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != before


def test_demo_company_signs_in_by_one_click(browse: SignIn) -> None:
    visitor = browse(None)
    page = visitor.get("/sign-in").text
    for login in ("owner", "olena", "taras", "bohdan", "iryna", "oksana", "petro", "admin"):
        assert f'value="{login}"' in page
    assert visitor.post("/sign-in/demo", {"login": "iryna"}).status_code == 303
    assert "Ірина Бондар" in visitor.get("/inbox").text


@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_visitor_of_the_demo_company_goes_on_in_the_language_they_chose(office: Office, language: str) -> None:
    other = {"en": "uk", "uk": "en"}[language]
    office.do("iryna", update_person, office.company.iryna.id, {"locale": other})
    visitor = Browser(web_application(office, REGLAMENT_DEMO="1"))
    visitor.post("/preferences/locale", {"locale": language})
    visitor.post("/sign-in/demo", {"login": "iryna"})
    assert f'<html lang="{language}"' in visitor.get("/inbox").text


def test_without_the_demo_company_there_is_no_such_door(office: Office) -> None:
    visitor = Browser(web_application(office, REGLAMENT_DEMO=""))
    assert 'value="olena"' not in visitor.get("/sign-in").text
    assert visitor.post("/sign-in/demo", {"login": "olena"}).status_code == 404


def test_who_comes_to_a_company_without_people_reads_how_to_begin(database_url: str) -> None:
    database = Database(database_url)
    visitor = create_app(web_settings(), database, SystemClock()).test_client()
    begin = "reglament user add admin"
    assert begin in text_of(visitor.get("/sign-in"))
    with database.write() as session:
        draft = PersonDraft(login="admin", full_name="Ada", role=Role.ADMINISTRATOR)
        add_person(session, draft, actor=Actor.system(), clock=SystemClock())
    assert begin not in text_of(visitor.get("/sign-in"))
    database.dispose()


def test_demo_door_opens_only_the_accounts_that_it_shows(browse: SignIn) -> None:
    assert browse(None).post("/sign-in/demo", {"login": "danylo"}).status_code == 404


def test_signing_out_closes_the_pages(browse: SignIn) -> None:
    olena = browse("olena")
    assert olena.get("/sign-out").status_code == 405
    assert olena.post("/sign-out").status_code == 303
    assert olena.get("/inbox").status_code == 302


def test_expired_session_is_explained(browse: SignIn) -> None:
    assert "You were signed out" in text_of(browse(None).get("/sign-in?expired=1"))
