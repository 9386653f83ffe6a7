"""A sales manager's day: a deal for a new client, its steps out of the inbox, and what the deal waits for."""

from __future__ import annotations

from browser.installation import LATE_DEALS, Sales
from browser.people import People, Theme
from browser.steps import attention, be_heard, complete, field, keeps, open_step, pane, title
from playwright.sync_api import Page, expect
from support.browser import Words

MOST_CLICKS = 3

_COUNT_CLICKS = """
    addEventListener("click", event => {
        if (event.isTrusted && event.detail > 0) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
    }, true);
"""


def clicks(page: Page) -> int:
    """How often a mouse was pressed since the counting began, whatever pages it led through."""
    return int(page.evaluate("Number(sessionStorage.clicks ?? 0)"))


def test_a_deal_for_a_new_client_begins_with_its_first_step_in_the_inbox(people: People, uk: Words) -> None:
    page = people.at_work("olena")
    page.get_by_role("link", name=uk("Deals"), exact=True).click()
    page.get_by_role("link", name=uk("New deal")).click()
    page.get_by_text(uk("The client is new")).click()
    page.get_by_label(uk("Name"), exact=True).fill("ТОВ «Джерело Карпат»")
    page.get_by_label(uk("What is sold")).fill("Лінія розливу води")
    page.get_by_label(uk("Amount"), exact=True).fill("12 500,50")
    page.get_by_label(uk("Sales map")).select_option(label="Продаж B2B")
    page.get_by_role("button", name=uk("Open the deal")).click()

    expect(page.get_by_role("heading", level=1, name="Лінія розливу води")).to_be_visible()
    expect(page.locator(".deal-amount")).to_contain_text("12\u00a0500,50")

    page.get_by_role("link", name=uk("Inbox")).click()
    row = page.locator(".step-row", has_text="Лінія розливу води")
    expect(row).to_contain_text("Прийняти лід у роботу")
    expect(row).to_contain_text("Кваліфікація")
    expect(row.locator("time.deadline")).to_be_visible()
    row.locator("a").click()
    expect(pane(page)).to_contain_text("зателефонуйте клієнтові")
    expect(pane(page).get_by_label("Контактна особа")).to_be_visible()


def test_a_client_who_is_not_found_is_new_without_being_typed_again(people: People, uk: Words) -> None:
    page = people.at_work("olena")
    page.goto("/deals/new")
    client, name = page.get_by_role("combobox", name=uk("Client")), page.get_by_label(uk("Name"), exact=True)
    expect(name).to_be_hidden()
    client.press_sequentially("ТОВ «Ще не знане»")
    offered = page.get_by_role("option", name=uk("New client “%(name)s”", name="ТОВ «Ще не знане»"))
    expect(offered).to_be_visible()
    client.press("ArrowDown")
    client.press("Enter")
    expect(name).to_be_focused()
    expect(name).to_have_value("ТОВ «Ще не знане»")
    expect(client).to_have_value("")
    page.get_by_label(uk("What is sold")).fill("Перший насос")
    page.get_by_label(uk("Sales map")).select_option(label="Продаж B2B")
    page.get_by_role("button", name=uk("Open the deal")).click()
    expect(page.get_by_role("link", name="ТОВ «Ще не знане»")).to_be_visible()


def test_a_wrong_amount_is_told_at_its_field_and_what_was_typed_stays(people: People, uk: Words) -> None:
    page = people.at_work("olena")
    page.goto("/deals/new")
    page.get_by_label(uk("What is sold")).fill("Насоси")
    page.get_by_label(uk("Amount"), exact=True).fill("багато")
    page.get_by_role("button", name=uk("Open the deal")).click()

    amount = page.get_by_label(uk("Amount"), exact=True)
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("багато")
    expect(page.locator("#field-amount-error")).not_to_be_empty()
    expect(page.get_by_label(uk("What is sold"))).to_have_value("Насоси")


def test_a_plain_step_takes_at_most_three_clicks_from_the_inbox_to_done(
    people: People, sales: Sales, uk: Words
) -> None:
    deal_id = sales.open_deal("Три кліки")
    sales.accept(deal_id)
    sales.complete("olena", deal_id, "qualify_client", {"decision_maker": "Директор"}, "b2b_fits")
    page = people.at_work("olena")
    page.evaluate(_COUNT_CLICKS)
    page.context.add_init_script(_COUNT_CLICKS)

    page.locator(".step-row", has_text="Три кліки").locator("a").click()
    expect(title(page)).to_have_text("Виявити потреби клієнта")
    be_heard(page)
    # The first field of the form is the next stop of the Tab key; nothing but typing is needed to fill it.
    field(page, "Потреби клієнта").focus()
    page.keyboard.type("Два насоси")
    page.keyboard.press("Tab")
    page.keyboard.type("Склад у Білогірʼї")
    page.get_by_role("button", name=uk("Complete")).click()

    expect(title(page)).to_contain_text(uk("Completed"))
    assert clicks(page) <= MOST_CLICKS
    expect(page.locator(".step-row", has_text="Виявити потреби").filter(has_text="Три кліки")).to_have_count(0)


def test_a_missing_value_is_told_at_its_field_and_what_was_typed_stays(people: People, sales: Sales, uk: Words) -> None:
    sales.open_deal("Без телефону")
    page = people.at_work("olena")
    open_step(page, "Без телефону", "Прийняти лід у роботу")
    field(page, "Контактна особа").fill("Юрій Дячук, інженер")
    page.get_by_label("Звідки лід").select_option("site")
    page.get_by_role("button", name=uk("Complete")).click()

    phone = field(page, "Телефон")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(pane(page).locator(".invalid-feedback")).to_have_count(1)
    expect(field(page, "Контактна особа")).to_have_value("Юрій Дячук, інженер")
    expect(page.get_by_label("Звідки лід")).to_have_value("site")

    phone.fill("067 123-45-67")
    complete(page, uk)


def test_a_half_filled_form_survives_a_reload_and_another_browser(people: People, sales: Sales) -> None:
    sales.open_deal("Чернетка")
    page = people.at_work("olena")
    open_step(page, "Чернетка", "Прийняти лід у роботу")
    with page.expect_response(keeps("Софія Левченко")) as kept:
        field(page, "Контактна особа").press_sequentially("Софія Левченко")
    assert kept.value.status == 204

    page.reload()
    expect(field(page, "Контактна особа")).to_have_value("Софія Левченко")

    elsewhere = people.at_work("olena")
    open_step(elsewhere, "Чернетка", "Прийняти лід у роботу")
    expect(field(elsewhere, "Контактна особа")).to_have_value("Софія Левченко")


def test_a_deal_shows_its_stages_what_it_waits_for_its_history_and_where_it_stands_on_the_map(
    people: People, sales: Sales, uk: Words
) -> None:
    deal_id = sales.open_deal("Сторінка угоди")
    sales.accept(deal_id)
    page = people.at_work("olena")
    page.goto(f"/deals/{deal_id}")

    expect(page.locator(".chevron")).to_have_count(6)
    expect(page.locator(".chevron[aria-current=step]")).to_contain_text("Кваліфікація")
    expect(page.locator(".waiting")).to_contain_text("«Кваліфікувати клієнта»")
    history = page.locator("#timeline .history")
    expect(history).to_contain_text("«Прийняти лід у роботу»")
    expect(history).to_contain_text("Олена Шевчук")
    page.get_by_role("heading", name=uk("The map, with the path walked so far")).scroll_into_view_if_needed()
    expect(page.locator("[data-element-id=qualify_client].is-current")).to_be_visible()
    expect(page.locator("[data-element-id=accept_lead].is-walked")).to_be_visible()

    page.locator(".waiting").get_by_role("link", name=uk("Do it now")).click()
    expect(title(page)).to_have_text("Кваліфікувати клієнта")


def test_what_is_late_says_so_in_words_and_stands_first(people: People) -> None:
    theme: Theme = "dark"
    page = people.at_work("bohdan", theme=theme)
    page.goto("/inbox")
    late = page.locator(".step-rows").first.locator(".step-row")
    for name in LATE_DEALS:
        expect(late.filter(has_text=name).first).to_be_visible()
    expect(late.first.locator("time.deadline")).to_contain_text(attention())
