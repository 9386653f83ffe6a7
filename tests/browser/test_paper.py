"""Pages on paper, and names that are as long as they may be: nothing is cut off, nothing is there to be pressed."""

from __future__ import annotations

import re

from browser.installation import Sales
from browser.people import People
from playwright.sync_api import expect
from support.browser import Words, overflow

LONG = "Дуженазваннянепереривнадовжинаґєії" * 5


def test_a_deal_on_paper_is_black_on_white_and_has_nothing_to_press(people: People, sales: Sales, uk: Words) -> None:
    deal_id = sales.ask_departments("Угода на папері")
    page = people.at_work("bohdan", theme="dark")
    page.emulate_media(media="print")
    page.goto(f"/deals/{deal_id}")
    expect(page.get_by_role("heading", level=1, name="Угода на папері")).to_have_css("color", "rgb(0, 0, 0)")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.get_by_role("navigation", name=uk("Main menu"))).to_be_hidden()
    expect(page.locator(".btn:visible")).to_have_count(0)
    current = page.locator(".chevron.is-current")
    expect(current).to_have_css("color", "rgb(0, 0, 0)")
    assert overflow(page) == 0
    # What is due "tomorrow" is read on another day.
    dated = page.get_by_text(re.compile(uk("As of %(moment)s", moment=r".* 20\d\d\D+\d\d:\d\d")))
    expect(dated).to_be_visible()
    page.emulate_media(media="screen")
    expect(dated).to_be_hidden()

    page.emulate_media(media="print")
    # A list with nothing chosen is printed as the list.
    page.goto("/inbox?tab=waiting")
    expect(page.locator(".inbox-list")).to_be_visible()


def test_a_name_without_a_space_breaks_before_the_page_does(people: People, sales: Sales) -> None:
    deal_id = sales.open_deal(LONG, client="ТОВ")
    page = people.at_work("olena", width=360)
    page.goto(f"/deals/{deal_id}")
    client = page.locator(".deal-marks a").get_attribute("href")
    assert client is not None
    for address in (f"/deals/{deal_id}", client, f"/search?q={LONG[:20]}", f"/inbox?q={LONG[:20]}"):
        page.goto(address)
        expect(page.get_by_text(LONG[:20]).first).to_be_visible()
        assert overflow(page) == 0, address
    head = people.at_work("bohdan")
    for address in ("/control/steps?show=open", f"/deals?q={LONG[:20]}"):
        head.goto(address)
        expect(head.get_by_text(LONG[:20]).first).to_be_visible()
        assert overflow(head) == 0, address
