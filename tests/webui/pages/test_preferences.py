from __future__ import annotations

from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of, web_application

from engine.model.person import Person

SignIn = Callable[[str | None], Browser]


def test_ukrainian_is_the_default_whatever_the_browser_says(office: Office) -> None:
    client = web_application(office, LOCALE_DEFAULT="uk").test_client()
    page = client.get("/sign-in", headers={"Accept-Language": "en"})
    assert '<html lang="uk"' in page.text
    assert "Увійти" in page.text


def test_language_is_kept_with_the_person(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    assert "Вхідні" in text_of(olena.get("/inbox"))
    answer = olena.post("/preferences/locale", {"locale": "en", "next": "/deals"})
    assert (answer.status_code, answer.location) == (303, "/deals")
    assert "Inbox" in text_of(browse("olena").get("/inbox"))
    with office.database.read() as session:
        assert session.get_one(Person, office.company.olena.id).locale == "en"


def test_visitor_switches_the_language_by_a_cookie(browse: SignIn) -> None:
    visitor = browse(None)
    visitor.post("/preferences/locale", {"locale": "uk"})
    assert '<html lang="uk"' in visitor.get("/sign-in").text


def test_theme_is_kept_with_the_person(browse: SignIn) -> None:
    olena = browse("olena")
    olena.post("/preferences/theme", {"theme": "dark"})
    assert 'data-bs-theme="dark" data-theme="dark"' in browse("olena").get("/inbox").text


@pytest.mark.parametrize(("name", "value"), [("locale", "de"), ("theme", "pink"), ("locale", "")])
def test_what_does_not_exist_cannot_be_chosen(browse: SignIn, name: str, value: str) -> None:
    assert browse("olena").post(f"/preferences/{name}", {name: value}).status_code == 404


@pytest.mark.parametrize("name", ["locale", "theme"])
def test_get_changes_nothing(browse: SignIn, name: str) -> None:
    assert browse("olena").get(f"/preferences/{name}?{name}=en").status_code == 405
