from __future__ import annotations

from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.commands.clients import ClientDraft

SignIn = Callable[[str | None], Browser]


@pytest.mark.parametrize(
    "query",
    ["водокан", "Промінь", "38123456", "+380 (67) 123-45-67", "0671234567", "8 067 123 45 67", "sale@example.com"],
)
def test_any_part_in_any_spelling_finds_it(office: Office, browse: SignIn, query: str) -> None:
    draft = ClientDraft(name="ТОВ «Промінь»", edrpou="38123456", phone="067 123 45 67", email="sale@example.com")
    office.open_deal("olena", client=draft)
    for address in ("/search", "/search/suggestions"):
        page = browse("olena").client.get(address, query_string={"q": query})
        assert "Промінь" in page.text


def test_steps_are_found_and_lead_to_themselves(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    page = browse("olena").get("/search?q=пропозицію").text
    assert f'href="/work-items/{office.step("prepare").id}"' in page


def test_nothing_found_says_what_was_sought_without_running_it(browse: SignIn) -> None:
    page = browse("olena").client.get("/search", query_string={"q": "<script>alert(1)</script>"})
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("address", ["/choose/clients", "/choose/people"])
def test_choosing_answers_while_one_types(office: Office, browse: SignIn, address: str) -> None:
    office.open_deal("olena")
    found = (
        browse("olena").client.get(address, query_string={"q": "про" if "clients" in address else "Тарас"}).get_json()
    )
    assert [set(item) for item in found["items"]] == [{"id", "text", "detail"}]


def test_empty_box_suggests_nothing(browse: SignIn) -> None:
    assert text_of(browse("olena").get("/search/suggestions?q=", part=True)).strip() == ""


def test_visitor_searches_nothing(browse: SignIn) -> None:
    for address in ("/search?q=а", "/search/suggestions?q=а", "/choose/people?q=а", "/choose/clients?q=а"):
        assert browse(None).get(address).status_code == 302
