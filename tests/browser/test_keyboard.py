"""An approval from signing in to the decision without a mouse."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People
from browser.steps import title
from playwright.sync_api import Page, expect
from support.browser import Words

MOST_STOPS = 60


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the element that ``wanted`` selects has the focus."""
    for _ in range(MOST_STOPS):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        page.keyboard.press("Tab")
    stopped_at = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"{wanted} is not reached by Tab; the focus is at {stopped_at}")


def test_a_whole_approval_is_done_by_keyboard_alone(people: People, sales: Sales, uk: Words) -> None:
    sales.ask_departments("Без миші")
    sales.prefer("iryna", locale="uk", theme="auto")  # whichever journey came before
    page = people.visitor()
    page.mouse.move(0, 0)
    expect(page.get_by_label(uk("Login"))).to_be_focused()
    page.keyboard.type("iryna")
    page.keyboard.press("Tab")
    page.keyboard.type("reglament")
    page.keyboard.press("Enter")
    expect(page.locator(".person-button")).to_be_visible()

    tab_to(page, "nav.tabs a[href*='tab=groups']")
    page.keyboard.press("Enter")
    row = page.locator("[data-row]", has_text="Без миші")
    expect(row).to_be_visible()
    while not row.evaluate("row => row === document.activeElement"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(title(page)).to_be_focused()

    page.keyboard.press("r")
    reason = page.locator("#step-comment")
    expect(reason).to_be_focused()
    page.keyboard.type("Договір зі змінами: перевірено.")
    tab_to(page, ".outcomes [data-key=a]")
    page.keyboard.press("Enter")
    expect(title(page)).to_contain_text(uk("Approved"))
