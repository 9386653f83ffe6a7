"""The process owner changes a decision table in the browser, and the next deal is decided by it."""

from __future__ import annotations

import re
from pathlib import Path

from browser.installation import Sales
from browser.people import People
from browser.test_decision_tables import FILES
from playwright.sync_api import Page, expect
from support.browser import Words, barriers, overflow

KEY = "discount-edited"


def upload(page: Page, folder: Path) -> None:
    """The map with its table, under a key of its own: other tests count the versions of theirs."""
    files = [folder / file.name for file in FILES]
    for file, copy in zip(FILES, files, strict=True):
        copy.write_bytes(file.read_bytes().replace(b"discount-limit", KEY.encode()))
    page.goto("/maps")
    page.locator("#map-files").set_input_files(files)
    expect(page.get_by_role("heading", level=1, name="Знижка за таблицею")).to_be_visible()


def cell(page: Page, uk: Words, rule: int, column: str) -> str:
    return uk("Rule %(rule)s, %(column)s", rule=str(rule), column=column)


def save(page: Page, uk: Words) -> None:
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").filter(has_text=uk("Saved %(time)s", time="").strip())).to_be_visible()
    expect(page.get_by_role("button", name=uk("Save"), exact=True)).to_be_disabled()


def test_a_changed_table_decides_the_next_deal(people: People, sales: Sales, uk: Words, tmp_path: Path) -> None:
    page = people.at_work("owner", theme="dark")
    upload(page, tmp_path)
    page.get_by_role("region", name="Межа знижки", exact=True).get_by_role("link", name=uk("Change the table")).click()
    expect(page.locator("[data-decision-table][data-state=shown]")).to_be_visible()

    # A text without its quotation mark is told at its cell.
    segment = page.get_by_label(cell(page, uk, 2, "Сегмент клієнта"), exact=True)
    segment.fill('"постійний')
    save(page, uk)
    noticed = page.get_by_role("region", name=uk("What was noticed")).locator(".finding.is-error")
    expect(noticed).to_contain_text("Сегмент клієнта")
    noticed.get_by_role("button").click()
    expect(segment).to_be_focused()
    assert barriers(page) == []
    segment.fill('"постійний"')

    # By the keyboard: a new rule at the end, moved up; then a column that no deal needs comes and goes.
    page.get_by_label(cell(page, uk, 3, "Сегмент клієнта"), exact=True).press("Enter")
    page.keyboard.type('"оптовий"')
    page.get_by_label(cell(page, uk, 4, "Межа, %"), exact=True).fill("15")
    page.get_by_label(cell(page, uk, 4, "Хто погоджує"), exact=True).fill('"bohdan"')
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_label(cell(page, uk, 3, "Хто погоджує"), exact=True)).to_be_focused()
    page.get_by_text(uk("More"), exact=True).first.click()
    page.get_by_label(uk("Allowed values")).first.fill('"новий", "постійний", "оптовий"')
    page.get_by_role("button", name=uk("Condition column")).click()
    expect(page.get_by_label(uk("What it looks at"))).to_have_count(3)
    page.get_by_role("button", name=uk("Undo")).click()
    expect(page.get_by_label(uk("What it looks at"))).to_have_count(2)
    page.get_by_label(cell(page, uk, 2, "Межа, %"), exact=True).fill("12")
    save(page, uk)
    expect(page.get_by_text(uk("Nothing: the table was read without a remark."))).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) <= 0
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("link", name=uk("To publishing")).click()
    page.get_by_role(
        "button", name=re.compile(re.escape(uk("Publish version %(version)s", version="").strip()))
    ).click()
    expect(page.get_by_text(uk("Published: new deals start on this version."))).to_be_visible()
    deal_id = sales.open_deal("Знижка за зміненим правилом", definition_key=KEY)
    sales.complete("olena", deal_id, "ask_discount", {"discount": "14", "client_segment": "постійний"})
    manager = people.at_work("olena")
    manager.goto(f"/deals/{deal_id}")
    told = manager.locator(".history li", has_text="Межа знижки").first
    expect(told).to_contain_text(uk("Decided by the table “%(table)s”, rule %(rules)s", table="Межа знижки", rules="2"))
    expect(told).to_contain_text("12")
