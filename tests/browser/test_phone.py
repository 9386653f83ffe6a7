"""A phone in a manager's hand: the menu and the buttons under the thumb, and no dead end without a network."""

from __future__ import annotations

import re

from browser.installation import Sales
from browser.people import People, sign_in
from browser.steps import field, open_step, pane, title
from playwright.sync_api import Page, expect
from support.browser import Words

WIDTH, HEIGHT = 360, 800
THUMB = 44  # pixels, the size that a thumb hits

_BACK_BEFORE_THE_PAGE_LISTENS = """
    addEventListener("online", event => {
        if (document.body.hasAttribute("data-stands-in")) event.stopImmediatePropagation();
    });
"""


def in_reach(page: Page, selector: str) -> bool:
    """Is the element in the lower half of the window, and large enough?"""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, selector
    return box["y"] > HEIGHT / 2 and box["y"] + box["height"] <= HEIGHT and min(box["height"], box["width"]) >= THUMB


def test_menu_and_buttons_lie_under_the_thumb(people: People, sales: Sales, uk: Words) -> None:
    sales.open_deal("Під пальцем")
    page = people.at_work("olena", width=WIDTH)
    open_step(page, "Під пальцем", "Прийняти лід у роботу")
    assert in_reach(page, ".navbar #menu .nav-link")
    assert in_reach(page, ".outcomes .btn")

    office = people.at_work("admin", width=WIDTH)
    names = office.locator("#menu .nav-link")
    cut = (
        "all => all.filter(one => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > innerWidth)"
    )
    assert (names.count(), names.evaluate_all(f"{cut}.map(one => one.textContent)")) == (7, [])

    page.get_by_role("navigation", name=uk("Main menu")).get_by_role("link", name=uk("Deals")).click()
    more = page.get_by_text(uk("More filters"))
    expect(page.get_by_label(uk("Result"))).to_be_hidden()
    more.click()
    page.get_by_label(uk("Result")).select_option("won")
    expect(page).to_have_url(re.compile("result=won"))
    expect(page.get_by_label(uk("Result"))).to_be_visible()


def test_without_a_network_the_product_says_so_and_keeps_what_is_typed(people: People, sales: Sales, uk: Words) -> None:
    sales.open_deal("У ліфті")
    page = people.visitor(width=WIDTH, installed=True)
    sign_in(page, "olena")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    open_step(page, "У ліфті", "Прийняти лід у роботу")

    page.context.set_offline(True)
    expect(page.get_by_text(uk("No network. What you type is kept on this device."))).to_be_visible()
    field(page, "Контактна особа").press_sequentially("Софія Левченко")
    page.locator(".outcomes .btn").first.click()
    expect(page.locator("#toasts")).to_contain_text(
        uk("The server does not answer. What you typed is kept; try again.")
    )
    address = page.url
    page.add_init_script(_BACK_BEFORE_THE_PAGE_LISTENS)
    page.goto("/deals")
    expect(page.get_by_role("heading", level=1, name=uk("No network"))).to_be_visible()

    with page.expect_response(lambda answer: answer.url.endswith("/draft")) as kept:
        page.context.set_offline(False)
        expect(page.get_by_role("heading", level=1, name=uk("Deals"))).to_be_visible()
        page.goto(address)
        expect(field(page, "Контактна особа")).to_have_value("Софія Левченко")
    assert kept.value.status == 204
    expect(title(page)).to_have_text("Прийняти лід у роботу")
    expect(pane(page)).to_be_visible()


def test_a_thumb_hits_what_is_pressed_and_the_answers_of_the_search_stay_inside_the_window(people: People) -> None:
    page = people.at_work("olena", width=WIDTH)
    page.goto("/deals/new")
    heights = page.evaluate(
        "[...document.querySelectorAll('main :is(.btn, .form-control, .form-select), .navbar-brand')]"
        ".filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= THUMB

    page.locator("#search").press_sequentially("к")
    answers = page.locator("#suggestions")
    expect(answers.get_by_role("link").first).to_be_visible()
    box = answers.bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= WIDTH) == (True, True)
    page.keyboard.press("Escape")
    expect(answers).to_be_hidden()


def test_a_field_becomes_a_column_of_deals_by_the_keys_and_fits_into_a_phone(
    people: People, sales: Sales, uk: Words
) -> None:
    sales.open_deal("Поле стовпцем")
    page = people.at_work("olena", width=WIDTH)
    page.goto("/deals?q=Поле стовпцем")
    page.get_by_role("link", name=uk("Columns")).press("Enter")
    group = page.get_by_role("group", name=uk("Fields that can be columns too"))
    terms = group.locator("[value='fields.payment_terms']")  # maps of other journeys have a field of this name, too
    terms.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name=uk("Save")).press("Enter")
    try:
        expect(page).to_have_url(re.compile("/deals\\?q="))
        cells = page.locator(".deal-table td.own-cell")
        expect(cells).to_have_text("—")
        expect(cells).to_be_visible()
        expect(cells).to_have_attribute("data-label", re.compile("^Умови оплати"))
        page.wait_for_load_state()  # with its styles
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, "nothing hangs over the edge"
    finally:
        page.goto("/deals/columns")
        page.get_by_role("button", name=uk("As it was at first")).click()
        expect(page).to_have_url(re.compile("/deals$"))


def test_a_comment_that_was_found_is_read_on_a_phone_and_leads_to_itself(people: People, sales: Sales) -> None:
    deal_id = sales.open_deal("Автокран для мосту")
    page = people.at_work("olena", width=WIDTH)
    page.goto(f"/deals/{deal_id}")
    page.locator(".comment-form textarea").fill("Клієнт писав про лебідку: " + "довгеслово" * 30)
    page.locator(".comment-form button.btn").first.click()
    expect(page.locator("#timeline-entries")).to_contain_text("Клієнт писав про лебідку")
    page.goto("/search?q=ЛЕБІДКУ")
    row = page.locator(".found-text")
    expect(row.locator("mark")).to_have_text("лебідку")
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTH
    row.click()
    entry = page.locator("li:target")
    expect(entry).to_contain_text("Клієнт писав про лебідку")
    expect(entry).to_be_in_viewport()
