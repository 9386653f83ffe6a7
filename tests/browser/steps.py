"""What people do with a step in the inbox."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Response, expect
from support.browser import Words


def pane(page: Page) -> Locator:
    """The right side of the inbox."""
    return page.locator("#pane [data-pane]")


def title(page: Page) -> Locator:
    return pane(page).get_by_role("heading", level=2).first


def field(page: Page, label: str) -> Locator:
    """An input of the open step, by its label."""
    return pane(page).get_by_role("textbox", name=label)


def open_step(page: Page, deal: str, step: str) -> None:
    """Open the step of a deal from the first tab that lists it."""
    for tab in ("mine", "groups", "substituting"):
        page.goto(f"/inbox?tab={tab}&q={deal}")
        row = page.locator(".step-row", has_text=step).filter(has_text=deal)
        if row.count():
            row.locator("a").click()
            break
    expect(title(page)).to_have_text(step)
    be_heard(page)


def be_heard(page: Page) -> None:
    """What stands on the page was also seen by its scripts: none of them moves the focus any more."""
    expect(page.locator("[data-focus]:not([data-focused])")).to_have_count(0)


def keeps(typed: str) -> Callable[[Response], bool]:
    """Whether an answer is that to a draft which holds ``typed``: an earlier one may still be on its way."""
    return lambda answer: answer.url.endswith("/draft") and typed in (answer.request.post_data or "")


def confirm_warnings(page: Page) -> None:
    """Where the map's page asks for it: its end may come later than what stands above."""
    page.wait_for_load_state("load")
    confirm = page.locator("input[name=warnings_confirmed]")
    if confirm.count():
        confirm.check()


def complete(page: Page, words: Words, button: str = "Complete", told: str = "Completed") -> None:
    """Press a button of the step and see that it is done."""
    pane(page).get_by_role("button", name=words(button), exact=True).click()
    expect(title(page)).to_contain_text(words(told))


def give_reason(page: Page, words: Words, button: str, reason: str, told: str) -> None:
    """A decision against: its button asks for the reason at the field, and takes it."""
    pane(page).get_by_role("button", name=words(button), exact=True).click()
    field = page.locator("#step-comment")
    expect(field).to_be_focused()
    expect(page.locator("#step-comment-asked")).to_be_visible()
    field.fill(reason)
    complete(page, words, button, told)


def attention() -> re.Pattern[str]:
    """How a deadline that has passed is said in Ukrainian."""
    return re.compile("прострочено")
