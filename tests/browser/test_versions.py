"""The process owner changes a map in use: sees what changed before publishing it, and hands out its instruction."""

from __future__ import annotations

import re
from pathlib import Path

from browser.people import People
from browser.steps import confirm_warnings
from playwright.sync_api import Page, expect
from support.browser import Words, drop_file

CONTRACT = (
    (Path(__file__).parent / "service_contract.bpmn")
    .read_text(encoding="utf-8")
    .replace("service-contract", "service-contract-versions")
)


def publish(page: Page, uk: Words, version: str, note: str) -> None:
    confirm_warnings(page)
    page.get_by_label(uk("Why this version")).fill(note)
    page.get_by_role("button", name=uk("Publish version %(version)s", version=version)).click()
    expect(page.get_by_text(uk("This version is live: new deals start on it."))).to_be_visible()


def put_in(page: Page, uk: Words, content: str) -> None:
    page.get_by_role("navigation", name=uk("Main menu")).get_by_role("link", name=uk("Sales maps")).click()
    page.wait_for_load_state("load")
    drop_file(page, "form[data-drop-zone]", "contract.bpmn", content.encode())
    expect(page.get_by_text(uk("Nothing stands against publishing."))).to_be_visible()


def test_a_changed_map_is_compared_published_with_its_reason_and_read_as_an_instruction(
    people: People, uk: Words
) -> None:
    page = people.at_work("owner")
    put_in(page, uk, CONTRACT)
    publish(page, uk, "1", "Перша редакція")
    changed = CONTRACT.replace('name="Узгодити умови"', 'name="Узгодити умови з клієнтом"')
    assert changed != CONTRACT
    put_in(page, uk, changed)

    page.get_by_role("link", name=uk("Compare versions")).click()
    line = page.locator(".difference", has_text="Узгодити умови з клієнтом")
    expect(line.locator("del")).to_have_text("Узгодити умови")
    drawings = page.locator(".compared-drawings .bpmn-viewer")
    expect(drawings).to_have_count(2)
    for at in range(2):
        expect(drawings.nth(at).locator(".djs-shape.is-changed[data-element-id=agree_terms]")).to_be_visible()
        expect(drawings.nth(at).locator("button.map-badge-changed")).to_have_attribute(
            "aria-label", re.compile("Узгодити умови з клієнтом")
        )
    line.get_by_role("button").click()
    expect(page.locator(".compared-drawings .djs-shape.is-chosen[data-element-id=agree_terms]")).to_have_count(2)
    expect(page.get_by_text(uk("too few deals"))).to_have_count(2)

    page.get_by_role("link", name=uk("Version %(version)s", version="2")).first.click()
    publish(page, uk, "2", "Клієнт тепер знає, що узгоджують з ним")
    expect(page.locator("#versions")).to_contain_text("Клієнт тепер знає, що узгоджують з ним")

    page.get_by_role("link", name=uk("Handbook")).click()
    expect(page.get_by_role("heading", level=3, name=re.compile("Узгодити умови з клієнтом"))).to_be_visible()
    drawn = page.locator(".handbook-drawing img")
    expect(drawn).to_have_js_property("complete", value=True)
    assert drawn.evaluate("image => image.naturalWidth") > 0
    with page.expect_response(re.compile(r"handbook\.docx$")) as answer, page.expect_download():
        page.get_by_role("link", name="DOCX").click()
    assert answer.value.status == 200
    page.emulate_media(media="print")
    expect(page.locator("header.navbar")).to_be_hidden()
    expect(page.get_by_role("heading", level=1, name=re.compile("."))).to_be_visible()
