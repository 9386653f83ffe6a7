"""The process owner brings a map with its decision table; the table decides a manager's deal, and says so."""

from __future__ import annotations

import re
from pathlib import Path

from browser.installation import Sales
from browser.people import People
from playwright.sync_api import Page, expect
from support.browser import Words, barriers, overflow

HERE = Path(__file__).parent
FILES = [HERE / "discount_limit.bpmn", HERE / "discount_limit.dmn"]


def upload(page: Page, uk: Words) -> None:
    page.goto("/maps")
    page.locator("#map-files").set_input_files(FILES)
    expect(page.get_by_role("heading", level=1, name="Знижка за таблицею")).to_be_visible()


def test_a_table_is_shown_with_its_map_and_decides_the_deals_on_it(people: People, sales: Sales, uk: Words) -> None:
    page = people.at_work("owner")
    upload(page, uk)
    tables = page.get_by_role("region", name=uk("Decision tables: %(count)s", count=2))
    limit = tables.get_by_role("region", name="Межа знижки", exact=True)
    expect(limit).to_contain_text(uk("exactly one rule may match"))
    expect(limit.get_by_role("row")).to_have_count(4)
    expect(limit.get_by_role("row").nth(2)).to_contain_text('"велика"')
    expect(limit).to_contain_text("Обсяг")
    size = tables.get_by_role("region", name="Розмір угоди", exact=True)
    expect(size).to_contain_text(uk("Needed by: %(names)s", names="Межа знижки"))
    expect(page.locator("[data-bpmn-url]")).to_have_attribute("data-state", "shown")
    limit.get_by_role("button", name="Визначити межу знижки").click()
    expect(page.locator(".djs-element[data-element-id=decide_limit]")).to_be_in_viewport()
    publish = uk("Publish version %(version)s", version="").strip()  # the other test may have brought the first one
    page.get_by_role("button", name=re.compile(re.escape(publish))).click()
    expect(page.get_by_text(uk("Published: new deals start on this version."))).to_be_visible()

    deal_id = sales.open_deal("Знижка за правилом", definition_key="discount-limit")
    answer = {"discount": "12", "client_segment": "постійний"}
    sales.complete("olena", deal_id, "ask_discount", answer)
    manager = people.at_work("olena")
    manager.goto(f"/deals/{deal_id}")
    told = manager.locator(".history li", has_text="Межа знижки").first
    expect(told).to_contain_text(uk("Decided by the table “%(table)s”, rule %(rules)s", table="Межа знижки", rules="2"))
    expect(told).to_contain_text("Сегмент клієнта")
    expect(told).to_contain_text("bohdan")
    manager.locator("summary", has_text=uk("Change")).click()
    expect(manager.get_by_label("Знижка, %")).to_have_value("12")
    expect(manager.get_by_label("Межа, %")).to_have_count(0)


def test_tables_are_readable_on_a_phone_and_by_everybody(people: People, uk: Words) -> None:
    page = people.at_work("owner", theme="dark", width=360)
    upload(page, uk)
    page.get_by_role("heading", name="Межа знижки").scroll_into_view_if_needed()
    assert overflow(page) <= 0
    assert barriers(page) == []
