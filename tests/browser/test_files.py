"""A file's way: dropped, looked at by who approves, followed by another version; what was approved can be opened."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People
from browser.steps import complete, open_step, pane
from playwright.sync_api import Locator, Page, expect
from support.browser import Words, barriers, drop_file, overflow
from support.files import HEIC, pdf, png

DEAL = "Насоси з договором"
CONTRACT = "Договір поставки.pdf"


def dialog(page: Page) -> Locator:
    return page.locator("dialog[open]")


def test_what_was_approved_can_be_opened_after_a_new_version(people: People, sales: Sales, uk: Words) -> None:
    deal_id = sales.ask_departments(DEAL)
    iryna = people.at_work("iryna")
    open_step(iryna, DEAL, "Погодити договір: юристи")
    drop_file(iryna, "#pane .step-files", "програма.pdf", b"MZ\x90\x00")
    expect(pane(iryna).locator(".is-refused")).to_contain_text("програма.pdf")

    olena = people.at_work("olena", width=360)
    olena.goto(f"/deals/{deal_id}")
    brought = {CONTRACT: pdf("First edition", "Total 240 000"), "Майданчик.png": png(900, 500), "Знімок.heic": HEIC}
    for name, content in brought.items():
        drop_file(olena, "#files", name, content)
        expect(olena.locator("#files .file-name", has_text=name)).to_be_visible()
    assert overflow(olena) == 0
    olena.get_by_role("link", name="Майданчик.png", exact=True).click()
    expect(dialog(olena).locator("img")).to_have_js_property("naturalWidth", 900)
    assert overflow(olena) == 0
    olena.keyboard.press("Escape")
    olena.get_by_role("link", name="Знімок.heic", exact=True).click()
    expect(dialog(olena).locator("img")).to_have_js_property("naturalWidth", 64)
    expect(dialog(olena).locator("[data-picture-told]")).to_be_hidden()
    olena.keyboard.press("Escape")
    expect(dialog(olena)).to_have_count(0)

    open_step(iryna, DEAL, "Погодити договір: юристи")
    link = pane(iryna).get_by_role("link", name=CONTRACT, exact=True)
    link.press("Enter")
    expect(dialog(iryna).locator(".textLayer")).to_contain_text("First edition")
    assert barriers(iryna) == []
    iryna.keyboard.press("Escape")
    expect(link).to_be_focused()
    # Her own file is no change behind her back: nothing has to be looked at again.
    drop_file(iryna, "#pane .step-files", "Висновок.pdf", pdf("Agreed"))
    expect(pane(iryna).get_by_role("link", name="Висновок.pdf", exact=True)).to_be_visible()
    complete(iryna, uk, "Approve", "Approved")

    drop_file(olena, "#files", CONTRACT, pdf("Second edition"))
    row = olena.locator("#files .file-row", has_text=CONTRACT)
    expect(row).to_contain_text(uk("version %(version)s", version=2))
    row.locator("summary").click()
    row.get_by_role("link", name=uk("version %(version)s", version=1)).click()
    expect(dialog(olena)).to_contain_text(
        uk("This is an earlier version; the latest is version %(version)s.", version=2)
    )
    expect(dialog(olena).locator(".textLayer")).to_contain_text("First edition")
    dialog(olena).get_by_role("button", name=uk("Remove from the list")).click()
    expect(olena.get_by_role("heading", level=1, name=CONTRACT)).to_be_visible()
    expect(olena.locator("main")).to_contain_text(
        uk("This file was removed from the lists. It is kept for those who decided on it.")
    )
    expect(olena.locator(".textLayer")).to_contain_text("First edition")
    assert barriers(olena) == []
