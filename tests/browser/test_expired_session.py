"""A session that ends while somebody types: they sign in again, and what they typed is there."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People, sign_in
from browser.steps import complete, field, open_step, pane
from playwright.sync_api import expect
from support.browser import Words, barriers


def test_a_step_typed_in_an_expired_session_is_there_after_signing_in(people: People, sales: Sales, uk: Words) -> None:
    sales.open_deal("Довга розмова")
    page = people.at_work("olena")
    open_step(page, "Довга розмова", "Прийняти лід у роботу")
    field(page, "Контактна особа").fill("Василь Марченко")
    field(page, "Телефон").fill("0501234567")
    page.get_by_label("Звідки лід").select_option("call")
    page.context.clear_cookies()
    pane(page).get_by_role("button", name=uk("Complete")).click()

    expect(page.get_by_text(uk("You were signed out. Sign in again: what you typed is kept."))).to_be_visible()
    assert barriers(page) == []
    sign_in(page, "olena")
    expect(field(page, "Контактна особа")).to_have_value("Василь Марченко")
    expect(field(page, "Телефон")).to_have_value("0501234567")
    expect(page.get_by_label("Звідки лід")).to_have_value("call")
    complete(page, uk)


def test_a_deal_typed_in_an_expired_session_is_there_after_signing_in(people: People, uk: Words) -> None:
    page = people.at_work("taras")
    page.goto("/deals/new")
    page.get_by_text(uk("The client is new")).click()
    page.get_by_label(uk("Name"), exact=True).fill("ФОП Кравчук")
    page.get_by_label(uk("What is sold")).fill("Фільтри на рік")
    page.get_by_label(uk("Amount"), exact=True).fill("9 800")
    page.get_by_label(uk("Sales map")).select_option(label="Продаж B2B")
    page.context.clear_cookies()
    page.get_by_role("button", name=uk("Open the deal")).click()

    sign_in(page, "taras")
    expect(page.get_by_label(uk("What is sold"))).to_have_value("Фільтри на рік")
    expect(page.get_by_label(uk("Name"), exact=True)).to_have_value("ФОП Кравчук")
    page.get_by_role("button", name=uk("Open the deal")).click()
    expect(page.get_by_role("heading", level=1, name="Фільтри на рік")).to_be_visible()


def test_a_form_without_a_draft_that_was_sent_in_an_expired_session_comes_back_once(people: People, uk: Words) -> None:
    """The sign-in page said that it was kept, and the client's card came back without it."""
    page = people.at_work("bohdan")
    page.goto("/clients/1")
    page.locator("summary", has_text=uk("Change")).first.click()
    page.locator("#edit-segment").fill("Елеватори")
    read = page.locator("#content form:has(#edit-segment) [name=read_version]").input_value()
    page.context.clear_cookies()
    page.locator("form:has(#edit-segment) .btn-primary").click()
    sign_in(page, "bohdan")
    expect(page.locator("#edit-segment")).to_have_value("Елеватори")
    expect(page.locator("form:has(#edit-segment) [name=read_version]")).to_have_value(read)
    page.locator("form:has(#edit-segment) .btn-primary").click()
    expect(page.locator("#content")).to_contain_text("Елеватори")

    page.locator("summary", has_text=uk("Change")).first.click()
    page.locator("#edit-segment").fill("Склади")
    page.goto("/clients/1")
    expect(page.locator("#edit-segment")).to_have_value("Елеватори")


def test_a_draft_of_one_person_is_not_shown_to_the_next_one_at_the_same_computer(people: People, sales: Sales) -> None:
    sales.open_deal("Спільний комп'ютер")
    page = people.at_work("taras")
    page.goto("/deals/new")
    page.locator("#field-title").fill("Секрет Тараса")
    page.context.clear_cookies()
    page.goto("/sign-in")
    sign_in(page, "olena")
    page.goto("/deals/new")
    expect(page.locator("#field-title")).to_have_value("")


def test_a_deal_sent_without_a_network_is_still_typed_and_opened_by_the_next_press(people: People, uk: Words) -> None:
    page = people.at_work("taras")
    page.goto("/deals/new")
    page.get_by_text(uk("The client is new")).click()
    page.get_by_label(uk("Name"), exact=True).fill("ФОП Тунель")
    page.get_by_label(uk("What is sold")).fill("Світильники в тунель")
    page.get_by_label(uk("Sales map")).select_option(label="Продаж B2B")
    page.context.set_offline(True)
    for _press in range(2):
        page.get_by_role("button", name=uk("Open the deal")).click()
    expect(page.locator("#toasts > *")).to_have_text(
        [uk("The server does not answer. What you typed is kept; try again.")]
    )
    page.context.set_offline(False)
    page.get_by_role("button", name=uk("Open the deal")).click()
    expect(page.get_by_role("heading", level=1, name="Світильники в тунель")).to_be_visible()
