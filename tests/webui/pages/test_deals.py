from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from support.office import Office
from support.web import Browser, text_of, versions_of

from engine.commands.clients import ClientDraft
from engine.commands.deals import update_deal
from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition

SignIn = Callable[[str | None], Browser]

NEW = {
    "title": "Насоси",
    "definition_key": "sale",
    "client.name": "ТОВ «Хвиля»",
    "amount": "12 500,50",
    "currency": "UAH",
}


@pytest.fixture
def deal(office: Office) -> Deal:
    return office.open_deal("olena")


def deals_of(office: Office) -> list[Deal]:
    with office.database.read() as session:
        return list(session.query(Deal).order_by(Deal.id))


def test_deal_is_opened_for_a_new_client(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/deals", NEW | {"close_date": "2026-12-31"})
    (deal,) = deals_of(office)
    assert (answer.status_code, answer.location) == (303, f"/deals/{deal.id}")
    assert deal.amount == Decimal("12500.50")
    assert deal.owner_id == office.company.olena.id
    assert office.step("prepare").deal_id == deal.id


@pytest.mark.parametrize(("locale", "written"), [("uk", "12 500,50"), ("en", "12,500.50")])
def test_how_an_amount_is_typed_is_shown_as_the_reader_types_it(
    office: Office, browse: SignIn, locale: str, written: str
) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).locale = locale
    assert f'placeholder="{written}"' in browse("olena").get("/deals/new").text


def test_deal_is_opened_for_a_known_client(office: Office, browse: SignIn, deal: Deal) -> None:
    form = NEW | {"client_id": str(deal.client_id), "client.name": ""}
    assert browse("olena").post("/deals", form).status_code == 303
    with office.database.read() as session:
        assert session.query(Client).count() == 1


def test_faults_stand_at_their_fields_and_what_was_typed_stays(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/deals", NEW | {"title": " ", "amount": "багато", "client.name": ""})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Заповніть поле «Клієнт»." in page
    assert "Заповніть поле «Що продаємо»." in page
    assert "«багато» не вдалося прочитати." in page
    assert 'value="багато"' in answer.text
    assert deals_of(office) == []


def test_client_code_that_exists_is_told_with_the_name(office: Office, browse: SignIn) -> None:
    office.open_deal("olena", client=ClientDraft(name="ТОВ «Хвиля»", edrpou="12345678"))
    answer = browse("olena").post("/deals", NEW | {"client.edrpou": "12345678"})
    assert answer.status_code == 422
    assert "Клієнт із таким кодом уже є: ТОВ «Хвиля»." in text_of(answer)
    assert len(deals_of(office)) == 1


def test_pressing_twice_opens_one_deal(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    first = olena.post("/deals", NEW | {"command_id": "one press"})
    second = olena.post("/deals", NEW | {"command_id": "one press"})
    assert first.location == second.location
    assert len(deals_of(office)) == 1


@pytest.mark.parametrize("login", ["iryna", "owner", "admin"])
def test_who_does_not_sell_opens_no_deal(office: Office, browse: SignIn, login: str) -> None:
    browser = browse(login)
    assert browser.get("/deals/new").status_code == 403
    assert browser.post("/deals", NEW).status_code == 403
    assert deals_of(office) == []


def test_list_shows_the_deal_with_its_next_step(browse: SignIn, deal: Deal) -> None:
    page = text_of(browse("olena").get("/deals"))
    for told in (deal.number, deal.title, "ТОВ «Промінь»", "125 000,50", "Підготувати пропозицію", "Олена Коваль"):
        assert told in page


@pytest.mark.parametrize(
    ("query", "is_listed"),
    [
        ("q=водоканал", True),
        ("q=автобус", False),
        ("stage=Пропозиція", True),
        ("stage=Підписання", False),
        ("result=won", False),
        ("result=any", True),
        ("map=sale", True),
        ("map=other", False),
        ("overdue=1", False),
        ("sort=amount", True),
        ("sort=nonsense", True),
    ],
)
def test_filters_narrow_the_list(browse: SignIn, deal: Deal, query: str, is_listed: bool) -> None:
    assert (deal.title in browse("olena").get(f"/deals?{query}").text) is is_listed


def test_outsider_sees_no_deal_anywhere(browse: SignIn, deal: Deal) -> None:
    danylo = browse("danylo")
    for address in ("/deals?result=any", "/deals/board", "/search?q=водоканал", "/search/suggestions?q=водоканал"):
        assert deal.title not in danylo.get(address).text
    for address in ("", "/timeline", "/map", "/map.bpmn", "/approval-sheet", "/approval-sheet.json"):
        assert danylo.get(f"/deals/{deal.id}{address}").status_code == 404


def test_board_counts_what_its_link_lists(office: Office, browse: SignIn, deal: Deal) -> None:
    office.open_deal("olena", title="Друга", amount=Decimal(1000))
    page = text_of(browse("olena").get("/deals/board"))
    assert "2 угоди" in page
    assert "126 000,50" in page
    assert browse("olena").get("/deals?map=sale&stage=Пропозиція").text.count("data-row=") == 2


def test_deal_says_what_it_waits_for_and_offers_the_button(browse: SignIn, deal: Deal) -> None:
    page = browse("olena").get(f"/deals/{deal.id}")
    assert "Угода чекає на вас: «Підготувати пропозицію»" in text_of(page)
    assert "Зробити зараз" in page.text
    assert 'aria-current="step"' in page.text


def test_deal_of_others_offers_to_look(office: Office, browse: SignIn, deal: Deal) -> None:
    office.prepare()
    page = text_of(browse("olena").get(f"/deals/{deal.id}"))
    assert "Угода чекає одночасно на: «Погодити:" in page


def test_timeline_tells_everything_in_sentences_and_is_filtered(office: Office, browse: SignIn, deal: Deal) -> None:
    office.complete("olena", "prepare", values={"discount": "7,5"}, comment="Знижку обіцяно")
    olena = browse("olena")
    everything = text_of(olena.get(f"/deals/{deal.id}/timeline", part=True))
    for told in ("Відкрито угоду з клієнтом", "Виконано: «Підготувати пропозицію»", "Знижку обіцяно", "Знижка, % 7,5"):
        assert told in everything
    assert "Відкрито угоду" not in text_of(olena.get(f"/deals/{deal.id}/timeline?kinds=steps", part=True))


def test_a_filter_of_the_timeline_opened_in_a_tab_of_its_own_is_the_page_of_the_deal(
    browse: SignIn, deal: Deal
) -> None:
    page = browse("olena").get(f"/deals/{deal.id}/timeline?kinds=steps")
    assert f"<h1>{deal.title}" in page.text
    assert "Відкрито крок «Підготувати пропозицію»" in text_of(page)
    assert "Відкрито угоду" not in text_of(page)


def test_the_history_tells_a_deadline_with_its_day_today_as_well(office: Office, browse: SignIn, deal: Deal) -> None:
    """«Термін 15:30» under an entry of three days ago read as the time of that day."""
    due_at = office.step("prepare").due_at
    assert due_at is not None
    office.clock.set(due_at)
    here = due_at.astimezone(ZoneInfo("Europe/Kyiv"))
    assert re.search(rf"термін {here.day} \S+, {here:%H:%M}", text_of(browse("olena").get(f"/deals/{deal.id}")))


def test_deal_is_changed_in_the_readers_spelling(office: Office, browse: SignIn, deal: Deal) -> None:
    form = {"title": "Насоси й труби", "amount": "200 000,25", "currency": "UAH", "close_date": ""}
    assert browse("olena").post(f"/deals/{deal.id}", form).status_code == 303
    changed = office.deal(deal)
    assert (changed.title, changed.amount) == ("Насоси й труби", Decimal("200000.25"))


def test_fault_in_a_change_keeps_what_was_typed(office: Office, browse: SignIn, deal: Deal) -> None:
    answer = browse("olena").post(f"/deals/{deal.id}", {"title": "Нова назва", "amount": "сто", "currency": "UAH"})
    assert answer.status_code == 422
    assert 'value="Нова назва"' in answer.text
    assert 'value="сто"' in answer.text
    assert office.deal(deal).title != "Нова назва"


def test_the_second_of_two_editors_sees_what_the_first_has_made_of_it(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    olena = browse("olena")
    read = versions_of(olena.get(f"/deals/{deal.id}"))["read_version"]
    form = {"title": "Насоси й труби", "amount": "200 000,25", "currency": "UAH", "close_date": ""}
    assert browse("bohdan").post(f"/deals/{deal.id}", form | {"amount": "5"}).status_code == 303
    answer = olena.post(f"/deals/{deal.id}", form | {"read_version": read})
    assert answer.status_code == 409
    assert "Тепер тут: 5 (Богдан Шевченко" in text_of(answer)
    assert 'value="200 000,25"' in answer.text
    assert office.deal(deal).amount == Decimal(5)
    assert olena.post(f"/deals/{deal.id}", form | versions_of(answer)).status_code == 303
    assert office.deal(deal).amount == Decimal("200000.25")


def test_what_another_put_into_a_field_of_the_map_is_told_as_it_is_shown(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    office.do("olena", update_deal, deal.id, {"fields": {"discount": "5"}})
    olena = browse("olena")
    read = versions_of(olena.get(f"/deals/{deal.id}"))["read_version"]
    form = {"title": deal.title, "amount": "125 000,50", "currency": "UAH", "close_date": ""}
    assert browse("bohdan").post(f"/deals/{deal.id}", form | {"field:discount": "9"}).status_code == 303
    answer = olena.post(f"/deals/{deal.id}", form | {"field:discount": "7", "read_version": read})
    assert answer.status_code == 409
    assert "Тепер тут: 9 % (Богдан Шевченко" in text_of(answer)


def test_a_form_shown_again_for_a_fault_does_not_overwrite_what_another_changed(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    olena, form = browse("olena"), {"title": "Насоси", "amount": "200 000", "currency": "UAH", "close_date": ""}
    olena.post(f"/deals/{deal.id}", form)
    read = versions_of(olena.get(f"/deals/{deal.id}"))
    browse("bohdan").post(f"/deals/{deal.id}", form | {"amount": "5"})
    refused = olena.post(f"/deals/{deal.id}", form | {"title": "Помпи", "close_date": "завтра"} | read)
    assert refused.status_code == 422
    assert olena.post(f"/deals/{deal.id}", form | {"title": "Помпи"} | versions_of(refused)).status_code == 303
    assert (office.deal(deal).title, office.deal(deal).amount) == ("Помпи", Decimal(5))


def test_comment_and_cancelling_need_their_texts(office: Office, browse: SignIn, deal: Deal) -> None:
    olena = browse("olena")
    assert olena.post(f"/deals/{deal.id}/comment", {"text": " "}).status_code == 422
    assert olena.post(f"/deals/{deal.id}/comment", {"text": "Дзвонила"}).status_code == 303
    assert olena.post(f"/deals/{deal.id}/cancel", {"reason": ""}).status_code == 422
    assert olena.post(f"/deals/{deal.id}/cancel", {"reason": "Дубль"}).status_code == 303
    assert office.deal(deal).result is DealResult.CANCELLED
    assert office.open_steps() == []


def test_closed_deal_takes_no_change(browse: SignIn, deal: Deal) -> None:
    olena = browse("olena")
    olena.post(f"/deals/{deal.id}/cancel", {"reason": "Дубль"})
    form = {"title": "Знову", "amount": "1", "currency": "UAH"}
    assert olena.post(f"/deals/{deal.id}", form).status_code == 409


@pytest.mark.parametrize("action", ["", "/comment", "/cancel"])
def test_outsider_changes_nothing(office: Office, browse: SignIn, deal: Deal, action: str) -> None:
    form = {"title": "Моя", "amount": "1", "currency": "UAH", "text": "я", "reason": "я"}
    assert browse("danylo").post(f"/deals/{deal.id}{action}", form).status_code == 404
    assert office.deal(deal).title == deal.title


def test_colleague_sees_the_deal_but_does_not_change_it(office: Office, browse: SignIn, deal: Deal) -> None:
    form = {"title": "Моя", "amount": "1", "currency": "UAH"}
    assert browse("taras").post(f"/deals/{deal.id}", form).status_code == 403
    assert office.deal(deal).title == deal.title


@pytest.mark.parametrize("action", ["comment", "cancel"])
def test_get_changes_nothing(browse: SignIn, deal: Deal, action: str) -> None:
    assert browse("olena").get(f"/deals/{deal.id}/{action}").status_code == 405


def test_export_holds_the_list_and_no_formula(office: Office, browse: SignIn, deal: Deal) -> None:
    office.open_deal("olena", title='=HYPERLINK("http://example.com")', client=ClientDraft(name="+380"))
    olena = browse("olena")
    text = olena.get("/deals/export.csv").data.decode("utf-8-sig")
    assert deal.title in text
    assert "'=HYPERLINK" in text
    assert ";'+380;" in text
    sheet = load_workbook(io.BytesIO(olena.get("/deals/export.xlsx").data)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert Decimal("125000.5") in [cell.value for cell in cells]
    assert olena.get("/deals/export.exe").status_code == 404


def test_map_shows_the_walked_path_and_the_present_step(office: Office, browse: SignIn, deal: Deal) -> None:
    olena = browse("olena")
    part = olena.get(f"/deals/{deal.id}/map", part=True).text
    assert "data-current='[\"prepare\"]'" in part
    assert "start" in part
    file = olena.get(f"/deals/{deal.id}/map.bpmn")
    assert file.mimetype == "application/xml"
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_approval_sheet_names_who_decided_and_can_be_taken_along(office: Office, browse: SignIn, deal: Deal) -> None:
    office.prepare()
    office.complete("iryna", "legal", "approved", comment="Без зауважень")
    olena = browse("olena")
    page = text_of(olena.get(f"/deals/{deal.id}/approval-sheet"))
    for told in ("Погоджено", "Ірина Бондар", "Юридичний відділ", "Без зауважень"):
        assert told in page
    sheet = olena.get(f"/deals/{deal.id}/approval-sheet.json").get_json()
    assert sheet["decisions"][0]["approver"] == "Ірина Бондар"


def test_money_in_the_history_has_the_currency_that_the_deal_had_then(office: Office, browse: SignIn) -> None:
    deal = office.open_deal(amount=Decimal(1000), currency="USD")
    olena = browse("olena")
    form = {"title": deal.title, "close_date": ""}
    olena.post(f"/deals/{deal.id}", form | {"amount": "2000", "currency": "USD"})
    olena.post(f"/deals/{deal.id}", form | {"amount": "80000", "currency": "UAH"})
    olena.post(f"/deals/{deal.id}", form | {"amount": "90000", "currency": "UAH"})
    for page in (olena.get(f"/deals/{deal.id}"), olena.get(f"/deals/{deal.id}/timeline?kinds=changes")):
        told = " ".join(text_of(page).split())
        for change in ("1 000 USD → 2 000 USD", "2 000 USD → 80 000 ₴", "80 000 ₴ → 90 000 ₴"):
            assert change in told


def test_before_the_first_map_a_deal_s_pages_say_whom_to_ask_for_one(office: Office, browse: SignIn) -> None:
    with office.database.write() as session:
        for one in session.scalars(select(ProcessDefinition)):
            one.state = DefinitionState.RETIRED
    olena = browse("olena")
    for address in ("/deals", "/deals/board", "/deals/new", "/deals/import"):
        said = text_of(olena.get(address))
        assert "Ще не опубліковано жодної карти продажів" in said, address
        assert office.company.owner.full_name in said, address
        assert "Відкрити першу угоду" not in said, address
