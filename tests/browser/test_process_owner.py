"""The process owner puts a map into the product: sees all that is wrong with it, mends it, publishes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser.people import People
from browser.steps import confirm_warnings
from foreign_maps.verdicts import FOLDER, foreign_maps
from playwright.sync_api import Locator, Page, expect
from support.browser import Words, drop_file

HERE = Path(__file__).parent
UNFINISHED = HERE / "service_contract_unfinished.bpmn"
MENDED = HERE / "service_contract.bpmn"


def open_maps(people: People, uk: Words) -> Page:
    page = people.at_work("owner")
    expect(page.get_by_role("heading", level=1, name=uk("Sales maps"))).to_be_visible()
    page.wait_for_load_state("load")  # the page's scripts listen from now on
    return page


def drop(page: Page, file: Path) -> None:
    drop_file(page, "form[data-drop-zone]", file.name, file.read_bytes())


def to_the_map(page: Page, uk: Words) -> None:
    """An upload leads to what the map leaves open first."""
    expect(page.get_by_role("heading", level=1, name=uk("Questions about the map"))).to_be_visible()
    page.get_by_role("link", name=uk("To the map")).click()


def finding_of(page: Page, element_id: str) -> Locator:
    """A remark about the element, whether it is about others too or not."""
    return page.locator(".finding", has=element_in(page, element_id)).first


def element_in(page: Page, element_id: str) -> Locator:
    return page.locator(f"button[data-element={element_id}]")


def line_of(element_id: str, file: Path) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if f'id="{element_id}"' in line)


def test_a_dropped_map_is_drawn_with_every_remark_at_its_step_and_goes_live_when_mended(
    people: People, uk: Words
) -> None:
    page = open_maps(people, uk)

    drop(page, UNFINISHED)
    to_the_map(page, uk)
    expect(page.get_by_role("heading", level=1, name="Сервісний договір")).to_be_visible()
    expect(page.locator(".map-drawing .djs-shape[data-element-id=agree_terms]")).to_be_visible()
    for element_id, name in (("agree_terms", "Узгодити умови"), ("sign_service", "Підписати договір")):
        finding = finding_of(page, element_id)
        expect(element_in(page, element_id).first).to_contain_text(name)
        expect(finding).to_contain_text(uk("line %(line)s", line=line_of(element_id, UNFINISHED)))
        expect(finding.locator(".finding-remedy")).not_to_be_empty()
    expect(page.get_by_role("button", name=re.compile(publish_words(uk, "")))).to_have_count(0)

    element_in(page, "sign_service").first.click()
    shown = page.locator(".map-drawing .djs-shape.is-chosen")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("data-element-id", "sign_service")

    page.get_by_role("navigation", name=uk("Main menu")).get_by_role("link", name=uk("Sales maps")).click()
    drop(page, MENDED)
    expect(page.get_by_text(uk("Nothing stands against publishing."))).to_be_visible()
    confirm_warnings(page)
    page.get_by_role("button", name=publish_words(uk, "2")).click()
    expect(page.get_by_text(uk("This version is live: new deals start on it."))).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name=uk("Map file")).click()
    assert download.value.suggested_filename == MENDED.name
    assert download.value.path().read_bytes() == MENDED.read_bytes()


def publish_words(uk: Words, version: str) -> str:
    return uk("Publish version %(version)s", version=version).strip()


def test_what_is_no_map_is_refused_with_its_reason_and_nothing_is_stored(people: People, uk: Words) -> None:
    page = open_maps(people, uk)
    before = page.locator("a.row-link").count()

    page.get_by_label(uk("Drop a map here, or choose its files")).set_input_files(
        {"name": "нотатки.bpmn", "mimeType": "text/plain", "buffer": "Зателефонувати клієнтові".encode()}
    )
    expect(page.get_by_role("heading", level=1, name=uk("The sales map could not be read"))).to_be_visible()
    expect(page.locator(".finding-text").first).not_to_be_empty()
    expect(page.locator(".finding-remedy").first).not_to_be_empty()

    page.get_by_role("link", name=uk("To all sales maps")).click()
    expect(page.locator("a.row-link")).to_have_count(before)


def test_a_map_drawn_in_another_tool_is_drawn_and_its_remarks_lead_to_its_elements(people: People, uk: Words) -> None:
    named = [name for name in foreign_maps() if "Manage_leads_opportunities" in name]
    if not named:
        pytest.skip(f"there is no folder {FOLDER} with diagrams of others")
    page = open_maps(people, uk)

    drop(page, FOLDER / named[0])
    to_the_map(page, uk)

    expect(page.locator(".map-drawing .djs-shape").first).to_be_visible()
    expect(page.locator(".finding").first).to_be_visible()
    page.locator(".finding button[data-element]").first.click()
    expect(page.locator(".map-drawing .djs-element.is-chosen").first).to_be_visible()
