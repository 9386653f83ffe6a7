"""Letters in the deal: written on their page, shown in the deal, and to nobody who may not see it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in, take_answer, write
from support.files import pdf
from support.office import Office
from support.web import Browser, text_of, web_application
from werkzeug.datastructures import FileStorage

from engine.commands import letter_templates
from engine.commands.clients import ContactDraft, add_contact
from engine.commands.people import set_substitution
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.history_event import HistoryEvent
from engine.model.letter_template import LetterTemplate
from engine.policy.personal_texts import ERASED

SignIn = Callable[[str | None], Browser]
LETTER = {"receiver": CLIENT, "subject": "Пропозиція", "text": "Добрий день!"}


def test_a_letter_is_written_with_files_and_stands_in_the_deal(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    file_id = file_of(office, deal, "offer.pdf", pdf("an offer"))
    page = olena.get(f"/deals/{deal.id}/letters")
    assert re.search(rf'name="receiver" value="{CLIENT}" checked', page.text)  # there is nobody else
    assert "offer.pdf" in text_of(page)
    more = FileStorage(io.BytesIO(pdf("terms")), "terms.pdf")
    answer = olena.post(f"/deals/{deal.id}/letters", LETTER | {"file_id": str(file_id), "files": more})
    assert answer.status_code == 303
    (letter,) = letters_in(office)
    assert len(letter.file_ids) == 2
    listed = text_of(olena.get(f"/deals/{deal.id}/letters"))
    for said in ("Пропозиція", "Добрий день!", "Марія Іваненко", "offer.pdf", "terms.pdf", "у черзі"):
        assert said in listed
    shown = text_of(olena.get(f"/deals/{deal.id}"))
    assert f"Лист на {CLIENT}: Пропозиція" in shown
    assert "у черзі" in shown


def test_an_address_on_the_deal_s_page_leads_to_a_letter_where_letters_leave(office: Office) -> None:
    deal = deal_with_a_contact(office)
    office.do("olena", add_contact, deal.client_id, ContactDraft("Олег Бут", email="oleh@client.example.com"))
    address = f"/deals/{deal.id}/letters?to={CLIENT}#write"
    assert f"mailto:{CLIENT}" in Browser(web_application(office), "olena").get(f"/deals/{deal.id}").text
    sending = web_application(office, SMTP_URL="smtp://mail.example.com")
    assert f'href="{address}"' in Browser(sending, "olena").get(f"/deals/{deal.id}").text
    assert f"mailto:{CLIENT}" in Browser(sending, "admin").get(f"/deals/{deal.id}").text
    page = Browser(sending, "olena").get(address).text
    assert re.findall(r'name="receiver" value="([^"]+)" checked', page) == [CLIENT]


def test_a_double_click_writes_once_and_what_is_wrong_stays_typed(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    for _ in range(2):
        assert olena.post(f"/deals/{deal.id}/letters", LETTER | {"command_id": "key"}).status_code == 303
    assert len(letters_in(office)) == 1
    other = LETTER | {"text": "Ще одне"}  # typed into the form that was gone back to
    refused = olena.post(f"/deals/{deal.id}/letters", other | {"command_id": "key"})
    assert (refused.status_code, "Натисніть кнопку ще раз" in text_of(refused)) == (409, True)
    (key,) = re.findall(r'name="command_id" value="([^"]+)"', refused.text)
    assert olena.post(f"/deals/{deal.id}/letters", other | {"command_id": key}).status_code == 303
    assert len(letters_in(office)) == 2
    refused = olena.post(
        f"/deals/{deal.id}/letters", {"other_receivers": "maria@", "subject": "Тема", "text": "<b>Текст</b>"}
    )
    assert refused.status_code == 422
    assert "«maria@» не вдалося прочитати" in text_of(refused)
    assert "&lt;b&gt;Текст&lt;/b&gt;" in refused.text


def test_an_answer_quotes_what_it_answers_below_itself(office: Office, browse: SignIn) -> None:
    deal, olena = deal_with_a_contact(office), browse("olena")
    take_answer(office, write(office, deal), "Згодні.\nКоли?", quoted="> Добрий день!")
    received = letters_in(office)[1]
    address = f"/deals/{deal.id}/letters"
    page = olena.get(f"{address}?answer={received.id}")
    assert re.search(r'name="quotes" value="1" checked', page.text)
    head = f"02.03.2026, 10:00, Марія <{CLIENT}> пише:"
    quoted = f"{head}\n> Згодні.\n> Коли?\n>\n>> Добрий день!"
    assert head in text_of(page)
    answer = LETTER | {"answers_id": str(received.id), "text": "Завтра"}
    refused = olena.post(address, answer | {"subject": "", "quotes": "1"})
    assert re.search(r'name="quotes" value="1" checked', refused.text)
    assert not re.search(r'name="quotes" value="1" checked', olena.post(address, answer | {"subject": ""}).text)
    for more in ({"quotes": "1"}, {}):
        assert olena.post(address, answer | more).status_code == 303
    assert [(one.text, one.quoted) for one in letters_in(office)[2:]] == [("Завтра", quoted), ("Завтра", "")]
    with office.database.write() as session:
        session.get_one(ClientLetter, received.id).text = ERASED
    assert 'name="quotes"' not in olena.get(f"{address}?answer={received.id}").text
    other = office.open_deal("olena")
    foreign = f"/deals/{other.id}/letters"
    assert olena.post(foreign, answer | {"quotes": "1", "other_receivers": CLIENT}).status_code == 422


def test_a_letter_of_the_client_is_new_until_somebody_of_the_deal_has_read_it(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    ours = write(office, deal)
    for number, text in enumerate(("Згодні", "Коли?")):
        take_answer(office, ours, text, number=number)
    first, second = [one.id for one in letters_in(office)[1:]]
    olena, address = browse("olena"), f"/deals/{deal.id}/letters"
    assert "2 листи клієнтів" in text_of(olena.get("/inbox"))
    for page in ("/deals", f"/deals/{deal.id}", "/deals/board"):
        assert "Новий лист" in text_of(olena.get(page))
    told = olena.get("/questions")
    assert (f"{address}#letter-{first}" in told.text, f"{address}/{second}/read" in told.text) == (True, True)
    assert "листи клієнтів" not in text_of(browse("bohdan").get("/inbox"))  # whose deal it is not
    assert "Новий лист" in text_of(browse("bohdan").get("/deals"))
    assert browse("danylo").post(f"{address}/{first}/read").status_code == 404
    assert browse("admin").post(f"{address}/{first}/read").status_code == 403
    assert olena.post(f"/deals/{office.open_deal('olena').id}/letters/{first}/read").status_code == 404
    assert olena.get(f"{address}/{first}/read").status_code == 405
    assert olena.post(f"{address}/{first}/read", {"from": "questions"}).headers["Location"] == "/questions"
    assert [one.unread_since is None for one in letters_in(office)] == [True, True, False]
    assert "1 лист клієнта" in text_of(olena.get("/inbox"))
    assert olena.post(f"{address}/{second}/read").headers["Location"] == f"{address}#letter-{second}"
    assert "Новий лист" not in text_of(olena.get("/deals"))
    assert "листи клієнтів" not in text_of(olena.get("/questions")).casefold()


def test_who_answers_a_letter_has_read_it_and_those_before_it(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    ours = write(office, deal)
    for number in range(3):
        take_answer(office, ours, number=number)
    answered = letters_in(office)[2].id
    assert browse("olena").post(f"/deals/{deal.id}/letters", LETTER | {"answers_id": str(answered)}).status_code == 303
    assert [one.unread_since is None for one in letters_in(office)] == [True, True, True, False, True]


def test_a_substitute_is_told_of_letters_that_wait(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    take_answer(office, write(office, deal))
    assert "лист клієнта" not in text_of(browse("taras").get("/inbox"))
    today, people = date(2026, 3, 2), office.company
    office.do("olena", set_substitution, people.olena.id, people.taras.id, today, today)
    assert "1 лист клієнта" in text_of(browse("taras").get("/inbox"))


def test_a_letter_that_did_not_arrive_is_tried_again_with_one_press(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    letter_id = write(office, deal)
    with office.database.write() as session:
        letter = session.get_one(ClientLetter, letter_id)
        letter.state, letter.last_error = ClientLetterState.REFUSED, "550 no such user"
    olena, again = browse("olena"), f"/deals/{deal.id}/letters/{letter_id}/again"
    listed = olena.get(f"/deals/{deal.id}/letters")
    assert "не доставлено" in text_of(listed)
    assert "550 no such user" in text_of(listed)
    assert again in listed.text
    assert browse("danylo").post(again).status_code == 404
    assert browse("admin").post(again).status_code == 403
    assert olena.post(again).status_code == 303
    assert letters_in(office)[0].state is ClientLetterState.WAITING
    assert olena.post(f"/deals/{deal.id}/letters/999/again").status_code == 404


def test_who_may_not_write_reads_the_letters_and_stores_no_file(office: Office, browse: SignIn) -> None:
    deal = deal_with_a_contact(office)
    write(office, deal)
    admin = browse("admin")
    page = admin.get(f"/deals/{deal.id}/letters")
    assert (page.status_code, 'name="subject"' in page.text) == (200, False)
    sent = LETTER | {"files": FileStorage(io.BytesIO(b"nothing that is taken"), "a.exe")}
    assert admin.post(f"/deals/{deal.id}/letters", sent).status_code == 403
    assert browse("danylo").get(f"/deals/{deal.id}/letters").status_code == 404


TEMPLATE = {
    "name": "Пропозиція",
    "subject": "Угода {номер угоди}",
    "text": "Добрий день, {Контакт}!\nДля {client}: {угода}.\n{менеджер}",
}


def test_a_full_list_of_texts_says_so(office: Office, browse: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said that the name could not be read."""
    monkeypatch.setattr(letter_templates, "MOST_TEMPLATES", 1)
    owner, page = browse("owner"), "/settings/letter-templates"
    assert owner.post(page, TEMPLATE).status_code == 303
    refused = owner.post(page, TEMPLATE | {"name": "Рахунок"})
    assert (refused.status_code, "У списку вже 1" in text_of(refused)) == (422, True)


def test_a_double_click_adds_one_text_and_both_are_answered_alike(office: Office, browse: SignIn) -> None:
    """The second click was told that the text was there already."""
    owner, page = browse("owner"), "/settings/letter-templates"
    (key,) = re.findall(r'name="command_id" value="([^"]+)"', owner.get(page).text)
    for _ in range(2):
        assert owner.post(page, TEMPLATE | {"command_id": key}).status_code == 303
    with office.database.read() as session:
        assert session.query(LetterTemplate).count() == 1
        assert session.query(HistoryEvent).filter_by(kind="letter_template_added").count() == 1
    reused = owner.post(page, TEMPLATE | {"name": "Рахунок", "command_id": key})
    assert (reused.status_code, "Рахунок" in reused.text) == (409, True)
    (another,) = re.findall(r'name="command_id" value="([^"]+)"', reused.text)
    assert owner.post(page, TEMPLATE | {"name": "Рахунок", "command_id": another}).status_code == 303
    assert owner.post(page, TEMPLATE | {"command_id": "other"}).status_code == 422


def test_a_text_that_is_removed_twice_is_told_of_twice(office: Office, browse: SignIn) -> None:
    owner, page = browse("owner"), "/settings/letter-templates"
    owner.post(page, TEMPLATE)
    with office.database.read() as session:
        (known,) = session.query(LetterTemplate)
    for told in ("Вилучено.", "Цей текст уже вилучено."):
        assert owner.post(f"{page}/{known.id}/remove").location == page
        assert told in text_of(owner.get(page))
    assert owner.post(f"{page}/999/remove").status_code == 404
    assert browse("olena").post(f"{page}/{known.id}/remove").status_code in {403, 404}
    with office.database.read() as session:
        assert session.query(HistoryEvent).filter_by(kind="letter_template_removed").count() == 1


def test_a_long_list_of_texts_does_not_carry_what_they_say(office: Office, browse: SignIn) -> None:
    """Fifty texts of full length made a page of a megabyte."""
    owner, page, long = browse("owner"), "/settings/letter-templates", "Довгий лист. " * 900
    owner.post(page, TEMPLATE | {"text": long})
    (address,) = re.findall(rf'href="({page}/\d+)"', listed := owner.get(page).text)
    assert "Довгий лист." not in listed
    assert long.strip() in owner.get(address).text
    assert owner.get(f"{page}/999").status_code == 404


def test_who_saves_a_text_that_somebody_changed_meanwhile_is_told_and_loses_nothing(
    office: Office, browse: SignIn
) -> None:
    owner, page = browse("owner"), "/settings/letter-templates"
    owner.post(page, TEMPLATE)
    (read_as,) = re.findall(r'name="read_as" value="([^"]+)"', owner.get(f"{page}/1").text)
    other, mine = TEMPLATE | {"text": "Текст колеги", "read_as": read_as}, TEMPLATE | {"text": "Мій текст"}
    assert owner.post(f"{page}/1", other).status_code == 303
    assert owner.post(f"{page}/1", other).status_code == 303  # pressed twice: it says so already

    wrong = owner.post(f"{page}/1", mine | {"text": "", "read_as": read_as})  # a fault of its own does not hide that
    assert re.findall(r'name="read_as" value="([^"]+)"', wrong.text) == [read_as]
    late = owner.post(f"{page}/1", mine | {"read_as": read_as})
    assert (late.status_code, "Текст колеги" in late.text, "Мій текст" in late.text) == (409, True, True)
    (read_anew,) = re.findall(r'name="read_as" value="([^"]+)"', late.text)
    assert owner.post(f"{page}/1", mine | {"read_as": read_anew}).status_code == 303
    assert "Мій текст" in owner.get(f"{page}/1").text

    owner.post(f"{page}/1/remove")
    gone = owner.post(f"{page}/1", mine | {"read_as": read_anew})
    assert (gone.status_code, "Мій текст" in gone.text, f'action="{page}"' in gone.text) == (409, True, True)


def test_the_owner_keeps_texts_and_a_manager_begins_from_one(office: Office, browse: SignIn) -> None:
    owner, olena, page = browse("owner"), browse("olena"), "/settings/letter-templates"
    refused = owner.post(page, TEMPLATE | {"text": "{знижка}"})
    assert (refused.status_code, "«{знижка}»" in text_of(refused)) == (422, True)
    assert owner.post(page, TEMPLATE).status_code == 303
    assert owner.post(page, TEMPLATE | {"name": "пропозиція"}).status_code == 422
    assert olena.get(page).status_code == 404
    deal = deal_with_a_contact(office)
    form, address = {"insert": "1", "template": "1", "receiver": CLIENT, "text": ""}, f"/deals/{deal.id}/letters"
    filled = olena.post(address, form)
    assert f'value="Угода {deal.number}"' in filled.text
    said = f"Добрий день, Марія Іваненко!\nДля ТОВ «Промінь»: {deal.title}.\n{office.company.olena.full_name}"
    assert said in filled.text
    without = olena.post(address, form | {"receiver": "", "text": "Вітаю!"})
    assert "Вітаю!\n\nДобрий день, {Контакт}!" in without.text
    assert letters_in(office) == []
    unfinished = olena.post(address, LETTER | {"text": "Добрий день, {Контакт}!"})
    assert (unfinished.status_code, "«{Контакт}»" in text_of(unfinished)) == (422, True)
    assert olena.post(address, LETTER | {"text": "Ціна {без ПДВ}"}).status_code == 303
    assert owner.post(f"{page}/1", TEMPLATE | {"name": "Рахунок"}).status_code == 303
    assert "Рахунок" in text_of(olena.get(address))
    assert owner.post(f"{page}/1/remove").status_code == 303
    assert olena.post(address, form).status_code == 404
    told = text_of(browse("admin").get("/settings/journal"))
    for one in ("«Пропозиція» додано", "«Рахунок» змінено", "«Рахунок» вилучено"):
        assert f"Текст листів {one}" in told
