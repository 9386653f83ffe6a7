"""The process owner tries a map before anybody works by it: as every role, under a clock of its own."""

from __future__ import annotations

from browser.people import People
from playwright.sync_api import Page, expect
from support.browser import Words, barriers


def start_practice(people: People, uk: Words) -> Page:
    page = people.at_work("owner")
    page.goto("/maps/1")
    page.get_by_role("link", name=uk("Try the map")).click()
    page.get_by_role("button", name=uk("Begin")).click()
    expect(page.get_by_role("region", name=uk("The clock of the practice"))).to_be_visible()
    return page


def test_a_practice_deal_is_late_is_done_by_another_role_and_taken_back(people: People, uk: Words) -> None:
    page = start_practice(people, uk)
    reason = "Купують удруге за рік"
    page.get_by_label("Знижка, %").fill("12")
    page.locator("[name='field:discount_reason']").fill(reason)
    page.get_by_role("button", name=uk("Complete")).click()

    expect(page.get_by_role("heading", level=2, name="Погодити знижку: керівник")).to_be_visible()
    clock = page.get_by_role("region", name=uk("The clock of the practice"))
    for _ in range(2):  # first the reminder, then the deadline itself
        before = clock.locator("time").get_attribute("datetime")
        clock.locator("button[value=next]").click()
        expect(clock.locator("time")).not_to_have_attribute("datetime", str(before))
    letters = page.locator("#letters li")
    expect(letters).to_have_count(2)
    assert barriers(page) == []

    doer = page.get_by_label(uk("As whom")).locator("option:checked").inner_text()
    page.get_by_role("button", name=uk("Approve"), exact=True).click()
    expect(page.get_by_role("heading", level=2, name="Погодити знижку: фінанси")).to_be_visible()
    expect(page.locator("#timeline li", has_text=doer.partition(",")[0]).first).to_be_visible()
    expect(page.locator("[data-state=shown]")).to_be_visible()

    page.get_by_role("button", name=uk("Take the last action back")).click()
    expect(page.get_by_role("heading", level=2, name="Погодити знижку: керівник")).to_be_visible()
    expect(letters).to_have_count(2)

    page.goto("/deals")
    expect(page.get_by_text(uk("Practice deal"))).to_have_count(0)
