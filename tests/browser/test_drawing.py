"""The process owner draws a map in the browser, without any other tool."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser.people import People
from browser.steps import confirm_warnings
from foreign_maps.verdicts import FOLDER
from lxml import etree
from playwright.sync_api import Locator, Page, expect
from support.browser import Words, barriers

SHIPPED = Path(__file__).parents[2] / "processes" / "b2b-sale" / "b2b-sale.bpmn"
# Written or not, these say the same.
DEFAULTS = {
    *("completionQuantity=1", "startQuantity=1", "isForCompensation=false", "triggeredByEvent=false"),
    *("isExecutable=false", "isClosed=false", "processType=None", "gatewayDirection=Unspecified"),
    *("isInterrupting=true", "cancelActivity=true", "parallelMultiple=false", "isSequential=false"),
    "typeLanguage=//www.w3.org/2001/XMLSchema",
}
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def saved(page: Page, uk: Words) -> Locator:
    return page.locator("[data-part-of-page=state]", has_text=uk("Saved %(time)s", time="").strip())


def shape(page: Page, name: str) -> Locator:
    """A step of the drawing by its name, which stands on it in lines."""
    return page.locator(".djs-shape").filter(has_text=re.compile(r"\s*".join(re.escape(word) for word in name.split())))


def open_for_drawing(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-modeler][data-state=shown]")).to_be_visible()


def upload(page: Page, uk: Words, file: Path) -> str:
    """The address of the new version, whatever the map leaves to be asked."""
    page.goto("/maps")
    page.wait_for_load_state("load")
    page.get_by_label(uk("Drop a map here, or choose its files")).set_input_files(file)
    page.wait_for_url(re.compile(r"/maps/\d+"))
    found = re.search(r"/maps/\d+", page.url)
    assert found is not None
    return found[0]


def fill_step(page: Page, uk: Words, stage: str, responsible: str, deadline: str) -> None:
    """By the keyboard alone, from field to field."""
    page.get_by_label(uk("Stage"), exact=True).focus()
    for text in (stage, responsible):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past how the department gives it out
    page.keyboard.type(deadline)
    page.keyboard.press("Tab")


def test_a_map_is_drawn_from_nothing_and_goes_live_and_nobody_draws_over_anybody(people: People, uk: Words) -> None:
    page = people.at_work("owner")
    page.get_by_role("link", name=uk("Draw a map")).click()
    page.get_by_label(uk("What is the map called?")).fill("Обслуговування насосів")
    page.get_by_role("button", name=uk("Begin to draw")).click()
    expect(page.locator("[data-modeler][data-state=shown]")).to_be_visible()
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    assert barriers(page) == []

    shape(page, uk("First step")).click()
    fill_step(page, uk, "Заявка", "=owner", "2 р.д.")
    page.locator("[data-element-id=end]").first.click()
    page.keyboard.press("Delete")
    shape(page, uk("First step")).click()
    page.locator(".djs-context-pad [data-action='append.append-task']").click()
    expect(page.locator(".djs-direct-editing-content")).to_be_focused()
    page.keyboard.type("Виїхати до клієнта")
    page.keyboard.press("Enter")
    page.locator(".djs-context-pad [data-action='append.end-event']").click()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name=uk("Remarks")).click()
    remark = page.locator("[data-part-of-page=remarks] .finding.is-error", has_text="Виїхати до клієнта").first
    expect(remark).to_be_visible()
    remark.locator("button").click()
    page.get_by_role("tab", name=uk("Sales step")).click()
    fill_step(page, uk, "Виїзд", "Логістика", "до 18:00")
    expect(page.locator("[data-part-of-page=remarks] .finding.is-error")).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(saved(page, uk)).to_be_visible()

    # Somebody else has the same draft open, and saves first.
    other = people.at_work("owner")
    open_for_drawing(other, page.url)
    for at, name in ((other, "Прийняти заявку"), (page, "Записати заявку")):
        shape(at, uk("First step")).click()
        at.get_by_label(uk("Name"), exact=True).fill(name)
        at.keyboard.press("Control+s")
        if at is other:
            expect(saved(at, uk)).to_be_visible()
    told = page.get_by_role("dialog", name=uk("Somebody was faster"))
    told.get_by_role("button", name=uk("Show the difference")).click()
    expect(told.get_by_text(uk("Different: “%(name)s”", name="Записати заявку"))).to_be_visible()
    told.get_by_role("button", name=uk("Keep mine as a new draft")).click()
    expect(page.get_by_text(uk("Draft, version %(version)s", version=2))).to_be_visible()
    other.reload()
    expect(shape(other, "Прийняти заявку")).to_be_visible()

    page.get_by_role("link", name=uk("To publishing")).click()
    expect(page.get_by_text(uk("Nothing stands against publishing."))).to_be_visible()
    confirm_warnings(page)
    page.get_by_role("button", name=uk("Publish version %(version)s", version="2").strip()).click()
    expect(page.get_by_text(uk("This version is live: new deals start on it."))).to_be_visible()


def first_task(file: Path) -> str:
    return next(str(element.get("id")) for element in etree.parse(file).iter(f"{BPMN}task", f"{BPMN}userTask"))


def told_of(content: bytes) -> dict[str, tuple[str, ...]]:
    """By id, what each element of the map says: its attributes, its texts, and what tools have put into it."""
    told = {}
    parser = etree.XMLParser(remove_blank_text=True)
    for element in etree.fromstring(content, parser).iter(f"{BPMN}*"):
        if (element_id := element.get("id")) is None:
            continue
        attributes = sorted(
            f"{key!s}={str(value).rpartition(':')[2]}" for key, value in element.attrib.items() if key != "name"
        )
        bags = [
            etree.tostring(bag, method="c14n", exclusive=True, with_tail=False).decode()
            for bag in element.iterfind(f"{BPMN}extensionElements/*")
        ]
        texts = ["".join(str(part) for part in text.itertext()) for text in element.iterfind(f"{BPMN}documentation")]
        told[element_id] = (*(one for one in attributes if one not in DEFAULTS), *bags, *texts)
    return told


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there is no folder {FOLDER} with diagrams of others")
def test_what_other_tools_wrote_is_kept_when_a_name_is_changed_or_saving_is_refused(people: People, uk: Words) -> None:
    page = people.at_work("owner")
    signavio = next(one for one in FOLDER.iterdir() if one.name.startswith("01-"))
    for file in (signavio, SHIPPED):
        open_for_drawing(page, f"{upload(page, uk, file)}/edit")
        page.locator(f".djs-shape[data-element-id='{first_task(file)}']").click()
        expect(page.locator("#say-required")).to_have_value("")  # that of a field in the form is not the step's
        page.get_by_label(uk("Name"), exact=True).fill("Змінена назва")
        page.keyboard.press("Control+s")
        expect(saved(page, uk)).to_be_visible()
        written = page.request.get(page.url.replace("/edit", "/files/0")).body()
        assert "Змінена назва" in written.decode()
        drawn, after = told_of(file.read_bytes()), told_of(written)
        assert {element_id: said for element_id, said in drawn.items() if after.get(element_id) != said} == {}

    # The other way round: what it would lose stands on the page, and nothing is saved.
    broken = next(one for one in FOLDER.iterdir() if one.name.startswith("08-"))
    open_for_drawing(page, f"{upload(page, uk, broken)}/edit")
    expect(page.get_by_text("ot:schemaObjectDescription").first).to_be_attached()
    page.keyboard.press("Control+s")
    expect(page.locator("[data-part-of-page=state]")).to_have_text(uk("Not saved here: see below why."))

    before = page.url
    page.get_by_role("button", name=uk("Draw in a new draft without these parts")).click()
    expect(saved(page, uk)).to_be_visible()
    expect(page.get_by_text("ot:schemaObjectDescription").first).not_to_be_visible()
    assert page.url != before
