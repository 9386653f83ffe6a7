"""The head of sales sees every deal and who needs help, gives more time, and hands steps on."""

from __future__ import annotations

from browser.installation import LATE_DEALS, Sales
from browser.people import People
from browser.steps import attention, pane, title
from playwright.sync_api import Page, expect
from support.browser import Words


def unfold(page: Page, heading: str) -> None:
    pane(page).locator("summary", has_text=heading).click()


def test_the_head_sees_the_deals_of_others_by_stage_and_what_is_overdue(
    people: People, sales: Sales, uk: Words
) -> None:
    sales.open_deal("Угода Тараса", login="taras")
    page = people.at_work("bohdan")
    page.get_by_role("link", name=uk("Deals"), exact=True).click()
    page.get_by_role("link", name=uk("Board")).click()
    column = page.get_by_role("region", name="Кваліфікація")
    for name in LATE_DEALS:
        expect(column.locator(".board-card.is-late", has_text=name)).to_contain_text(attention())

    column.locator("a.text-late").click()
    for name in LATE_DEALS:
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_role("link", name="Угода Тараса")).to_have_count(0)

    page.goto("/deals/board?q=Угода Тараса")  # a stage shows those that have been in it longest
    expect(column.locator(".board-card", has_text="Угода Тараса")).to_be_visible()


def test_the_head_gives_more_time_and_hands_a_step_on(people: People, sales: Sales, uk: Words) -> None:
    deal = "Допомога менеджеру"
    deal_id = sales.open_deal(deal)
    sales.accept(deal_id)
    page = people.at_work("bohdan")
    page.goto(f"/deals/{deal_id}")
    page.locator(".waiting").get_by_role("link").click()

    unfold(page, uk("Give more time"))
    more = pane(page).get_by_role("textbox", name=uk("How much more, counted from now"))
    more.fill("колись потім")
    pane(page).get_by_role("textbox", name=uk("Reason")).fill("Клієнт у відпустці")
    pane(page).get_by_role("button", name=uk("Move the deadline")).click()
    expect(more).to_have_attribute("aria-invalid", "true")

    more.fill("40 р.д.")
    pane(page).get_by_role("textbox", name=uk("Reason")).fill("Клієнт у відпустці")
    pane(page).get_by_role("button", name=uk("Move the deadline")).click()
    expect(page.locator("#toasts")).to_contain_text(uk("The deadline was moved."))

    unfold(page, uk("Hand on"))
    whom = pane(page).get_by_role("combobox", name=uk("To whom"))
    whom.press_sequentially("Мельник")
    page.get_by_role("listbox", name=uk("To whom")).get_by_role("option", name="Мельник").click()
    pane(page).get_by_role("button", name=uk("Hand on")).click()
    expect(page.locator("#toasts")).to_contain_text(uk("The step was handed on."))

    taras = people.at_work("taras")
    taras.goto(f"/inbox?q={deal}")
    taras.locator(".step-row", has_text=deal).locator("a").click()
    expect(title(taras)).to_have_text("Кваліфікувати клієнта")
    taras.goto(f"/deals/{deal_id}")
    expect(taras.locator("#timeline")).to_contain_text("Клієнт у відпустці")

    page.goto("/control")
    page.locator("tr", has_text="Мельник").locator("a[href*='show=open']").click()
    row = page.locator("tr", has_text=deal)
    row.locator("a[data-over-page]").click()
    above = page.get_by_role("dialog", name="Кваліфікувати клієнта")
    above.get_by_role("textbox", name=uk("Why")).fill("Відпустка")
    above.get_by_role("button", name=uk("Hand on")).click()
    expect(above.get_by_role("combobox", name=uk("To whom"))).to_be_focused()
    expect(above.locator("[aria-invalid=true]")).to_have_count(1)
    expect(above.get_by_role("textbox", name=uk("Why"))).to_have_value("Відпустка")
    above.get_by_role("combobox", name=uk("To whom")).press_sequentially("Шевчук")
    above.get_by_role("option", name="Шевчук").click()
    above.get_by_role("button", name=uk("Hand on")).click()
    expect(row).to_have_count(0)  # the list behind is of what he has open
