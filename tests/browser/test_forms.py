"""A form with every kind of field: typed on a phone, reckoned as it is typed, kept, refused at its fields, and read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser.installation import Sales
from browser.people import People
from browser.steps import complete, keeps, open_step, pane
from playwright.sync_api import Locator, Page, expect
from support.browser import Words, barriers, overflow

MAP = Path(__file__).with_name("every_field.bpmn")
PHONE = 360
PASTE = """
    (input, text) => {
        const held = new DataTransfer();
        held.setData("text/plain", text);
        input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }));
    }
"""


@pytest.fixture(scope="module")
def specification(sales: Sales) -> str:
    sales.publish_file(MAP.name, MAP.read_bytes())
    sales.open_deal("Насосна станція", definition_key="every-field")
    return "Насосна станція"


def cell(page: Page, uk: Words, column: str, line: int) -> Locator:
    return pane(page).get_by_label(uk("%(column)s, line %(num)s", column=column, num=line), exact=True)


def test_what_is_cut_off_at_pasting_is_told_until_somebody_types_on(people: People, uk: Words) -> None:
    page = people.at_work("olena")
    page.goto("/deals/new")
    title = page.get_by_label(uk("What is sold"))
    told = page.get_by_text(uk("Only %(num)s characters fit here: the end of what you pasted was cut off.", num=300))
    title.evaluate(PASTE, "Н" * 300)
    expect(told).to_have_count(0)
    title.evaluate(PASTE, "Н" * 301)
    expect(told).to_be_visible()
    title.press_sequentially("П")
    expect(told).to_have_count(0)


def test_a_form_whose_answer_takes_long_says_so_at_once(people: People, uk: Words) -> None:
    page = people.at_work("olena")
    page.goto("/deals/import")
    page.get_by_label(uk("Sales map"), exact=True).select_option("b2b-sale")
    content = "Назва;Клієнт\nНасоси;ТОВ «Лан»\n".encode()
    page.locator("input[type=file]").set_input_files({"name": "deals.csv", "mimeType": "text/csv", "buffer": content})
    page.evaluate("document.addEventListener('submit', event => event.preventDefault())")  # no answer comes
    page.get_by_role("button", name=uk("Look at it first")).click()
    expect(page.get_by_text(uk("The file is being sent…"))).to_be_visible()


def barriers_of_all(page: Page) -> list[str]:
    """With the whole form in the window: what the bar under the thumb hides at this moment is no barrier."""
    page.set_viewport_size({"width": PHONE, "height": 4_000})
    found = barriers(page)
    page.set_viewport_size({"width": PHONE, "height": 800})
    return found


def fill_goods(page: Page, uk: Words) -> None:
    """Two lines pasted from a spreadsheet, a third by the keyboard, and one of them taken out again."""
    cell(page, uk, uk("Goods or service"), 1).evaluate(PASTE, "Насос\t2\t1 250,50\t10\nТруба, м\t12,5\t99,99\t\n")
    expect(cell(page, uk, uk("Price"), 2)).to_have_value("99,99")
    cell(page, uk, uk("Goods or service"), 2).press("Enter")
    expect(cell(page, uk, uk("Goods or service"), 3)).to_be_focused()
    page.keyboard.type("Зайве")
    expect(pane(page).locator("[data-calculated='deal.amount']")).to_have_text("3 500,78 ₴".replace(" ", "\u00a0"))
    pane(page).get_by_role("button", name=uk("Remove line %(num)s", num=3)).click()
    expect(pane(page).get_by_role("button", name=uk("Remove line %(num)s", num=2))).to_be_focused()


def fill_rest(page: Page) -> None:
    form = pane(page)
    form.get_by_label("Гарантія, місяців").fill("24")
    form.get_by_label("Код обʼєкта").fill("KV-204")
    form.get_by_label("Телефон на обʼєкті").fill("067 123 45 67")
    form.get_by_label("Пошта для документів").fill("docs@zoria.ua")
    form.get_by_role("combobox", name="Інженер").fill("Тарас")
    page.get_by_role("option", name=re.compile("Тарас")).click()


def test_a_form_of_every_kind_is_filled_in_on_a_phone_and_read_by_the_next_step(
    people: People, specification: str, uk: Words
) -> None:
    page = people.at_work("olena", width=PHONE)
    open_step(page, specification, "Скласти специфікацію")
    form = pane(page)
    expect(form.get_by_label("Адреса монтажу")).to_be_hidden()
    expect(form.get_by_label("Дата відвантаження")).to_have_value(re.compile(r"\d{4}-\d\d-\d\d"))
    assert barriers_of_all(page) == []

    fill_goods(page, uk)
    expect(form.locator("[data-calculated=advance_sum]")).to_have_text("1 750,39 ₴".replace(" ", "\u00a0"))
    form.get_by_label("Потрібен монтаж").check()
    expect(form.get_by_label("Адреса монтажу")).to_be_visible()
    form.get_by_label("Акт").check()
    form.get_by_label("Накладна").check()
    form.get_by_label("Гарантія, місяців").fill("дванадцять")
    form.get_by_label("Вартість доставки").fill("1 250,00")
    form.get_by_label("Коли передзвонити").fill("2030-02-01T17:30")
    form.get_by_label("Код обʼєкта").fill("204")
    cell(page, uk, uk("Price"), 2).fill("дорого")

    # What is wrong stands over the form and at its fields, and the summary leads there.
    form.get_by_role("button", name=uk("Complete"), exact=True).click()
    alert = form.get_by_role("alert")
    subject, address, payment = (
        uk("Fill in “%(label)s”.", label=label) for label in ("Предмет", "Адреса монтажу", "Умови оплати")
    )
    expect(alert.get_by_role("link")).to_have_text(
        [subject, "Товари, 2: Ціна", "Гарантія, місяців", address, payment, re.compile("«Код обʼєкта»")]
    )
    assert barriers_of_all(page) == []
    assert overflow(page) == 0
    alert.get_by_role("link", name=payment).click()
    expect(form.get_by_label("Передплата")).to_be_focused()
    expect(form.get_by_label("Гарантія, місяців")).to_have_value("дванадцять")
    expect(form.get_by_label("Акт")).to_be_checked()
    expect(cell(page, uk, uk("Quantity"), 2)).to_have_value("12,5")
    price = cell(page, uk, uk("Price"), 2)
    expect(price).to_have_attribute("aria-invalid", "true")
    price.fill("99,99")

    # On another device the form goes on where it was left.
    form.get_by_label("Передплата").check()
    with page.expect_response(keeps("Насосна станція")):
        form.get_by_label("Предмет").fill("Насосна станція")
    other = people.at_work("olena")
    open_step(other, specification, "Скласти специфікацію")
    expect(pane(other).get_by_label("Предмет")).to_have_value("Насосна станція")
    expect(cell(other, uk, uk("Price"), 1)).to_have_value("1 250,50")
    expect(pane(other).get_by_label("Адреса монтажу")).to_be_visible()
    with other.expect_response(lambda answer: answer.url.endswith("/draft")):
        pane(other).get_by_label("Потрібен монтаж").uncheck()
    expect(pane(other).get_by_label("Адреса монтажу")).to_be_hidden()
    page.reload()
    expect(form.get_by_label("Потрібен монтаж")).not_to_be_checked()
    expect(form.get_by_label("Накладна")).to_be_checked()

    fill_rest(page)
    complete(page, uk)
    lines_decided_the_way_and_are_read(people.at_work("olena", width=PHONE, theme="dark"), specification)


def lines_decided_the_way_and_are_read(page: Page, specification: str) -> None:
    open_step(page, specification, "Перевірити велику специфікацію")
    goods = pane(page).get_by_role("region", name="Товари")
    expect(goods).to_contain_text("Труба, м")
    expect(goods.locator("tfoot")).to_contain_text("3\u00a0500,78")
    expect(pane(page)).to_contain_text("Акт, Накладна")
    assert barriers(page) == []
    assert overflow(page) == 0


def test_half_of_a_date_does_not_leave_with_its_form(people: People, uk: Words) -> None:
    page = people.at_work("olena")
    page.goto("/deals/new")
    title, day = page.get_by_label(uk("What is sold")), page.get_by_label(uk("Close date"))
    title.fill("Насоси")
    day.press("1")
    page.get_by_role("button", name=uk("Open the deal")).click()
    wrong = page.get_by_text(uk("The date is not complete: fill in the rest of it, or empty the field."))
    expect(wrong).to_be_visible()
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_value("Насоси")
    assert barriers(page) == []
    day.fill("2030-02-01")
    expect(wrong).to_have_count(0)
    page.get_by_role("button", name=uk("Open the deal")).click()
    expect(page.locator("#field-definition_key-error")).to_be_visible()
    expect(day).to_have_value("2030-02-01")


def test_an_empty_field_says_in_the_page_s_language_how_a_browser_of_another_language_takes_a_date(
    people: People, uk: Words
) -> None:
    page = people.at_work("olena", speaking="en-US")
    page.goto("/deals/new")
    day = page.get_by_label(uk("Close date"))
    expect(day).to_have_accessible_description("місяць/день/рік")
    day.fill("2030-02-01")
    expect(day).to_have_accessible_description("пт, 1 лют. 2030 р.")
