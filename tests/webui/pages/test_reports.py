from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import update
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.commands.cancellations import cancel_deal
from engine.model.deal import Deal, DealResult
from engine.model.department import Membership
from engine.model.work_item import WorkItem

SignIn = Callable[[str | None], Browser]


def rows(book: bytes) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(BytesIO(book)).active
    assert sheet is not None
    return list(sheet.iter_rows(min_row=2, values_only=True))


def test_the_funnel_tells_how_far_deals_came_and_leads_to_them(office: Office, browse: SignIn) -> None:
    first = office.open_deal()
    office.open_deal(title="Друга")
    office.complete("olena", "prepare", values={"discount": "7,5"}, deal=first)
    bohdan = browse("bohdan")
    page = bohdan.get("/reports/funnel")
    for said in ("Дійшли до нього", "Відкрито за період", "50 %"):
        assert said in text_of(page)
    today = f"{office.clock.now():%Y-%m-%d}"
    assert f"opened_to={today}" in page.text
    assert [row[1:5] for row in rows(bohdan.get("/reports/funnel.xlsx").data)][:2] == [(2, 100, 1, 0), (1, 50, 1, 0)]
    assert "За цей період угод не відкривали" in text_of(bohdan.get("/reports/funnel?from=2020-01-01&to=2020-02-01"))


@pytest.mark.parametrize(("opened_from", "is_listed"), [("2020-01-01", True), ("2099-01-01", False)])
def test_deals_are_listed_by_when_they_were_opened(
    office: Office, browse: SignIn, opened_from: str, is_listed: bool
) -> None:
    office.open_deal()
    page = text_of(browse("bohdan").get(f"/deals?opened_from={opened_from}"))
    assert ("Насоси для водоканалу" in page) is is_listed


def test_deadlines_kept_are_told_by_person_and_by_step(office: Office, browse: SignIn) -> None:
    for _ in range(2):
        office.open_deal()
    late, in_time = office.open_steps()
    office.complete("olena", "prepare", values={"discount": "7,5"}, work_item_id=in_time.id)
    office.wait(days=2, hours=1)
    office.complete("olena", "prepare", values={"discount": "7,5"}, work_item_id=late.id)
    bohdan = browse("bohdan")
    told = {row[0]: row[1:4] for row in rows(bohdan.get("/reports/lateness.xlsx").data)}
    assert told["Олена Коваль"] == (2, 1, 50)
    by_step = bohdan.get("/reports/lateness?by=step")
    assert "Підготувати пропозицію" in text_of(by_step)
    opened = linked(by_step, "/reports/steps")
    assert [number for _, number in opened] == [2, 1]
    for address, number in opened:
        assert len(rows(bohdan.get(address.replace("/steps?", "/steps.xlsx?")).data)) == number, address
        assert 'href="/reports/lateness?by=step' in bohdan.get(address).text
    other = opened[0][0].replace("step=", "step=x")
    assert rows(bohdan.get(other.replace("/steps?", "/steps.xlsx?")).data) == []
    with office.database.write() as session:  # as those of the deal's owner that stand in no department's lane
        session.execute(update(WorkItem).values(group_id=None))
    by_department = bohdan.get("/reports/lateness?by=department")
    assert "Без відділу" in text_of(by_department)
    assert rows(bohdan.get("/reports/lateness.xlsx?by=department").data)[0][0] == "Без відділу"
    ((address, number), *_) = linked(by_department, "/reports/steps")
    listed = bohdan.get(address)
    assert (number, "Без відділу" in text_of(listed)) == (2, True)
    assert re.search(r'href="/reports/lateness\?by=department[^"]*"', listed.text)


def linked(page: TestResponse, word: str) -> list[tuple[str, int]]:
    """Where numbers lead to whose address holds ``word``, and the numbers."""
    found = re.findall(rf'<a href="([^"]*{word}[^"]*)"[^>]*>(\d+)</a>', page.text)
    return [(address.replace("&amp;", "&"), int(number)) for address, number in found]


def test_a_number_of_approvals_opens_the_list_that_it_counts(office: Office, browse: SignIn) -> None:
    office.open_deal()
    office.prepare()
    office.wait(days=1)
    office.complete("iryna", "legal", "returned", comment="Немає умов оплати")
    office.wait(days=2)
    bohdan = browse("bohdan")
    page = bohdan.get("/reports/approvals")
    assert "Немає умов оплати" in text_of(page)
    numbers = linked(page, "/reports/steps")
    assert len(numbers) == 8  # asked of three; one returned, two wait and are late
    for address, number in numbers:
        assert len(rows(bohdan.get(address.replace("/steps?", "/steps.xlsx?")).data)) == number, address
        assert f"Показано: {number} " in text_of(bohdan.get(address)), address
    by_person = bohdan.get("/reports/approvals?by=person")
    assert "department=" not in by_person.text
    assert "Петро Лисенко" in text_of(by_person)
    listed = bohdan.get(linked(by_person, "/reports/steps")[-1][0])
    assert re.search(r'href="/reports/approvals\?by=person[^"]*"', listed.text)
    told = {row[0]: row[1:] for row in rows(bohdan.get("/reports/approvals.xlsx").data)}
    assert told["Юридичний відділ"] == (1, 0, 1, 0, 0, 0, 0, "1 робочий день")
    assert told["Логістика"] == (1, 0, 0, 0, 1, 0, 1, None)


def test_a_number_of_a_managers_activity_opens_the_list_that_it_counts(office: Office, browse: SignIn) -> None:
    for amount in (Decimal(100), Decimal(50)):
        office.open_deal(amount=amount)
    first, second = office.open_steps()
    office.complete("olena", "prepare", values={"discount": "7,5"}, work_item_id=first.id)
    office.wait(days=2, hours=1)
    office.complete("olena", "prepare", values={"discount": "7,5"}, work_item_id=second.id)
    office.do("olena", cancel_deal, second.deal_id, "Передумали")
    bohdan = browse("bohdan")
    page = bohdan.get("/reports/activity")
    assert [number for _, number in linked(page, "/reports/steps")] == [2, 1]
    for address, number in linked(page, "/reports/steps"):
        assert len(rows(bohdan.get(address.replace("/steps?", "/steps.xlsx?")).data)) == number, address
    assert [number for _, number in linked(page, "/deals")] == [2, 1]
    for address, number in linked(page, "/deals"):
        assert len(rows(bohdan.get(address.replace("/deals?", "/deals/export.xlsx?")).data)) == number, address
    header, olena = bohdan.get("/reports/activity.csv").text.splitlines()[:2]
    assert "Відкрито на суму, UAH" in header
    assert olena == "Олена Коваль;2;1;2;150,00;0;0;1"


@pytest.mark.parametrize("address", ["/reports/funnel", "/reports/lateness", "/reports/approvals", "/reports/activity"])
def test_ninety_days_are_ninety_with_the_first_and_the_last(browse: SignIn, address: str) -> None:
    asked = re.findall(r'type="date" [^>]*name="(?:from|to)" value="([^"]+)"', browse("bohdan").get(address).text)
    first, last = (date.fromisoformat(day) for day in asked)
    assert (last - first).days + 1 == 90


def listed(browser: Browser, address: str) -> int:
    """How many the list at ``address`` holds, counted in its file, or on its page where it has none."""
    for page, file in (
        ("/deals?", "/deals/export.xlsx?"),
        ("/reports/steps?", "/reports/steps.xlsx?"),
        ("/control/steps?", "/control/steps/export.xlsx?"),
    ):
        if address.startswith(page):
            return len(rows(browser.get(address.replace(page, file)).data))
    return browser.get(address).text.count('class="row-link"')


@pytest.mark.parametrize("login", ["bohdan", "iryna"])
def test_every_number_of_a_report_opens_exactly_what_it_counts(office: Office, browse: SignIn, login: str) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.olena.id, department_id=office.company.legal.id))
    named = [office.open_deal(title=f"Угода {number}") for number in range(9)]
    returned, going, lost, cancelled, silent, sold, priceless, far, _undated = named
    for deal in (returned, going):
        office.complete("olena", "prepare", values={"discount": "7,5"}, deal=deal)
    office.do("olena", cancel_deal, cancelled.id, "Передумали")
    office.do("olena", cancel_deal, silent.id, "Мовчить")
    today = office.clock.now().date()
    changes: dict[Deal, dict[str, object]] = {
        silent: {"result": DealResult.LOST, "loss_reason": ""},
        lost: {"result": DealResult.LOST, "loss_reason": "Дорого & довго", "closed_at": office.clock.now()},
        sold: {"result": DealResult.WON, "closed_at": office.clock.now(), "close_date": today},
        returned: {"close_date": today},
        going: {"close_date": today - timedelta(days=40), "amount": None},
        priceless: {"close_date": today + timedelta(days=30), "amount": None},
        far: {"close_date": today + timedelta(days=300)},
    }
    with office.database.write() as session:
        for deal, values in changes.items():
            session.execute(update(Deal).where(Deal.id == deal.id).values(values))
        first = min(one.id for one in office.open_steps())
        session.execute(update(WorkItem).where(WorkItem.id == first).values(group_id=None, assignee_id=None))
    office.complete("iryna", "legal", "returned", comment="Немає умов оплати", deal=returned)
    office.wait(days=3)
    browser, seen = browse(login), 0
    for address in (
        "/reports/funnel",
        "/reports/lateness",
        "/reports/lateness?by=department",
        "/reports/lateness?by=step",
        "/reports/approvals",
        "/reports/approvals?by=person",
        "/reports/activity",
        "/reports/forecast",
        "/reports/forecast?by=person&months=1",
        "/reports/forecast?by=department",
        "/control",
    ):
        page = browser.get(address)
        of_the_company = "forecast" in address and login != "bohdan"  # whose deals not everybody sees
        assert of_the_company or not re.findall(r'class="num">\s*[1-9]\d*\s*<', page.text), address
        numbers = linked(page, "")
        tiles = re.findall(r'card control-tile[^"]*" href="([^"]*)"><span[^>]*>(\d+)<', page.text)
        numbers += [(place.replace("&amp;", "&"), int(number)) for place, number in tiles]
        seen += len(numbers)
        for place, number in numbers:
            assert listed(browser, place) == number, (address, place)
    assert seen > 60
    risk = re.search(r'href="([^"]*(?:at_risk|overdue=1))">(?:.*?</svg>)[^<\d]*(\d+)', page.text)
    assert risk, "the sum at risk says of how many deals"
    assert listed(browser, risk[1]) == int(risk[2]) > 0


def test_reports_are_for_heads(browse: SignIn) -> None:
    for report in ("funnel", "reasons", "forecast", "lateness", "approvals", "activity", "steps"):
        address = f"/reports/{report}.csv"
        assert browse("olena").get(address).status_code == 404, address
        assert browse("bohdan").get(address).status_code == 200, address
    for report in ("funnel", "forecast", "lateness", "approvals", "activity", "steps"):
        address = f"/reports/{report}"
        assert browse("olena").get(address).status_code == 404, address
        assert browse("bohdan").get(address).status_code == 200, address


@pytest.mark.parametrize("address", ["/reports/funnel", "/reports/lateness", "/maps/1/facts", "/deals"])
def test_a_day_before_the_calendar_begins_is_as_none(office: Office, browse: SignIn, address: str) -> None:
    office.open_deal()
    assert browse("bohdan").get(f"{address}?from=0001-01-01&to=9999-12-31&opened_from=0001-01-01").status_code == 200
