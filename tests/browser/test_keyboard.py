"""An approval from signing in to the decision without a mouse."""

from __future__ import annotations

from pathlib import Path

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


def test_where_the_map_asks_which_way_the_key_of_completing_leads_to_the_ways(people: People, sales: Sales) -> None:
    """It was dead there; and it decides nothing, so the step stays as it was."""
    deal_id = sales.open_deal("Клавішею до шляхів")
    sales.accept(deal_id)
    page = people.at_work("olena")
    page.goto(f"/work-items/{sales.step(deal_id, 'qualify_client')}")
    expect(title(page)).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(".outcomes button").first).to_be_focused()
    assert sales.step(deal_id, "qualify_client")


def test_no_key_decides_while_something_is_half_typed(people: People, sales: Sales, uk: Words) -> None:
    """A key that was meant for a remark approved "with remarks", with the half of it."""
    deal_id = sales.ask_departments("Недописане")
    page = people.at_work("iryna")
    page.goto(f"/work-items/{sales.step(deal_id, 'approve_legal')}")
    expect(title(page)).to_be_focused()
    told = uk("What you have typed here is not sent yet. Press “%(button)s” itself to go on all the same.")
    for written_in, button, key in (
        ("#step-comment", "Approve", "a"),
        ("#pane [data-field] textarea", "Approve", "a"),
        ("#pane form[data-draft^=comment] textarea", "Return for rework", "r"),
    ):
        text = page.locator(written_in).first
        text.evaluate("text => text.closest('details')?.setAttribute('open', '')")
        text.fill("Страхування з")
        title(page).click()
        page.keyboard.press(key)
        expect(text).to_be_focused()
        expect(page.locator("#toasts")).to_contain_text(told % {"button": uk(button)})
        text.fill("")
    title(page).click()
    page.keyboard.press("a")
    expect(title(page)).to_contain_text(uk("Approved"))


def test_a_step_a_cancelled_deal_and_an_uploaded_map_need_no_mouse(people: People, sales: Sales, uk: Words) -> None:
    deal_id = sales.open_deal("Клавіатура")
    page = people.at_work("olena")
    page.goto(f"/work-items/{sales.step(deal_id, 'accept_lead')}")
    expect(title(page)).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#pane .is-invalid").first).to_be_focused()
    page.goto(f"/deals/{deal_id}")
    tab_to(page, "details:has(#cancel-reason) > summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Клієнт передумав")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text(uk("The deal is cancelled; its open steps are withdrawn."))

    owner = people.at_work("owner")
    owner.goto("/maps")
    with owner.expect_file_chooser() as asked:
        # Inside: a key may overtake the request to hand the chooser over, but not the questions that follow it.
        tab_to(owner, "form[data-drop-zone] input[type=file]")
        owner.keyboard.press("Enter")
    # Under a key of its own: another journey counts the versions of its map, and either may come first.
    content = Path(__file__).with_name("service_contract.bpmn").read_bytes().replace(b"service-contract", b"no-mouse")
    asked.value.set_files({"name": "no_mouse.bpmn", "mimeType": "application/xml", "buffer": content})
    expect(owner.get_by_role("heading", level=1)).to_be_visible()
    owner.wait_for_url("**/maps/*")
