from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.files import add, pdf
from support.office import Office
from support.web import Browser, text_of

from engine.commands.clients import ContactDraft, add_contact
from engine.commands.deal_files import Place
from engine.commands.deals import comment_on_deal, update_deal
from engine.model.client import Contact
from engine.model.deal import Deal
from engine.policy.personal_texts import ERASED

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def deal(office: Office) -> Deal:
    deal = office.open_deal()
    office.do("olena", add_contact, deal.client_id, ContactDraft("Марія Іваненко", phone="0671234567"))
    office.do("olena", comment_on_deal, deal.id, "Телефонувала Марія Іваненко")
    office.do("olena", comment_on_deal, deal.id, "Марійка просила знижку")
    return deal


def address_of(office: Office, deal: Deal) -> str:
    with office.database.read() as session:
        (contact,) = session.query(Contact).all()
    return f"/clients/{deal.client_id}/erase?contact={contact.id}"


def test_an_administrator_sees_what_is_erased_and_erases_it(office: Office, browse: SignIn, deal: Deal) -> None:
    admin, address = browse("admin"), address_of(office, deal)
    assert address.replace("&", "&amp;") in admin.get(f"/clients/{deal.client_id}").text
    page = text_of(admin.get(address))
    assert "Телефонувала Марія Іваненко" in page
    assert "Марійка" not in page
    assert "Марійка просила знижку" in text_of(admin.get(f"{address}&words=марійка"))

    form = {"contact": address.rpartition("=")[2], "words": "марійка", "command_id": "once"}
    refused = admin.post(f"/clients/{deal.client_id}/erase", form)
    assert (refused.status_code, "field-basis-error" in refused.text) == (422, True)
    for _ in range(2):  # pressed twice
        done = admin.post(f"/clients/{deal.client_id}/erase", form | {"basis": "лист № 7"})
        assert (done.status_code, done.location) == (303, f"/clients/{deal.client_id}")
    shown = text_of(admin.get(f"/deals/{deal.id}"))
    assert not [one for one in ("Іваненко", "Марійка") if one in shown]
    assert "[стерто]" in shown
    assert ERASED not in shown
    assert "Стерто тексти про контакт із записів № " in shown
    card = admin.get(f"/clients/{deal.client_id}")
    assert "Іваненко" not in text_of(card)
    assert address.replace("&", "&amp;") not in card.text


def test_an_erased_client_is_called_so_in_the_readers_own_language(office: Office, browse: SignIn, deal: Deal) -> None:
    admin = browse("admin")
    admin.post(f"/clients/{deal.client_id}/erase", {"basis": "лист № 8", "command_id": "once"})
    step = office.open_steps()[0].id
    for address in (f"/clients/{deal.client_id}", "/clients", f"/deals/{deal.id}", "/deals", f"/work-items/{step}"):
        shown = text_of(admin.get(address))
        assert "[стерто]" in shown, address
        assert ERASED not in shown, address
    card = admin.get(f"/clients/{deal.client_id}").text
    assert (ERASED in card, 'id="edit-name"' in card) == (False, False)  # nothing of an erased client can be changed


def test_what_was_erased_of_a_deal_is_no_text_to_edit_and_stays_erased(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    named = {"title": "Насоси, Марія Іваненко", "fields": {"note": "Іваненко Марія чекає", "place": "Київ"}}
    office.do("olena", update_deal, deal.id, named)
    admin, olena = browse("admin"), browse("olena")
    form = {"contact": address_of(office, deal).rpartition("=")[2], "basis": "лист № 9", "command_id": "once"}
    admin.post(f"/clients/{deal.client_id}/erase", form)
    page = olena.get(f"/deals/{deal.id}")
    assert ERASED not in page.text
    for empty in ('name="title" value=""', 'name="field:note" value=""'):
        assert re.search(rf"<input[^>]*{re.escape(empty)}[^>]*placeholder=\"\[стерто\]\"", page.text), empty
    kept = {"amount": "10", "currency": "UAH", "field:place": "Львів"}
    assert olena.post(f"/deals/{deal.id}", kept | {"title": "", "field:note": ""}).status_code == 303
    (told,) = [one for one in office.history(deal) if one.kind == "deal_changed"][-1:]
    assert set(told.data["changes"]) == {"amount", "place"}
    assert olena.post(f"/deals/{deal.id}", kept | {"title": "Насоси", "field:note": ""}).status_code == 303
    with office.database.read() as session:
        now = session.get_one(Deal, deal.id)
        assert (now.title, now.fields) == ("Насоси", {"note": ERASED, "place": "Львів"})


def test_a_comment_is_erased_from_the_timeline(office: Office, browse: SignIn, deal: Deal) -> None:
    admin = browse("admin")
    number = office.history(deal)[-1].number
    address = f"/deals/{deal.id}/history/{number}/erase"
    assert address in admin.get(f"/deals/{deal.id}").text
    assert "Марійка просила знижку" in text_of(admin.get(address))
    assert admin.post(address, {"basis": " "}).status_code == 422
    assert admin.post(address, {"basis": "лист № 7"}).status_code == 303
    page = admin.get(f"/deals/{deal.id}")
    assert "Марійка" not in page.text
    assert address not in page.text
    assert "вже стерто" in text_of(admin.post(address, {"basis": "лист № 7"}))


def test_what_was_erased_of_a_decision_is_told_in_the_readers_language(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    office.prepare()
    legal = office.step("legal").id
    office.complete("iryna", "legal", "returned", comment="Марійка не підпише")
    number = next(one.number for one in office.history(deal) if "Марійка" in str(one.data))
    browse("admin").post(f"/deals/{deal.id}/history/{number}/erase", {"basis": "лист № 7"})
    told = text_of(browse("iryna").get(f"/work-items/{legal}"))
    assert "[стерто]" in told
    sheet = text_of(browse("iryna").get(f"/deals/{deal.id}/approval-sheet"))
    assert "[стерто]" in sheet
    assert (ERASED in told, ERASED in sheet) == (False, False)


def test_a_file_is_erased_and_everywhere_it_says_when_and_by_whom(office: Office, browse: SignIn, deal: Deal) -> None:
    admin, name = browse("admin"), "Паспорт Іваненко.pdf"
    for content in ("one", "two"):
        file_id = add(office, "olena", Place(deal.id), name, pdf(content))
    office.prepare()
    office.complete("iryna", "legal", "approved")
    address = f"/files/{file_id}/erase"
    assert address in admin.get(f"/files/{file_id}").text
    assert address not in browse("olena").get(f"/files/{file_id}").text
    assert "версія 2" in text_of(admin.get(address))
    refused = admin.post(address, {"basis": " "})
    assert (refused.status_code, "field-basis-error" in refused.text) == (422, True)
    for _ in range(2):  # pressed twice
        done = admin.post(address, {"basis": "лист № 7", "command_id": "once"})
        assert (done.status_code, done.location) == (303, f"/deals/{deal.id}#files")
    told = text_of(browse("olena").get(f"/deals/{deal.id}"))
    assert re.search("Стертий файл стерто .*, Андрій Савченко 2 версії", told)
    assert "Файл стерто; версій: 2; підстава: лист № 7" in told
    assert "Паспорт" not in told
    page = text_of(admin.get(f"/files/{file_id}"))
    assert "Уміст і назву цього файлу стерто" in page
    assert ("Паспорт" in page, f"/files/{file_id}/content" in admin.get(f"/files/{file_id}").text) == (False, False)
    for one in (f"/files/{file_id}/content", f"/deals/{deal.id}/files/{file_id}", f"/files/{file_id}/picture", address):
        assert "Файл стерто" in text_of(refused := admin.get(one))
        assert refused.status_code == 409
    sheet = text_of(admin.get(f"/deals/{deal.id}/approval-sheet"))
    assert re.search("версія 2, .* Б. Стерто .*, Андрій Савченко. SHA-256", sheet)
    assert "Паспорт" not in sheet


def test_a_client_is_erased_with_the_files_that_were_chosen(office: Office, browse: SignIn, deal: Deal) -> None:
    admin = browse("admin")
    for name in ("Паспорт Іваненко.pdf", "Ціни.pdf"):
        add(office, "olena", Place(deal.id), name, pdf(name.encode().hex()))
    page = admin.get(f"{address_of(office, deal)}&words=іваненко")
    assert "Паспорт Іваненко.pdf 2026-00001 · названо іменем цієї людини" in text_of(page)
    form = {
        "contact": address_of(office, deal).rpartition("=")[2],
        "basis": "лист № 7",
        "words": "іваненко",
        "files": "named",
    }
    assert admin.post(f"/clients/{deal.client_id}/erase", form).status_code == 303
    told = text_of(admin.get(f"/deals/{deal.id}"))
    assert ("Стертий файл" in told, "Ціни.pdf" in told, "Паспорт" in told) == (True, True, False)


@pytest.mark.parametrize(("login", "status"), [("olena", 403), ("bohdan", 403), ("danylo", 404)])
def test_nobody_else_erases(office: Office, browse: SignIn, deal: Deal, login: str, status: int) -> None:
    browser, entry = browse(login), f"/deals/{deal.id}/history/{office.history(deal)[-1].number}/erase"
    file = f"/files/{add(office, 'olena', Place(deal.id), 'a.pdf', pdf('a'))}/erase"
    assert (browser.get(file).status_code, browser.post(file, {"basis": "лист"}).status_code) == (status, status)
    assert browser.get(address_of(office, deal)).status_code == status
    assert browser.get(entry).status_code == status
    assert browser.post(entry, {"basis": "лист"}).status_code == status
    assert browser.post(f"/clients/{deal.client_id}/erase", {"basis": "лист"}).status_code == status
    assert "erase" not in browser.get(f"/deals/{deal.id}").text
    assert ERASED not in str([one.data for one in office.history(deal)])
