"""The administrator keeps the currency and the rates; everybody's sums then have one total."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.commands.bank_rates import note_bank_problem
from engine.commands.exchange_rates import choose_company_currency, set_exchange_rate
from engine.model.deal import Deal, DealResult
from engine.model.exchange_rate import BankProblem
from engine.queries.exchange_rates import MOST_SHOWN, company_rates

SignIn = Callable[[str | None], Browser]

PAGE = "/settings/rates"


@pytest.fixture
def selling(office: Office) -> Office:
    """One open deal in each of three currencies, each with a close date of this month."""
    close_date = (office.clock.now() + timedelta(days=1)).date()
    for currency, amount in (("UAH", 1000), ("USD", 100), ("EUR", 10)):
        office.open_deal(currency=currency, amount=Decimal(amount), close_date=close_date)
    return office


def keep(office: Office, **rates: str) -> None:
    office.do("admin", choose_company_currency, "UAH")
    for currency, rate in rates.items():
        office.do("admin", set_exchange_rate, currency, office.clock.now().date(), Decimal(rate))


def test_an_administrator_chooses_a_currency_and_types_a_rate_with_a_comma(selling: Office, browse: SignIn) -> None:
    admin, today = browse("admin"), selling.clock.now().date()
    assert "Виберіть валюту компанії" in text_of(admin.get(PAGE))
    assert admin.post(f"{PAGE}/currency", {"currency": "UAH"}).status_code == 303
    page = text_of(admin.get(PAGE))
    assert "USD немає курсу" in page
    typed = {"currency": "USD", "day": today.isoformat(), "rate": "41,5201"}
    assert admin.post(PAGE, typed).status_code == 303
    page = text_of(admin.get(PAGE))
    assert f"1 USD = 41,5201 UAH на {today:%d.%m.%Y} · вручну" in page
    assert "EUR немає курсу" in page
    with selling.database.read() as session:
        assert company_rates(session).latest["USD"].rate == Decimal("41.5201")
    journal = text_of(admin.get("/settings/journal"))
    assert f"Курс USD на {today:%d.%m.%Y}: 41,5201 UAH" in journal
    assert "Суми зводяться в UAH" in journal
    assert admin.post(f"{PAGE}/USD/{today.isoformat()}/remove").status_code == 303
    assert "USD немає курсу" in text_of(admin.get(PAGE))
    again = admin.post(f"{PAGE}/USD/{today.isoformat()}/remove")
    assert again.status_code == 303, "a second press is answered as the first"
    assert text_of(admin.get("/settings/journal")).count(f"Курс USD на {today:%d.%m.%Y} вилучено") == 1
    assert admin.post(f"{PAGE}/USD/yesterday/remove").status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"rate": "0"}, "Курс — це число, більше за 0"),
        ({"rate": "сорок"}, "Курс — це число, більше за 0"),
        ({"rate": "1000001"}, "Курс — це число, більше за 0"),
        ({"rate": ""}, "Заповніть поле «Курс»"),
        ({"day": "2099-01-01"}, "Курс може бути на сьогодні або на раніший день"),
        ({"day": "колись"}, "«колись»"),
        ({"currency": "UAH"}, "«UAH»"),
    ],
)
def test_what_cannot_be_kept_is_told_at_its_field_and_stays_typed(
    office: Office, browse: SignIn, typed: dict[str, str], said: str
) -> None:
    keep(office)
    form = {"currency": "USD", "day": office.clock.now().date().isoformat(), "rate": "41,5"} | typed
    refused = browse("admin").post(PAGE, form)
    assert (refused.status_code, said in text_of(refused)) == (422, True)
    assert f'value="{form["rate"]}"' in refused.text


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize(("typed", "expected"), [("41,520", "41.52"), ("0,287", "0.287"), ("1 234.5", "1234.5")])
def test_a_comma_stands_before_the_decimals_in_either_language(
    office: Office, browse: SignIn, language: str, typed: str, expected: str
) -> None:
    keep(office)
    admin, today = browse("admin"), office.clock.now().date()
    admin.post("/preferences/locale", {"locale": language})
    assert admin.post(PAGE, {"currency": "USD", "day": today.isoformat(), "rate": typed}).status_code == 303
    with office.database.read() as session:
        assert company_rates(session).latest["USD"].rate == Decimal(expected)


def test_every_rate_that_was_kept_can_be_found_and_removed(office: Office, browse: SignIn) -> None:
    keep(office)
    admin, today = browse("admin"), office.clock.now().date()
    days = [today - timedelta(days=number) for number in range(MOST_SHOWN + 2)]
    for day in days:
        office.do("admin", set_exchange_rate, "USD", day, Decimal(41))
    first = admin.get(PAGE).text
    assert f"USD/{days[MOST_SHOWN - 1]}/remove" in first
    assert f"USD/{days[MOST_SHOWN]}/remove" not in first
    found = re.search(r'rel="next" href="([^"]+)"', first)
    assert found is not None
    second = admin.get(html.unescape(found[1])).text
    shown = re.findall(r"USD/([0-9-]+)/remove", second)
    assert (shown, 'rel="next"' in second) == ([day.isoformat() for day in days[MOST_SHOWN:]], False)
    assert admin.get(f"{PAGE}?cursor=x").status_code in {400, 422}


def test_a_rate_without_a_currency_of_the_company_is_refused_in_words(office: Office, browse: SignIn) -> None:
    form = {"currency": "USD", "day": office.clock.now().date().isoformat(), "rate": "41,5"}
    refused = browse("admin").post(PAGE, form)
    assert (refused.status_code, "Спершу виберіть валюту компанії" in text_of(refused)) == (409, True)


@pytest.mark.parametrize("login", ["olena", "bohdan", "iryna", "owner"])
def test_others_have_no_such_page(office: Office, browse: SignIn, login: str) -> None:
    keep(office, USD="41")
    person, today = browse(login), office.clock.now().date().isoformat()
    assert person.get(PAGE).status_code == 404
    for address in (PAGE, f"{PAGE}/currency", f"{PAGE}/USD/{today}/remove"):
        form = {"currency": "USD", "day": today, "rate": "1"}
        assert person.post(address, form).status_code in {403, 404}
    with office.database.read() as session:
        assert company_rates(session).latest["USD"].rate == Decimal(41)


def test_the_bank_is_for_hryvnias_and_what_came_of_it_is_told(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    refused = admin.post(f"{PAGE}/currency", {"currency": "EUR", "asks_bank": "1"})
    assert (refused.status_code, "вказує курси у гривнях" in text_of(refused)) == (422, True)
    assert '<option value="EUR" selected>' in refused.text, "what was chosen stays chosen"
    assert 'name="asks_bank" value="1" checked' in refused.text
    assert admin.post(f"{PAGE}/currency", {"currency": "UAH", "asks_bank": "1"}).status_code == 303
    assert "ще не питали" in text_of(admin.get(PAGE))
    with office.database.write() as session:
        note_bank_problem(session, BankProblem.UNREACHABLE)
    assert "Діють останні відомі курси; невдовзі його запитають знову" in text_of(admin.get(PAGE))
    for currency in ("USD", "EUR", "GBP", "PLN"):
        office.do("admin", set_exchange_rate, currency, office.clock.now().date(), Decimal(40))
    said = text_of(admin.get(PAGE))
    assert "Діють останні відомі курси; наступного робочого дня його запитають знову" in said


def test_sums_have_one_total_wherever_they_stand_side_by_side(selling: Office, browse: SignIn) -> None:
    bohdan, today = browse("bohdan"), selling.clock.now().date()
    pages = ("/deals/board", "/reports/forecast", "/reports/funnel", "/reports/activity")
    for page in pages:
        assert "≈" not in bohdan.get(page).text, f"{page}: nothing changes for who has chosen no currency"
    keep(selling, USD="40", EUR="50.005")
    for page in pages:
        said = text_of(bohdan.get(page)).replace("\xa0", " ")
        assert "≈ 5 500,05 ₴" in said, page
        assert f"EUR 50,0050 ({today:%d.%m.%Y}), USD 40,0000 ({today:%d.%m.%Y})" in said, page
    forecast = text_of(bohdan.get("/reports/forecast")).replace("\xa0", " ")
    assert f"≈ 5 500,05 ₴ за курсом {today:%d.%m.%Y}" in forecast
    selling.clock.advance(timedelta(days=40))
    control = text_of(bohdan.get("/control")).replace("\xa0", " ")
    assert f"≈ 5 500,05 ₴ за курсом {today:%d.%m.%Y}" in control


def test_what_a_sign_means_is_explained_only_where_it_stands(office: Office, browse: SignIn) -> None:
    close_date = (office.clock.now() + timedelta(days=1)).date()
    office.open_deal(amount=Decimal(1000), close_date=close_date)
    keep(office, USD="40")
    bohdan, pages = browse("bohdan"), ("/deals/board", "/reports/forecast", "/reports/funnel", "/reports/activity")
    for page in pages:
        assert "≈" not in bohdan.get(page).text, page
    office.open_deal(currency="USD", amount=Decimal(10), close_date=close_date)
    for page in pages:
        assert "≈ — " in bohdan.get(page).text, page


def test_a_missing_rate_is_named_instead_of_a_total(selling: Office, browse: SignIn) -> None:
    keep(selling, USD="40")
    for page in ("/deals/board", "/reports/forecast", "/reports/funnel", "/reports/activity"):
        said = text_of(browse("bohdan").get(page))
        assert "підсумку немає: невідомий курс EUR" in said, page
        assert "≈ 5" not in said


def test_hryvnias_alone_are_told_once(office: Office, browse: SignIn) -> None:
    office.open_deal(amount=Decimal(700))
    keep(office, USD="40")
    board = browse("bohdan").get("/deals/board").text
    assert "in-one" not in board


def test_exported_reports_have_a_column_of_all_currencies(selling: Office, browse: SignIn) -> None:
    bohdan = browse("bohdan")
    before = bohdan.get("/reports/forecast.csv?by=person").text.splitlines()
    assert "≈" not in before[0]
    keep(selling, USD="40", EUR="50")
    header, olena = (line.split(";") for line in bohdan.get("/reports/forecast.csv?by=person").text.splitlines()[:2])
    told = dict(zip(header, olena, strict=True))
    sums = [told[f"Їхня сума, {one}"] for one in ("EUR", "UAH", "USD", "≈ UAH")]
    assert sums == ["10,00", "1000,00", "100,00", "5500,00"]
    header, *rows = (line.split(";") for line in bohdan.get("/reports/activity.csv").text.splitlines())
    told = dict(zip(header, next(row for row in rows if row[0] == "Олена Коваль"), strict=True))
    assert told["Відкрито на суму, ≈ UAH"] == "5500,00"


def test_won_deals_count_by_the_rate_of_the_day_on_which_they_were_won(selling: Office, browse: SignIn) -> None:
    keep(selling, USD="40", EUR="50")
    with selling.database.write() as session:
        session.query(Deal).update({"result": DealResult.WON, "closed_at": selling.clock.now()})
    selling.clock.advance(timedelta(days=1))
    keep(selling, USD="400", EUR="500")
    for page in ("/reports/funnel", "/reports/activity", "/reports/forecast"):
        assert "≈ 5 500 ₴" in text_of(browse("bohdan").get(page)).replace("\xa0", " "), page
