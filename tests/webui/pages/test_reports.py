from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from sqlalchemy import Table, event, func, insert, select, update
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.bpmn.compiled import StepKind
from engine.commands.cancellations import cancel_deal
from engine.commands.forecast_snapshots import keep_forecast_of_month
from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.department import Membership
from engine.model.person import Person, Role
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.saved_report import SavedReport
from engine.model.work_item import WorkItem, WorkItemState
from webui.first_rows import FIRST_SHOWN

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


def test_a_company_without_deals_is_told_what_to_do_first(browse: SignIn) -> None:
    """A list of no maps could be opened, and a report of nothing saved."""
    for login, led in (("bohdan", "/deals/new"), ("iryna", "/maps")):
        page = browse(login).get("/reports/funnel")
        assert "Відкрийте першу угоду за картою продажів" in text_of(page)
        assert f'href="{led}"' in page.text.partition("<main")[2]
        assert 'name="map"' not in page.text
        assert "save-report" not in page.text


def test_a_month_stands_small_inside_a_phrase(office: Office, browse: SignIn) -> None:
    office.open_deal()
    bohdan = browse("bohdan")
    page = text_of(bohdan.get("/reports/forecast?first=2026-11-01&months=3"))
    assert "Прогноз листопад 2026 – січень 2027" in page
    assert "Попередній період: серпень 2026 – жовтень 2026." in page
    assert "Серпень 2026 – жовтень 2026" in page  # by itself, below a number
    assert "Прогноз листопад 2026 " in text_of(bohdan.get("/reports/forecast?first=2026-11-01&months=1"))


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
def test_ninety_days_are_ninety_with_the_first_and_the_last(office: Office, browse: SignIn, address: str) -> None:
    office.open_deal()
    asked = re.findall(r'type="date" [^>]*name="(?:from|to)" value="([^"]+)"', browse("bohdan").get(address).text)
    first, last = (date.fromisoformat(day) for day in asked)
    assert (last - first).days + 1 == 90


def listed(browser: Browser, address: str) -> int:
    """How many the list at ``address`` holds, counted in its file, or on its page where it has none."""
    for page, file in (
        ("/deals?", "/deals/export.csv?"),
        ("/reports/steps?", "/reports/steps.csv?"),
        ("/control/steps?", "/control/steps/export.csv?"),
    ):
        if address.startswith(page):
            return len(csv_rows(browser.get(address.replace(page, file)))) - 1  # below the headings
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


def several_maps(office: Office) -> tuple[list[Deal], date]:
    """Deals of two maps that close today and in a month; the second map is called Продовження & сервіс."""
    deals = [office.open_deal(title=f"Угода {number}") for number in range(5)]
    today = office.clock.now().date()
    with office.database.write() as session:
        draft = {"version": 1, "findings": [], "state": DefinitionState.DRAFT, "created_by_id": office.company.owner.id}
        for key, name in (("renewal", "Продовження & сервіс"), ("tender", "Тендери")):
            session.add(ProcessDefinition(key=key, name=name, created_at=office.clock.now(), **draft))
        for number, deal in enumerate(deals):
            key = ("sale", "renewal", "renewal", "tender", "sale")[number]
            closes = today + timedelta(days=30 * (number % 2))
            session.execute(update(Deal).where(Deal.id == deal.id).values(definition_key=key, close_date=closes))
    return deals, today


@pytest.mark.parametrize("chosen", ["", "map=renewal&map=tender", "map=sale"])
def test_every_number_of_a_forecast_of_several_maps_opens_what_it_counts(
    office: Office, browse: SignIn, chosen: str
) -> None:
    several_maps(office)
    browser, seen = browse("bohdan"), 0
    for by in ("month", "person", "department"):
        page = browser.get(f"/reports/forecast?{chosen}&by={by}")
        numbers = linked(page, "")
        seen += len(numbers)
        for place, number in numbers:
            assert listed(browser, place) == number, (by, place)
    assert seen > 5
    assert ("За картами" in text_of(page)) is (chosen != "map=sale")


def test_a_forecast_of_several_maps_is_exported_saved_and_opened_again(office: Office, browse: SignIn) -> None:
    several_maps(office)
    bohdan = browse("bohdan")
    address = "/reports/forecast?map=renewal&map=tender&by=person&months=3"
    page = bohdan.get(address).text
    rows = csv_rows(bohdan.get(address.replace("forecast?", "forecast.csv?")))
    assert rows[0][:2] == ["Людина", "Відкриті угоди"]
    assert "Продовження & сервіс: Не зважено, UAH" in rows[0]
    cells = [one for row in rows[1:] for one in zip(rows[0], row, strict=True)]
    named = [(title, Decimal(cell.replace(",", "."))) for title, cell in cells if title.endswith("Не зважено, UAH")]
    whole = sum(number for title, number in named if title == "Не зважено, UAH")
    parts = sum(number for title, number in named if title.endswith(": Не зважено, UAH"))
    assert whole == parts > 0
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.partition("save-report")[2]))
    assert hidden["map"] == "renewal,tender"
    bohdan.post("/reports/saved", form=hidden | {"name": "Продовження"})
    with office.database.read() as session:
        saved_id = session.scalars(select(SavedReport.id)).one()
    location = bohdan.get(f"/reports/saved/{saved_id}").location
    assert "map=renewal&map=tender&by=person" in location
    assert csv_rows(bohdan.get(f"/reports/saved/{saved_id}.csv")) == rows
    assert bohdan.get(f"/reports/saved/{saved_id}.pdf").status_code == 404
    assert browse("iryna").get(f"/reports/saved/{saved_id}.csv").status_code == 404


def test_how_forecasts_turned_out_is_shown_to_who_sees_all_deals(office: Office, browse: SignIn) -> None:
    deals, today = several_maps(office)
    with office.database.write() as session:
        keep_forecast_of_month(session, clock=office.clock, zone=ZoneInfo("Europe/Kyiv"))
        won = {"result": DealResult.WON, "closed_at": office.clock.now()}
        session.execute(update(Deal).where(Deal.id == deals[0].id).values(won))
    bohdan = browse("bohdan")
    assert "прогноз якого збережено" in text_of(bohdan.get("/reports/forecast"))
    office.clock.advance(timedelta(days=32))
    page = bohdan.get("/reports/forecast")
    assert "Як справдилися попередні прогнози" in text_of(page)
    numbers = [one for one in linked(page, "") if f"closed_from={today.replace(day=1)}" in one[0]]
    assert {number for _, number in numbers} == {1}
    assert all(listed(bohdan, place) == 1 for place, _ in numbers)
    rows = csv_rows(bohdan.get("/reports/forecast-outcomes.csv"))
    assert (len(rows), rows[1][2]) == (25, "1")
    assert "Як справдилися" not in text_of(browse("iryna").get("/reports/forecast"))
    assert browse("iryna").get("/reports/forecast-outcomes.csv").status_code == 404


def csv_rows(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))


MANY = 130


def many_late(office: Office) -> None:
    """So many late steps and silent deals; each tenth step has no deadline, each tenth deal stands in no stage yet."""
    first = office.open_deal()
    with office.database.write() as session:
        deal, item = session.get_one(Deal, first.id), session.scalars(select(WorkItem)).one()
        columns = {one.key: getattr(deal, one.key) for one in Deal.__mapper__.column_attrs if one.key != "id"}
        step = {one.key: getattr(item, one.key) for one in WorkItem.__mapper__.column_attrs if one.key != "id"}
        for number in range(MANY - 1):
            since = None if number % 10 == 9 else deal.opened_at + timedelta(minutes=number // 3)
            session.execute(insert(Deal).values(columns | {"number": f"М-{number}", "stage_since": since}))
            due = None if number % 10 == 9 else item.due_at
            session.execute(insert(WorkItem).values(step | {"activity_id": f"m-{number}", "due_at": due}))
    office.wait(days=9)


@pytest.mark.parametrize(
    "export",
    [
        "/control/steps/export.csv?show=open",
        "/control/deals/export.csv?show=at_risk",
        "/reports/steps.csv?show=late_now",
        "/deals/export.csv",
        "/clients/export.csv",
        "/inbox/export.csv?tab=all",
        "/settings/journal/export.csv",
    ],
)
def test_a_file_tells_of_one_moment_however_many_reads_it_takes(
    office: Office, browse: SignIn, monkeypatch: pytest.MonkeyPatch, export: str
) -> None:
    """Else a step that is done meanwhile, and so stands elsewhere in the list, would be in no part of the file."""
    for _ in range(2):
        office.open_deal()
    office.wait(days=9)
    admin, begun = browse("admin"), list[object]()
    admin.get("/inbox")  # who asks is known from the first page on
    event.listen(office.database.engine, "begin", begun.append)
    counts = []
    for at_once in (1_000, 1):
        monkeypatch.setattr("webui.listed_pages.READ_AT_ONCE", at_once)
        begun.clear()
        counts.append((len(admin.get(export).text.splitlines()), len(begun)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("export", "table", "own"),
    [
        ("/deals/export.csv", Deal.__table__, "number"),
        ("/clients/export.csv", Client.__table__, "name"),
        ("/inbox/export.csv?tab=all", WorkItem.__table__, "activity_id"),
    ],
)
def test_a_file_of_more_rows_than_a_page_may_have_is_read_at_once(
    office: Office, browse: SignIn, export: str, table: Table, own: str
) -> None:
    """Whose deals somebody sees is found anew for each read: short pages of 30,000 take seven times as long."""
    office.open_deal()
    olena, sent = browse("olena"), list[str]()
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))

    def cost(*, lines: int) -> int:
        sent.clear()
        assert len(olena.get(export).text.splitlines()) == lines
        return len(sent)

    olena.get(export)
    few = cost(lines=2)
    with office.database.write() as session:
        row = dict(session.execute(select(table)).mappings().first() or {})
        del row["id"]
        session.execute(insert(table), [row | {own: f"{row[own]}-{number}"} for number in range(300)])
    assert cost(lines=302) == few


@pytest.mark.parametrize(
    ("address", "export", "expected"),
    [
        ("/control/steps?show=overdue", "/control/steps/export.csv?show=overdue", 118),
        ("/control/steps?show=open", "/control/steps/export.csv?show=open", MANY),
        ("/control/deals?show=silent", "/control/deals/export.csv?show=silent", 117),
        ("/control/deals?show=at_risk", "/control/deals/export.csv?show=at_risk", MANY),
        ("/reports/steps?show=late_now", "/reports/steps.csv?show=late_now", 118),
    ],
)
def test_a_long_list_is_read_to_its_end_page_by_page_and_as_a_file(
    office: Office, browse: SignIn, address: str, export: str, expected: int
) -> None:
    many_late(office)
    bohdan, pages, found = browse("bohdan"), 0, list[str]()
    next_address: str | None = address
    while next_address is not None:
        page = bohdan.get(next_address)
        assert f" з {expected}" in text_of(page)
        rows = re.findall(r'class="row-link" href="([^"]+)"', page.text)
        assert len(rows) <= 50
        found += rows
        pages += 1
        after = re.search(r'rel="next" href="([^"]+)"', page.text)
        next_address = unescape(after[1]) if after else None
    assert (len(found), len(set(found)), pages) == (expected, expected, 3)
    assert len(csv_rows(bohdan.get(export))) == expected + 1
    assert bohdan.get(f"{address}&cursor=nonsense").status_code in {400, 404, 422}
    assert browse("olena").get(export).status_code == 404


def test_of_many_people_the_first_are_shown_and_all_at_one_press(office: Office, browse: SignIn) -> None:
    """A report of a thousand people was a megabyte. Its file has them all, and its totals are of all."""
    office.open_deal()
    approve_once(office, FIRST_SHOWN + 10)
    bohdan = browse("bohdan")
    for report in ("activity", "lateness", "approvals"):
        address = f"/reports/{report}?by=person&from=2026-01-01"
        page, whole = bohdan.get(address), bohdan.get(f"{address}&rows=all")
        assert [len(set(re.findall(r"Продавець \d{3}", text_of(one)))) for one in (page, whole)] == [
            FIRST_SHOWN,
            FIRST_SHOWN + 10,
        ]
        assert [unescape(one) for one in re.findall(r'href="([^"]+rows=all)"', page.text)] == [f"{address}&rows=all"]
        assert "Показати всі" not in text_of(whole)
        assert len(rows(bohdan.get(address.replace("?", ".xlsx?")).data)) >= FIRST_SHOWN + 10
    assert f"{FIRST_SHOWN + 10} Погоджено" in text_of(bohdan.get("/reports/approvals?by=person&from=2026-01-01"))


def test_reports_of_people_are_no_heavier_for_many_more_of_them(office: Office, browse: SignIn) -> None:
    office.open_deal()
    bohdan = browse("bohdan")

    def weights() -> list[int]:
        return [len(bohdan.get(f"/reports/{one}?by=person").data) for one in ("activity", "lateness", "approvals")]

    approve_once(office, FIRST_SHOWN + 10)
    few = weights()
    approve_once(office, 4 * FIRST_SHOWN)
    assert all(many < weight + 1_000 for many, weight in zip(weights(), few, strict=True))


def approve_once(office: Office, count: int) -> None:
    """So many more managers, each of whom has approved one step of the only deal."""
    at = office.clock.now()
    with office.database.write() as session:
        instance = session.scalars(select(ProcessInstance)).one()
        known = session.scalar(select(func.count()).select_from(Person)) or 0
        people = [
            Person(login=f"seller{number}", full_name=f"Продавець {number:03}", role=Role.MANAGER, created_at=at)
            for number in range(known, known + count)
        ]
        session.add_all(people)
        session.flush()
        session.add_all(
            WorkItem(
                instance_id=instance.id,
                deal_id=instance.deal_id,
                activity_id=f"of-{one.login}",
                element_id="legal",
                name="Погодити договір",
                kind=StepKind.APPROVAL,
                state=WorkItemState.COMPLETED,
                opened_at=at,
                completed_at=at,
                assignee_id=one.id,
                completed_by_id=one.id,
                outcome="approved",
            )
            for one in people
        )
