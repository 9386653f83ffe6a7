"""The process owner edits the steps of a map as a table, and finds the file as the other tool wrote it."""

from __future__ import annotations

from pathlib import Path

from browser.people import People
from playwright.sync_api import Locator, Page, expect
from support.browser import Words, drop_file
from support.edited_files import without_extensions

DRAWN = (Path(__file__).parent / "service_contract_unfinished.bpmn").read_text(encoding="utf-8")
FOREIGN = DRAWN.replace("service-contract", "service-table").replace(
    "<bpmn:endEvent ", "<!-- колір узгоджено з бухгалтерією -->\n    <bpmn:endEvent ", 1
)
EDITED = {"agree_terms", "sign_service"}


def cell(page: Page, step: str, column: str) -> Locator:
    return page.locator(f".step-grid tr[data-address={step}] td[data-cell={column}]")


def open_table(page: Page) -> None:
    """A table whose keys are heard: one of its cells can be reached by Tab."""
    page.wait_for_load_state("load")
    expect(page.locator(".step-grid [tabindex='0']")).to_have_count(1)


def write(page: Page, text: str) -> None:
    """Over what stands in the active cell."""
    page.keyboard.press("F2")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)


def paste(page: Page, text: str) -> None:
    """What Excel put on the clipboard, at the active cell."""
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(pasted);
        }""",
        text,
    )


def saved(page: Page, uk: Words) -> None:
    page.keyboard.press("ControlOrMeta+S")
    expect(page.get_by_text(uk("Saved. The map’s file holds the changes."))).to_be_visible()
    open_table(page)


def test_the_table_is_edited_by_keyboard_and_the_file_keeps_what_others_wrote(people: People, uk: Words) -> None:
    page = people.at_work("owner")
    page.wait_for_load_state("load")
    drop_file(page, "form[data-drop-zone]", "table.bpmn", FOREIGN.encode())
    page.get_by_role("link", name=uk("To the map")).click()
    open_table(page)
    other = page.context.new_page()
    other.goto(page.url)
    open_table(other)

    type_deadlines(page, uk)
    paste_rows(page, uk)
    saved(page, uk)
    expect(page.get_by_text(uk("Nothing stands against publishing."))).to_be_visible()
    assert page.url == other.url
    expect(page.locator(".map-drawing .djs-shape[data-element-id=sign_service]")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name=uk("Map file")).click()
    written = download.value.path().read_bytes()
    assert "3 робочі дні" in written.decode()
    assert "<!-- колір узгоджено з бухгалтерією -->" in written.decode()
    assert without_extensions(written, EDITED) == without_extensions(FOREIGN.encode(), EDITED)

    save_after_somebody_else(other, uk)


def type_deadlines(page: Page, uk: Words) -> None:
    cell(page, "agree_terms", "stage").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    deadline, below = cell(page, "agree_terms", "deadline"), cell(page, "sign_service", "deadline")
    expect(deadline).to_be_focused()
    write(page, "колись")
    page.keyboard.press("Enter")
    expect(deadline).to_have_attribute("aria-invalid", "true")
    expect(deadline.locator(".cell-problem")).to_contain_text("колись")
    page.keyboard.press("ControlOrMeta+S")
    expect(page.get_by_text(uk("Mend the marked cells first: nothing was saved."))).to_be_visible()
    expect(deadline).to_be_focused()
    write(page, "3 робочі дні")
    page.keyboard.press("Enter")
    expect(deadline.locator(".cell-said")).to_contain_text("3 робочі дні →")
    page.keyboard.press("ControlOrMeta+D")
    expect(below.locator(".cell-text")).to_have_text("3 робочі дні")
    page.keyboard.press("ControlOrMeta+Z")
    expect(below.locator(".cell-text")).not_to_have_text("3 робочі дні")


def paste_rows(page: Page, uk: Words) -> None:
    cell(page, "agree_terms", "stage").focus()
    paste(page, 'Умови\tВідділ продажів\r\n"Підписання\t1"\t=owner\r\n')
    expect(cell(page, "sign_service", "responsible").locator(".cell-said")).to_have_text(uk("the deal’s owner"))
    cell(page, "sign_service", "deadline").focus()
    write(page, "1 р.д.")
    page.keyboard.press("Escape")
    write(page, "2 р.д.")
    page.keyboard.press("Tab")
    expect(cell(page, "sign_service", "escalation")).to_be_focused()


def save_after_somebody_else(page: Page, uk: Words) -> None:
    """What was typed over an older table is refused, kept, and saved when the newer one was seen."""
    instruction = cell(page, "agree_terms", "instruction")
    instruction.focus()
    write(page, "Спитати про строки")
    page.keyboard.press("ControlOrMeta+Enter")
    page.keyboard.press("ControlOrMeta+S")
    expect(page.locator("[data-grid-problem]")).to_be_visible()
    page.get_by_role("button", name=uk("Show what it is now and keep my changes")).click()
    expect(page.get_by_text(uk("What you typed and did not save is here again."))).to_be_visible()
    expect(cell(page, "agree_terms", "deadline").locator(".cell-text")).to_have_text("3 робочі дні")
    expect(instruction.locator(".cell-text")).to_have_text("Спитати про строки")
    instruction.focus()
    saved(page, uk)
    expect(instruction.locator(".cell-text")).to_have_text("Спитати про строки")
