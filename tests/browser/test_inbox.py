"""The inbox as it lives: steps arrive by themselves and disturb nobody, filters stay, several rows are done at once."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from browser.installation import Sales
from browser.people import People
from browser.steps import open_step, pane, title
from playwright.sync_api import Page, expect
from support.browser import Words

from engine.clock import monotonic
from webui.news_desk import SEATS

PATIENCE_S = 15.0
"""Pages that were left used to keep their seats for half a minute."""

LEGAL = "Погодити договір: юристи"


def test_a_step_arrives_by_itself_and_takes_neither_focus_nor_ticks_nor_words(
    people: People, sales: Sales, uk: Words
) -> None:
    sales.ask_departments("Жива перша")
    iryna = people.at_work("iryna")
    with iryna.expect_request(lambda asked: "/inbox/stream" in asked.url):
        iryna.goto("/inbox?tab=groups&q=Жива")
    ticked = iryna.locator(".step-row", has_text="Жива перша").get_by_role("checkbox")
    ticked.check()
    words = iryna.locator("#list-filter")
    words.focus()

    sales.ask_departments("Жива друга")
    expect(iryna.locator(".step-row", has_text="Жива друга")).to_be_visible()
    expect(iryna.get_by_role("status").filter(has_text="1")).to_contain_text(uk("New steps: %(count)s", count=1))
    expect(words).to_be_focused()
    expect(words).to_have_value("Жива")
    expect(ticked).to_be_checked()
    expect(iryna.locator("[data-selection-count]")).to_have_text("1")

    # What was taken by mistake is given back from the message itself.
    open_step(iryna, "Жива друга", LEGAL)
    pane(iryna).get_by_role("button", name=uk("Take the step")).click()
    expect(iryna.locator(".step-row", has_text="Жива друга")).to_have_count(0)
    iryna.locator("#toasts").get_by_role("button", name=uk("Undo")).click()
    expect(iryna.locator(".step-row", has_text="Жива друга")).to_be_visible()

    # What is ticked is taken together and told row by row.
    iryna.goto("/inbox?tab=groups&q=Жива")
    rows = iryna.locator("#steps .step-row")
    expect(rows).to_have_count(2)
    iryna.keyboard.press("j")
    iryna.keyboard.press("x")
    iryna.get_by_role("button", name=uk("Tick all shown")).click()
    iryna.locator("button[data-can=take]").click()
    expect(title(iryna)).to_have_text(uk("Taken together"))
    expect(pane(iryna).locator(".told-rows li")).to_have_count(2)
    expect(rows).to_have_count(0)
    expect(iryna).to_have_title(re.compile(r"^\(\d+\) "))

    # The tab's filter is the person's own, on whatever device.
    iryna.goto("/inbox?tab=mine")
    iryna.get_by_role("button", name=uk("Filter"), exact=True).click()
    iryna.get_by_label(uk("Order")).select_option("amount")
    iryna.locator("#inbox-filter").get_by_role("button", name=uk("Show")).click()
    expect(iryna.locator(".group-title")).to_contain_text(uk("Largest amount first"))
    elsewhere = people.at_work("iryna", width=360)
    expect(elsewhere.locator(".chosen-filter")).to_contain_text(uk("Largest amount first").lower())
    elsewhere.get_by_role("button", name=uk("Show all")).click()
    expect(elsewhere.locator(".chosen-filter")).to_have_count(0)
    elsewhere.locator(".step-row a").first.click()
    expect(elsewhere.locator("#inbox-list")).to_be_hidden()
    pane(elsewhere).get_by_role("link", name=uk("To the list")).click()
    expect(elsewhere.locator("#inbox-list")).to_be_visible()


def test_with_columns_of_ones_own_steps_still_arrive_and_the_keys_still_move(
    people: People, sales: Sales, uk: Words
) -> None:
    sales.ask_departments("Стовпці перша")
    iryna = people.at_work("iryna", width=360)
    iryna.goto("/inbox?tab=groups&q=Стовпці")
    iryna.get_by_role("button", name=uk("Filter"), exact=True).click()
    iryna.locator("#inbox-filter").get_by_role("link", name=uk("Columns")).click()
    for label in ("Client", "Stage", "With whom"):
        iryna.get_by_role("checkbox", name=uk(label), exact=True).uncheck()
    owner = iryna.get_by_role("checkbox", name=uk("Owner of the deal"))
    owner.focus()
    iryna.keyboard.press("Space")
    expect(owner).to_be_checked()
    with iryna.expect_request(lambda asked: "/inbox/stream" in asked.url):
        iryna.get_by_role("button", name=uk("Save")).press("Enter")
    try:
        rows = iryna.locator("#steps .step-row")
        expect(rows).to_have_count(1)
        expect(iryna.locator("#list-filter")).to_have_value("Стовпці")

        sales.ask_departments("Стовпці друга")
        expect(rows).to_have_count(2)
        for row in rows.all():
            expect(row.locator(".step-client").first).to_contain_text("Стовпці")
            expect(row).to_contain_text(uk("owner: %(name)s", name="").strip())
            expect(row.locator(".deadline")).to_be_visible()
            expect(row.locator(".stage-mark, .holder")).to_have_count(0)
        wide = iryna.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, "nothing hangs over the edge of a phone"

        iryna.locator("#toasts").wait_for(state="attached")
        iryna.keyboard.press("j")
        iryna.keyboard.press("j")
        expect(rows.nth(1).locator("a")).to_be_focused()
        iryna.keyboard.press("Enter")
        expect(title(iryna)).to_have_text(LEGAL)
    finally:
        iryna.goto("/inbox/columns")
        iryna.get_by_role("button", name=uk("As it was at first")).click()
        expect(iryna).to_have_url(re.compile("/inbox$"))  # a browser that is left on its way may never close


_LOOKED_AT_AGAIN = """
    deal => {
        document.dispatchEvent(new Event("visibilitychange"));
        return document.getElementById("steps").textContent.includes(deal);
    }
"""


def opened(held: ExitStack, page: Page, address: str) -> HTTPResponse:
    """The answer's head as the person of ``page`` gets it; what follows is not waited for."""
    connection = held.enter_context(closing(HTTPConnection(urlsplit(page.url).netloc, timeout=60)))
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    connection.request("GET", address, headers={"Cookie": cookies})
    return connection.getresponse()


def take_every_seat(held: ExitStack, page: Page) -> None:
    """Listen until nobody else does: a page that was just left gives its seat back within a second."""
    ours, gives_up_at = 0, monotonic() + PATIENCE_S
    while ours < SEATS:
        assert monotonic() < gives_up_at, f"{SEATS - ours} seats are not given back"
        with ExitStack() as refused:
            if opened(refused, page, "/inbox/stream").status == HTTPStatus.OK:
                held.push(refused.pop_all())
                ours += 1


def test_pages_are_answered_however_many_listen_and_the_refused_ask_instead(people: People, sales: Sales) -> None:
    olena = people.at_work("olena")
    olena.goto("/deals")
    with ExitStack() as held:
        take_every_seat(held, olena)
        assert {opened(held, olena, "/inbox/stream").status for _ in range(2 * SEATS)} == {204}
        for _ in range(3):
            assert opened(held, olena, "/inbox").status == 200
        with olena.expect_response(lambda answer: "/inbox/news" in answer.url):
            olena.goto("/inbox")
        sales.open_deal("Без потоку")
        olena.wait_for_function(_LOOKED_AT_AGAIN, arg="Без потоку", polling=500)
