from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from support.client_mail import deal_with_a_contact, take_answer, write
from support.office import Office
from support.web import Browser, text_of

from engine.commands.clients import ClientDraft
from engine.commands.deals import comment_on_deal

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


def test_letters_and_comments_are_found_with_the_words_marked_and_nothing_run(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    take_answer(office, write(office, deal), "Потрібен <script>alert(1)</script> КРАН & лебідка", sender_name="<i>М")
    office.do("olena", comment_on_deal, deal.id, "<b>кран</b>")
    page = olena.client.get("/search", query_string={"q": "кран"})
    assert "У листах і коментарях" in text_of(page)
    assert "Лист клієнта · <i>М maria@client.example.com" in text_of(page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>КРАН</mark> &amp; лебідка" in page.text
    assert "&lt;b&gt;<mark>кран</mark>&lt;/b&gt;" in page.text
    assert "<script>alert" not in page.text
    suggested = olena.client.get("/search/suggestions", query_string={"q": "кран"}).text
    assert "&lt;b&gt;<mark>кран</mark>&lt;/b&gt;" in suggested
    assert "<b>кран" not in suggested
    marked = olena.client.get("/search", query_string={"q": "<script>"}).text
    assert "<mark>&lt;script&gt;</mark>alert" in marked


def test_in_english_too(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    write(office, deal, text="About the crane")
    olena.post("/preferences/locale", {"locale": "en", "next": "/deals"})
    page = text_of(olena.get("/search?q=CRANE"))
    assert "In letters and comments" in page
    assert "Letter to the client · Олена Коваль" in page


def test_a_found_comment_leads_to_itself_however_old_it_is(office: Office, browse: SignIn) -> None:
    deal, olena = office.open_deal("olena"), browse("olena")
    for number in range(40):
        office.do("olena", comment_on_deal, deal.id, f"кран {number:02d}")
    for sought, is_latest in (("кран 39", True), ("кран 02", False)):
        (address,) = found_links(olena, sought)
        shown = olena.get(address).text
        (number,) = re.findall(rf'<li id="entry-(\d+)">(?:(?!</li>).)*{sought}', shown, re.DOTALL)
        assert address.endswith(f"?entry={number}#entry-{number}")
        assert ("Найновіші записи" not in text_of(olena.get(address))) is is_latest
        assert ("кран 39" in shown) is is_latest
    assert olena.get(f"/deals/{deal.id}?entry=999999").status_code == 200
    assert "кран 39" in olena.get(f"/deals/{deal.id}?entry=x").text


def test_a_found_letter_leads_to_itself_however_old_it_is(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    letters = [write(office, deal, text=f"кран {number:02d}") for number in range(25)]
    for sought, letter_id, is_latest in (("кран 24", letters[24], True), ("кран 01", letters[1], False)):
        (address,) = found_links(olena, sought)
        assert address == f"/deals/{deal.id}/letters?letter={letter_id}#letter-{letter_id}"
        shown = olena.get(address)
        assert f'id="letter-{letter_id}"' in shown.text
        assert ("Найновіші листи" not in text_of(shown)) is is_latest


def test_whoever_does_not_see_the_deal_is_shown_nothing_of_it(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    take_answer(office, write(office, deal, text="Про кран"), "Кран потрібен")
    office.do("olena", comment_on_deal, deal.id, "кран")
    for login, count in {"olena": 3, "bohdan": 3, "admin": 3, "owner": 3, "danylo": 0, "iryna": 0, "petro": 0}.items():
        browser = browse(login)
        assert len(found_links(browser, "кран")) == count, login
        if not count:
            for address in ("/search", "/search/suggestions"):
                page = browser.client.get(address, query_string={"q": "кран"}).text
                assert "нічого не знайдено" in page
                assert "<mark>" not in page
            assert browser.get(f"/deals/{deal.id}?entry=2").status_code == 404
            assert browser.get(f"/deals/{deal.id}/letters?letter=1").status_code == 404


def found_links(browser: Browser, q: str) -> list[str]:
    page = browser.client.get("/search", query_string={"q": q}).text
    return [unescape(one) for one in re.findall(r'found-text" href="([^"]+)"', page)]
