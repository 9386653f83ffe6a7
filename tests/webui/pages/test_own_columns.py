"""Fields of deals and of clients as columns of lists, of both lists and of the inbox, on both databases."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml.html import HtmlElement
from openpyxl import load_workbook
from sqlalchemy import event, insert, select, update
from support.founded_offices import FoundedOffices
from support.office import Office
from support.sales_map import hash_of, sales_map
from support.web import Browser, elements_of, text_of

from engine.bpmn.compiled import CompiledProcess, FieldChoice, FieldDefinition, FieldType
from engine.commands.clients import ClientDraft, add_client
from engine.commands.own_fields import add_own_field, restore_own_field, retire_own_field, update_own_field
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.own_field import FieldSubject
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.own_fields import OwnFieldDraft
from engine.policy.personal_texts import ERASED

SignIn = Callable[[str | None], Browser]

TERMS = FieldDefinition(
    name="terms", label="Умови", type=FieldType.CHOICE, choices=(FieldChoice(value="pre", label="Передоплата"),)
)
FIELDS = (
    FieldDefinition(name="advance", label="Аванс", type=FieldType.MONEY),
    FieldDefinition(name="delivery", label="Відвантаження", type=FieldType.DATE),
    FieldDefinition(name="urgent", label="Терміново", type=FieldType.YES_NO),
    TERMS,
    FieldDefinition(name="engineer", label="Інженер", type=FieldType.PERSON),
    FieldDefinition(name="partner", label="Партнер", type=FieldType.CLIENT),
    FieldDefinition(name="deal.remark", label="Примітка", type=FieldType.LONG_TEXT),
    FieldDefinition(name="goods", label="Товари", type=FieldType.LINES),
    FieldDefinition(name="scan", label="Скан", type=FieldType.FILE),
)
WORDS = [f"fields.{name}" for name in ["advance", "delivery", "urgent", "terms", "engineer", "partner", "remark"]]
LIMIT, INDUSTRY = "client.fields.limit", "client.fields.industry"
HEADINGS = ["Аванс", "Відвантаження", "Терміново", "Умови", "Інженер", "Партнер", "Примітка"]


@pytest.fixture
def office(database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """The company with a map that asks for fields of every kind, and with fields of its clients."""
    with founded.at_work(database_url) as office:
        office.publish(asking(*FIELDS))
        for draft in (
            OwnFieldDraft("Ліміт", "money", "limit"),
            OwnFieldDraft("Галузь", "choice", "industry", choices="agro=Агро", is_listed=True),
        ):
            office.do("owner", add_own_field, FieldSubject.CLIENT, draft)
        yield office


@pytest.fixture
def partner(office: Office) -> Client:
    return office.do("olena", add_client, ClientDraft(name="ТОВ «Лан»"))


@pytest.fixture
def deal(office: Office, partner: Client) -> Deal:
    return office.open_deal(
        currency="EUR",
        client=ClientDraft(name="ТОВ «Промінь»", fields={"limit": "5000", "industry": "agro"}),
        fields={
            "advance": Decimal("1250.50"),
            "delivery": date(2026, 4, 5),
            "urgent": True,
            "terms": "pre",
            "engineer": office.company.petro.id,
            "partner": partner.id,
            "remark": "Дзвонити " * 30,
        },
    )


def asking(*fields: FieldDefinition, key: str = "sale") -> CompiledProcess:
    """The sales map, whose first step asks for these fields as well."""
    process = sales_map()
    prepare = process.steps["prepare"]
    steps = {**process.steps, "prepare": prepare.model_copy(update={"fields": (*prepare.fields, *fields)})}
    return process.model_copy(
        update={"steps": steps, "key": key, "name": f"Карта {key}", "content_hash": hash_of(steps) + key}
    )


def open_by(office: Office, definition: ProcessDefinition, login: str, **fields: Any) -> Deal:
    """A deal that follows another map than the drawing of which it was begun by."""
    deal = office.open_deal(login, fields=fields)
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(definition_key=definition.key))
        follows = update(ProcessInstance).where(ProcessInstance.deal_id == deal.id)
        session.execute(follows.values(definition_id=definition.id))
    return deal


def choose(browser: Browser, of: str, *words: str) -> None:
    assert browser.post(f"/{of}/columns", {"order": list(words), "show": list(words)}).status_code == 303


def plain(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def table(browser: Browser, address: str) -> list[list[str]]:
    """Headings and rows of a list, without the column that always comes first."""
    rows = elements_of(browser.get(address), "//thead/tr | //tbody/tr")
    return [[plain(cell) for cell in row.xpath("th | td")[1:]] for row in rows]


def lines(browser: Browser, address: str = "/inbox") -> list[str]:
    return [plain(one) for one in elements_of(browser.get(address), '//span[@class="own-cell"]')]


def offered(browser: Browser, of: str) -> set[str]:
    return set(re.findall(r'name="show" value="([^"]*fields\.[^"]+)"', browser.get(f"/{of}/columns").text))


def sheet(browser: Browser, address: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(browser.get(address).text.lstrip("\ufeff")), delimiter=";"))


def tails(rows: list[Any], many: int) -> list[list[Any]]:
    return [list(row[-many:]) for row in rows]


@pytest.mark.usefixtures("deal")
def test_fields_of_deals_and_their_clients_are_columns_of_the_list_of_deals(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    assert offered(olena, "deals") == {*WORDS, "fields.discount", LIMIT, INDUSTRY}, "no tables and no files"
    choose(olena, "deals", *WORDS[:3], "amount", *WORDS[3:], LIMIT, INDUSTRY)
    headings, row = table(olena, "/deals")
    shown = [*HEADINGS[:3], "Сума", *HEADINGS[3:], "Клієнт: Ліміт", "Клієнт: Галузь"]
    assert headings == shown
    petro = office.company.petro.full_name
    assert row[:-3] == ["1 250,50 EUR", "5 квіт.", "так", "125 000,50 EUR", "Передоплата", petro, "ТОВ «Лан»"]
    assert row[-2:] == ["5 000 ₴", "Агро"], "a client's money is not in the deal's currency"
    assert row[-3].startswith("Дзвонити ")
    assert (len(row[-3]), row[-3][-1]) == (121, "…"), "its card has all of it"
    assert browse("bohdan").get("/deals").text.count("Аванс") == 0, "nobody else's list changes"


@pytest.mark.usefixtures("deal")
def test_values_are_written_in_the_readers_language(office: Office, browse: SignIn) -> None:
    with office.database.write() as session:
        session.execute(update(Person).where(Person.login == "olena").values(locale="en"))
    olena = browse("olena")
    choose(olena, "deals", *WORDS[:3], LIMIT)
    headings, row = table(olena, "/deals")
    assert headings == [*HEADINGS[:3], "Client: Ліміт"]
    assert row == ["1,250.50 €", "5 Apr", "yes", "5,000 UAH"]


def test_what_has_no_value_is_a_dash_and_no_falsehood(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(fields={"urgent": False, "partner": 999_999}))
    olena = browse("olena")
    choose(olena, "deals", *WORDS, LIMIT)
    _headings, row = table(olena, "/deals")
    assert row == ["—", "—", "ні", "—", "—", "—", "—", "—"]
    assert tails(sheet(olena, "/deals/export.csv"), 8)[1] == ["", "", "ні", "", "", "—", "", ""]


def test_what_was_stored_before_the_field_was_what_it_is_stands_as_it_is(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    stored = {"advance": "багато", "delivery": "колись", "terms": "barter", "engineer": "Степан", "remark": ERASED}
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(fields=stored))
    olena = browse("olena")
    choose(olena, "deals", *WORDS)
    shown = ["багато", "колись", "—", "barter", "Степан", "—", "[стерто]"]
    assert table(olena, "/deals")[1] == shown
    assert tails(sheet(olena, "/deals/export.csv"), 7)[1] == [one.replace("—", "") for one in shown]


@pytest.mark.usefixtures("deal")
def test_a_field_has_no_link_to_sort_by_and_no_address_sorts_by_it(browse: SignIn) -> None:
    olena = browse("olena")
    choose(olena, "deals", "amount", WORDS[0])
    choose(olena, "clients", "added", LIMIT)
    for address, sortable in (("/deals", ["Угода", "Сума"]), ("/clients", ["Клієнт", "Додано"])):
        headings = elements_of(olena.get(address), "//thead//th[@aria-sort]")
        assert [plain(one) for one in headings] == sortable
    assert len(table(olena, f"/deals?sort={WORDS[0]}")) == 2


@pytest.mark.usefixtures("deal")
def test_chosen_fields_stand_at_the_end_of_exported_deals_as_numbers_and_days(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    as_it_was = sheet(olena, "/deals/export.csv")[0]
    choose(olena, "deals", *WORDS, LIMIT)
    headings, row = sheet(olena, "/deals/export.csv")
    assert headings == [*as_it_was, *HEADINGS, "Клієнт: Ліміт"]
    petro = office.company.petro.full_name
    remark = ("Дзвонити " * 30).strip()
    told = ["2026-04-05", "так", "Передоплата", petro, "ТОВ «Лан»"]
    assert [one.strip() for one in row[-8:]] == ["1250,50", *told, remark, "5000"]
    book = load_workbook(io.BytesIO(olena.get("/deals/export.xlsx").get_data()))
    _headings, cells = book.worksheets[0].iter_rows(values_only=True)
    assert [type(one).__name__ for one in cells[-8:-5]] == ["float", "datetime", "str"]
    choose(olena, "deals", "amount")
    assert sheet(olena, "/deals/export.csv")[0] == as_it_was


@pytest.mark.usefixtures("deal")
def test_steps_show_fields_of_their_deal_in_every_tab_and_in_the_export(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    assert offered(olena, "inbox") == {*WORDS, "fields.discount", LIMIT, INDUSTRY}
    choose(olena, "inbox", "client", WORDS[0], "deadline", "fields.discount", INDUSTRY)
    shown = ["Аванс: 1 250,50 EUR", "Знижка, %: —", "Клієнт: Галузь: Агро"]
    assert lines(olena) == lines(olena, "/inbox/steps") == shown
    headings, row = sheet(olena, "/inbox/export.csv")
    assert (headings[-4], headings[-3:]) == ("Рішення", ["Аванс", "Знижка, %", "Клієнт: Галузь"])
    assert row[-3:] == ["1250,50", "", "Агро"]
    office.prepare()
    assert lines(olena, "/inbox?tab=done")[1] == "Знижка, %: 7,5 %"


@pytest.mark.usefixtures("deal")
def test_each_person_chooses_the_columns_of_the_list_of_clients(browse: SignIn) -> None:
    olena = browse("olena")
    usual = ["Контакт", "Галузь", "Наступний крок", "Відкриті угоди", "Відповідальний", "Додано"]
    assert table(olena, "/clients")[0] == usual
    assert offered(olena, "clients") == {LIMIT, INDUSTRY}, "a client has no fields of deals"
    choose(olena, "clients", LIMIT, "owner")
    headings, *rows = table(olena, "/clients?q=Промінь")
    assert (headings, rows[0][0]) == (["Ліміт", "Відповідальний"], "5 000 ₴")
    assert table(browse("bohdan"), "/clients")[0] == usual
    assert sheet(olena, "/clients/export.csv")[0][-2:] == ["Ліміт", "Галузь"], "the file has all of them, as before"
    olena.post("/clients/columns", {"usual": "1", "show": [LIMIT]})
    assert table(olena, "/clients")[0] == usual


@pytest.mark.usefixtures("deal")
def test_a_ticked_field_comes_last_and_moves_as_the_others_do(browse: SignIn) -> None:
    olena = browse("olena")
    olena.post("/deals/columns", {"order": ["amount", "owner"], "show": ["owner", "amount", WORDS[3]]})
    assert table(olena, "/deals")[0] == ["Сума", "Відповідальний", "Умови"]
    page = olena.get("/deals/columns").text
    order = re.findall(r'name="order" value="([^"]+)"', page)
    assert order[-1] == WORDS[3]
    assert order.count(WORDS[3]) == 1
    olena.post("/deals/columns", {"order": order, "show": ["owner", WORDS[3]], "move": f"{WORDS[3]}:up"})
    assert re.findall(r'name="order" value="([^"]+)"', olena.get("/deals/columns").text)[-2] == WORDS[3]
    olena.post("/deals/columns", {"order": order, "show": ["owner"], "move": f"{WORDS[3]}:up"})
    assert table(olena, "/deals")[0] == ["Відповідальний"]
    assert WORDS[3] in offered(olena, "deals"), "who unticks it may choose it again"


@pytest.mark.usefixtures("deal")
def test_a_renamed_field_stays_chosen_a_retired_one_falls_out_and_comes_back(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    for of in ("deals", "clients", "inbox"):
        choose(olena, of, LIMIT)
    office.do("owner", update_own_field, 1, OwnFieldDraft("Кредит", "money", "limit"))
    assert table(olena, "/deals")[0] == ["Клієнт: Кредит"]
    assert table(olena, "/clients")[0] == ["Кредит"]
    assert lines(olena) == ["Клієнт: Кредит: 5 000 ₴"]
    office.do("owner", retire_own_field, 1)
    assert table(olena, "/deals") == [[], []]
    assert table(olena, "/clients")[0] == []
    assert lines(olena) == []
    for of in ("deals", "inbox"):
        assert "Клієнт: Кредит" not in sheet(olena, f"/{of}/export.csv")[0]
        assert LIMIT not in offered(olena, of)
    office.do("owner", restore_own_field, 1)
    assert table(olena, "/deals") == [["Клієнт: Кредит"], ["5 000 ₴"]]


@pytest.mark.usefixtures("deal")
def test_a_newer_map_renames_a_choice_for_its_own_deals_and_drops_a_field(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    choose(olena, "deals", "fields.terms", "fields.advance")
    later = TERMS.model_copy(update={"label": "Оплата", "choices": (FieldChoice(value="pre", label="Наперед"),)})
    office.publish(asking(later))
    office.open_deal(fields={"terms": "pre"})
    assert table(olena, "/deals?sort=opened_at") == [["Оплата"], ["Передоплата"], ["Наперед"]]
    assert tails(sheet(olena, "/deals/export.csv?sort=opened_at"), 1) == [["Оплата"], ["Передоплата"], ["Наперед"]]
    assert "fields.advance" not in offered(olena, "deals")


def test_a_field_of_several_maps_is_one_column_with_what_each_calls_it(office: Office, browse: SignIn) -> None:
    tender = office.publish(asking(TERMS.model_copy(update={"label": "Оплата", "choices": ()}), key="tender"))
    office.open_deal(fields={"terms": "pre"})
    open_by(office, tender, "olena", terms="pre")
    olena = browse("olena")
    choose(olena, "deals", "fields.terms")
    headings, *rows = table(olena, "/deals?sort=opened_at")
    assert sorted(headings[0].split(" / ")) == ["Оплата", "Умови"]
    assert rows == [["Передоплата"], ["pre"]]
    page = text_of(olena.get("/deals/columns"))
    assert "Карта sale" in page
    assert "Карта tender" in page


def test_fields_that_maps_call_alike_say_whose_they_are(office: Office, browse: SignIn) -> None:
    alike = FieldDefinition(name="payment", label="Умови")
    tender = office.publish(asking(alike, key="tender"))
    office.open_deal(fields={"terms": "pre"})
    open_by(office, tender, "olena", payment="Після")
    olena = browse("olena")
    choose(olena, "deals", "fields.terms", "fields.payment")
    told = ["Умови (Карта sale)", "Умови (Карта tender)"]
    headings, *rows = table(olena, "/deals?sort=opened_at")
    assert (headings, rows) == (told, [["Передоплата", "—"], ["—", "Після"]])
    assert sheet(olena, "/deals/export.csv")[0][-2:] == told
    choose(olena, "inbox", "fields.terms", "fields.payment")
    assert "Умови (Карта tender): Після" in lines(olena)
    choose(olena, "deals", "fields.payment")
    assert table(olena, "/deals")[0] == ["Умови"], "alone it needs no more"


def test_fields_that_one_map_calls_alike_say_which_step_asks_for_them(office: Office, browse: SignIn) -> None:
    """Two columns had one heading: nobody knew which was which."""
    process = asking(FieldDefinition(name="first", label="Знижка, грн"), FieldDefinition(name="note", label="Строк"))
    sign = process.steps["sign"]
    more = (
        FieldDefinition(name="first", label="Знижка, грн"),
        FieldDefinition(name="second", label="Знижка, грн"),
        FieldDefinition(name="paid", label="Строк оплати"),
        FieldDefinition(name="sent", label="Строк оплати"),
    )
    steps = {**process.steps, "sign": sign.model_copy(update={"fields": (*sign.fields, *more)})}
    office.publish(process.model_copy(update={"steps": steps, "content_hash": hash_of(steps)}))
    office.open_deal(fields={"first": "5", "second": "7"})
    olena = browse("olena")
    choose(olena, "deals", "fields.first", "fields.second", "fields.paid", "fields.sent", "fields.note")
    prepare = process.steps["prepare"].name
    told = [
        f"Знижка, грн ({prepare})",
        f"Знижка, грн ({sign.name})",
        "Строк оплати (paid)",
        "Строк оплати (sent)",
        "Строк",
    ]
    assert table(olena, "/deals") == [told, ["5", "7", "—", "—", "—"]]
    assert sheet(olena, "/deals/export.csv")[0][-5:] == told
    choose(olena, "inbox", "fields.first", "fields.second")
    assert lines(olena) == [f"{told[0]}: 5", f"{told[1]}: 7"]
    page = text_of(olena.get("/deals/columns"))
    assert all(one in page for one in told), "where they are chosen, too"


def test_a_field_that_is_called_like_a_column_of_every_company_is_told_apart(office: Office, browse: SignIn) -> None:
    office.publish(asking(FieldDefinition(name="part", label="Сума"), FieldDefinition(name="term", label="Строк")))
    office.do("admin", add_own_field, FieldSubject.CLIENT, OwnFieldDraft(name="origin", label="джерело", type="text"))
    office.open_deal()
    olena, name = browse("olena"), "Карта sale"
    choose(olena, "deals", "fields.part", "fields.term")
    assert table(olena, "/deals")[0] == [f"Сума ({name})", "Строк"]
    assert sheet(olena, "/deals/export.csv")[0][-3:].count("Сума") == 0
    assert f"Сума ({name})" in sheet(olena, "/deals/export.csv")[0]
    choose(olena, "inbox", "fields.part")
    assert f"Сума ({name})" in sheet(olena, "/inbox/export.csv")[0]
    assert "Сума (" in text_of(olena.get("/deals/columns"))
    choose(olena, "clients", "client.fields.origin")
    assert table(olena, "/clients")[0][-1] == "джерело (origin)"
    assert sheet(olena, "/clients/export.csv")[0][-1] == "джерело (origin)"


def test_fields_of_clients_that_are_called_alike_say_their_names(office: Office, browse: SignIn) -> None:
    for name in ("near", "far"):
        office.do("admin", add_own_field, FieldSubject.CLIENT, OwnFieldDraft(name=name, label="Склад", type="text"))
    office.open_deal()
    olena = browse("olena")
    choose(olena, "clients", "client.fields.near", "client.fields.far")
    assert table(olena, "/clients")[0][-2:] == ["Склад (near)", "Склад (far)"]
    assert sheet(olena, "/clients/export.csv")[0][-2:] == ["Склад (near)", "Склад (far)"]


def test_what_an_older_map_kept_as_files_or_a_table_is_told_as_such(office: Office, browse: SignIn) -> None:
    goods = FieldDefinition(
        name="goods", label="Товари", type=FieldType.LINES, columns=(FieldDefinition(name="name", label="Назва"),)
    )
    office.publish(asking(goods, *FIELDS[-1:]))
    deal = office.open_deal()
    with office.database.write() as session:
        kept = {"goods": [{"name": "Насос"}], "scan": [{"name": "Договір.pdf", "sha256": "ab"}]}
        session.execute(update(Deal).where(Deal.id == deal.id).values(fields=kept))
    later = (FieldDefinition(name="goods", label="Товари"), FieldDefinition(name="scan", label="Скан"))
    office.publish(asking(*later))
    olena = browse("olena")
    choose(olena, "deals", "fields.goods", "fields.scan")
    assert table(olena, "/deals") == [["Товари", "Скан"], ["Насос", "Договір.pdf"]]
    assert sheet(olena, "/deals/export.csv")[1][-2:] == ["Насос", "Договір.pdf"]


def test_fields_stand_in_a_file_beside_each_of_many_pages_of_rows_also_where_rows_share_a_deal(
    office: Office, browse: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.own_columns.LONGEST_PAGE", 2)
    monkeypatch.setattr("webui.listed_pages.READ_AT_ONCE", 3)
    limits = [str(1_000 + number) for number in range(5)]
    for limit in limits:
        deal = office.open_deal(client=ClientDraft(name=f"Клієнт {limit}", fields={"limit": limit}))
    with office.database.write() as session:
        step = session.scalars(select(WorkItem).where(WorkItem.deal_id == deal.id)).one()
        row = {one.name: getattr(step, one.key) for one in WorkItem.__table__.columns if one.name != "id"}
        session.execute(insert(WorkItem), [row | {"activity_id": f"again-{number}"} for number in range(3)])
    olena = browse("olena")
    for of in ("deals", "inbox"):
        choose(olena, of, LIMIT)
    assert sorted(row[-1] for row in sheet(olena, "/deals/export.csv")[1:]) == limits
    assert sorted(row[-2] for row in sheet(olena, "/clients/export.csv")[1:] if row[-2]) == limits
    assert sorted(row[-1] for row in sheet(olena, "/inbox/export.csv")[1:]) == [*limits, *limits[-1:] * 3]


@pytest.fixture
def tender(office: Office, deal: Deal) -> Deal:
    """A deal that Danylo alone works on, by a map of his; he sees no other."""
    secret = FieldDefinition(name="secret", label="Таємниця")
    tender = open_by(office, office.publish(asking(secret, key="tender")), "danylo", secret="нікому")
    with office.database.write() as session:
        session.execute(update(WorkItem).where(WorkItem.deal_id == tender.id).values(group_id=None))
    return tender


@pytest.mark.usefixtures("tender")
@pytest.mark.parametrize("of", ["deals", "inbox"])
def test_a_map_of_deals_that_somebody_does_not_see_offers_them_no_field(browse: SignIn, of: str) -> None:
    for login in ("danylo", "bohdan", "admin", "owner"):
        sees_all = login != "danylo"
        found = offered(browse(login), of)
        assert ("fields.secret" in found, "fields.remark" in found) == (True, sees_all), login
    for login in ("olena", "taras", "oksana"):
        assert "fields.secret" not in offered(browse(login), of), login
    olena = browse("olena")
    choose(olena, of, "fields.secret", WORDS[0])
    assert "Таємниця" not in olena.get(f"/{of}").text, "a form that was made up shows it neither"
    assert "Таємниця" not in sheet(olena, f"/{of}/export.csv")[0]
    assert sheet(olena, f"/{of}/export.csv")[0][-1] == "Аванс"
    stranger = browse(None)
    assert "/sign-in" in stranger.get(f"/{of}/columns").location
    assert stranger.post(f"/{of}/columns", {"show": ["fields.secret"]}).location.startswith("/sign-in")


def test_a_kept_choice_shows_nothing_of_a_map_that_is_out_of_sight_since(
    office: Office, browse: SignIn, tender: Deal
) -> None:
    danylo = browse("danylo")
    choose(danylo, "deals", "fields.secret")
    choose(danylo, "inbox", "fields.secret")
    assert table(danylo, "/deals") == [["Таємниця"], ["нікому"]]
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id == tender.id).values(owner_id=office.company.bohdan.id))
        session.execute(update(WorkItem).where(WorkItem.deal_id == tender.id).values(assignee_id=None))
    office.open_deal("danylo")
    for page in (danylo.get("/deals"), danylo.get("/deals/columns"), danylo.get("/inbox/columns")):
        assert "Таємниця" not in page.text
    for of in ("deals", "inbox"):
        whole = sheet(danylo, f"/{of}/export.csv")
        assert "Таємниця" not in whole[0]
        assert "нікому" not in str(whole)


@pytest.mark.parametrize("of", ["deals", "clients", "inbox"])
def test_a_list_with_fields_costs_as_many_statements_for_ten_rows_as_for_one(
    office: Office, browse: SignIn, of: str
) -> None:
    references = OwnFieldDraft("Пов'язаний", "client", "related")
    office.do("owner", add_own_field, FieldSubject.CLIENT, references)
    related = [office.do("olena", add_client, ClientDraft(name=f"Пов'язаний {number}")) for number in range(10)]

    def open_one(number: int) -> None:
        filled = ClientDraft(name=f"Клієнт {number}", fields={"related": related[number].id})
        about = {"partner": related[-number].id, "engineer": office.company.olena.id, "terms": "pre"}
        office.open_deal(client=filled, fields=about)

    sent: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    olena = browse("olena")
    choose(olena, of, *([] if of == "clients" else WORDS), LIMIT, "client.fields.related")

    def costs() -> list[int]:
        told = []
        for address in (f"/{of}", f"/{of}/export.csv"):
            olena.get(address)
            sent.clear()
            assert "Пов" in olena.get(address).text
            told.append(len(sent))
        return told

    open_one(0)
    few = costs()
    for number in range(1, 10):
        open_one(number)
    assert costs() == few
