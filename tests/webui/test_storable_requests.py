"""What no record can be and no database keeps is refused before it gets there: never a failure on our side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.office import Office
from support.web import Browser, text_of, web_application

from engine.db.session import Database

HUGE = "9" * 30


@pytest.fixture
def browser(database_url: str) -> Iterator[Browser]:
    """On both databases: each has another idea of what it cannot keep."""
    database = Database(database_url)
    office = Office(database)
    office.publish()
    office.open_deal()
    yield Browser(web_application(office), "admin")
    database.dispose()


@pytest.mark.parametrize("address", ["/deals/{}", "/work-items/{}", "/clients/{}", "/maps/{}", "/people/{}"])
def test_an_id_that_no_record_can_have_is_not_found(browser: Browser, address: str) -> None:
    assert browser.get(address.format(HUGE)).status_code == 404


@pytest.mark.parametrize("address", [f"/deals?owner={HUGE}", f"/clients?owner={HUGE}"])
def test_a_filter_by_such_an_id_is_not_applied(browser: Browser, address: str) -> None:
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/deals?q=%00", "/search?q=%00abc", "/deals/board?map=%00"])
def test_a_text_with_a_nul_character_is_not_understood(browser: Browser, address: str) -> None:
    assert browser.get(address).status_code == 400


def test_a_form_with_a_nul_character_is_not_understood(browser: Browser) -> None:
    assert browser.post("/deals/1/comment", {"text": "a\x00b"}).status_code == 400


def test_who_is_not_signed_in_fails_no_database_either(browse: Callable[[], Browser]) -> None:
    assert browse().post("/sign-in", {"login": "a\x00", "password": "b"}).status_code == 400


def test_a_step_is_not_handed_to_an_id_that_nobody_can_have(browser: Browser) -> None:
    assert browser.post("/work-items/1/delegate", {"to": HUGE}).status_code == 422


def test_what_is_pasted_with_characters_that_no_file_holds_is_kept_without_them(browser: Browser) -> None:
    browser.post("/deals/1/comment", {"text": "Рядок\x0bдругий\ufffe і\x01 \uffffтретій"})
    assert "Рядок другий і третій" in text_of(browser.get("/deals/1/timeline"))
