"""Three departments approve without paper: together, against each other, one after another, and all at once."""

from __future__ import annotations

import re

from browser.installation import Sales
from browser.people import People
from browser.steps import complete, field, give_reason, open_step, pane, title
from playwright.sync_api import Page, expect
from support.browser import Words

APPROVING = {
    "iryna": "Погодити договір: юристи",
    "oksana": "Погодити договір: фінанси",
    "petro": "Погодити договір: логістика",
}

MOST_STOPS = 4
"""Stops of the Tab key from the reason to the button that asked for it: the other buttons lie between."""


def approvers(people: People) -> dict[str, Page]:
    return {login: people.at_work(login) for login in APPROVING}


def approve_all(pages: dict[str, Page], deal: str, uk: Words) -> None:
    for login, page in pages.items():
        open_step(page, deal, APPROVING[login])
        complete(page, uk, "Approve", "Approved")


def test_after_a_return_all_who_are_shown_what_changed_are_asked_again_and_the_signed_deal_is_won(
    people: People, sales: Sales, uk: Words
) -> None:
    deal = "Насосна станція"
    deal_id = sales.ask_departments(deal)
    pages = approvers(people)
    for login in ("iryna", "oksana"):
        open_step(pages[login], deal, APPROVING[login])
        complete(pages[login], uk, "Approve", "Approved")
    open_step(pages["petro"], deal, APPROVING["petro"])
    give_reason(pages["petro"], uk, "Return for rework", "На складі лише один насос.", "Returned for rework")

    olena = people.at_work("olena")
    open_step(olena, deal, "Доопрацювати пропозицію")
    field(olena, "Склад пропозиції").fill("Два насоси з пусконалагодженням, другий до 1 лютого, гарантія 24 місяці.")
    field(olena, "Що змінено").fill("Другий насос приїде до 1 лютого.")
    complete(olena, uk)

    # All three steps of the map show what was changed, so that no approval of the first round stands.
    approve_all(pages, deal, uk)

    open_step(olena, deal, "Підписати договір")
    field(olena, "Номер договору").fill("17/26")
    pane(olena).get_by_role("button", name="Підписано").click()
    expect(title(olena)).to_contain_text("Підписати договір")
    expect(title(olena)).to_contain_text("Підписано")

    open_step(pages["oksana"], deal, "Отримати передплату")
    field(pages["oksana"], "Номер рахунка").fill("45")
    field(pages["oksana"], "Отримано").fill("120 000")
    pages["oksana"].get_by_label("Дата зарахування").fill("2030-02-01")
    complete(pages["oksana"], uk)
    open_step(pages["petro"], deal, "Відвантажити товар")
    field(pages["petro"], "Номер ТТН").fill("590001")
    pages["petro"].get_by_label("Відвантажено").fill("2030-02-20")
    complete(pages["petro"], uk)

    olena.goto(f"/deals/{deal_id}")
    expect(olena.locator(".page-heading")).to_contain_text(uk("Won"))
    expect(olena.locator("#timeline")).to_contain_text("На складі лише один насос.")
    olena.get_by_role("link", name=uk("Approval sheet")).click()
    expect(olena.locator("section[id^=decision-]")).to_have_count(6)
    for told in ("Ірина Бондаренко", "Оксана Ткаченко", "Петро Гриценко", "На складі лише один насос."):
        expect(olena.locator("main")).to_contain_text(told)


def test_a_rejection_with_its_reason_ends_the_deal(people: People, sales: Sales, uk: Words) -> None:
    deal = "Холодильна камера"
    deal_id = sales.ask_departments(deal)
    pages = approvers(people)
    open_step(pages["iryna"], deal, APPROVING["iryna"])
    give_reason(pages["iryna"], uk, "Reject", "Умови порушують нашу політику.", "Rejected")
    for login in ("oksana", "petro"):
        open_step(pages[login], deal, APPROVING[login])
        complete(pages[login], uk, "Approve", "Approved")

    olena = people.at_work("olena")
    olena.goto(f"/deals/{deal_id}")
    expect(olena.locator(".page-heading")).to_contain_text(uk("Lost"))
    expect(olena.locator("main")).to_contain_text("Умови порушують нашу політику.")


def test_who_comes_second_is_told_by_whom_and_when_it_was_done(people: People, sales: Sales, uk: Words) -> None:
    sales.open_deal("Двоє на один крок", login="taras")
    sales.substitute("taras", "olena")
    first, second = people.at_work("taras"), people.at_work("olena")
    for page in (first, second):
        open_step(page, "Двоє на один крок", "Прийняти лід у роботу")
        field(page, "Контактна особа").fill("Роман Бойко")
        field(page, "Телефон").fill("0671234567")
        page.get_by_label("Звідки лід").select_option("site")
    complete(first, uk)
    pane(second).get_by_role("button", name=uk("Complete")).click()

    told = pane(second).get_by_role("alert")
    expect(told).to_contain_text("Тарас Мельник")
    expect(told).to_contain_text(re.compile(r"\d\d:\d\d"))


def test_ticked_steps_are_approved_together_and_each_is_told(people: People, sales: Sales, uk: Words) -> None:
    deals = ("Разом перша", "Разом друга")
    for deal in deals:
        sales.ask_departments(deal)
    iryna = people.at_work("iryna")
    iryna.goto("/inbox?tab=groups&q=Разом")
    for deal in deals:
        iryna.locator(".step-row", has_text=deal).get_by_role("checkbox").check()
    expect(iryna.locator("[data-selection-count]")).to_have_text("2")
    iryna.locator("button[data-can=approve]").click()
    expect(title(iryna)).to_have_text(uk("Look at what you approve"))
    for deal in deals:
        expect(pane(iryna)).to_contain_text(deal)
    pane(iryna).get_by_role("button", name=uk("Approve all of these")).click()

    expect(title(iryna)).to_have_text(uk("Approved together"))
    told = pane(iryna).locator(".told-rows li")
    expect(told).to_have_count(2)
    for deal in deals:
        expect(told.filter(has_text=deal)).to_contain_text(uk("Approved"))
        expect(iryna.locator(".step-row", has_text=deal)).to_have_count(0)


def test_a_whole_approval_is_done_by_keyboard_alone(people: People, sales: Sales, uk: Words) -> None:
    for deal in ("Клавіші перша", "Клавіші друга"):
        sales.ask_departments(deal)
    oksana = people.at_work("oksana")
    oksana.goto("/inbox?tab=groups&q=Клавіші")
    rows = oksana.locator("#steps a[data-row]")
    expect(rows).to_have_count(2)
    press = oksana.keyboard.press

    press("?")
    expect(oksana.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(oksana.get_by_role("dialog")).to_be_hidden()
    press("/")
    expect(oksana.locator("#search")).to_be_focused()
    press("Tab")

    press("j")
    expect(rows.nth(0)).to_be_focused()
    press("j")
    expect(rows.nth(1)).to_be_focused()
    press("k")
    expect(rows.nth(0)).to_be_focused()
    press("Enter")
    expect(title(oksana)).to_have_text(APPROVING["oksana"])
    expect(title(oksana)).to_be_focused()
    press("a")
    expect(title(oksana)).to_contain_text(uk("Approved"))
    expect(rows).to_have_count(1)

    press("j")
    press("Enter")
    expect(title(oksana)).to_have_text(APPROVING["oksana"])
    press("r")
    expect(oksana.locator("#step-comment")).to_be_focused()
    oksana.keyboard.type("Передплату треба підняти до 70 %.")
    sent_back = oksana.locator("#pane button[data-key=r]")
    for _ in range(MOST_STOPS):
        press("Tab")
        if sent_back.evaluate("button => button === document.activeElement"):
            break
    expect(sent_back).to_be_focused()
    press("Enter")
    expect(title(oksana)).to_contain_text(uk("Returned for rework"))
    expect(rows).to_have_count(0)


def test_a_step_is_completed_by_its_key_on_a_ukrainian_keyboard(people: People, sales: Sales, uk: Words) -> None:
    deal_id = sales.open_deal("Клавіша виконати")
    sales.accept(deal_id)
    sales.complete("olena", deal_id, "qualify_client", {"decision_maker": "Директор"}, "b2b_fits")
    olena = people.at_work("olena")
    olena.goto("/inbox?q=Клавіша виконати")
    olena.keyboard.press("j")
    olena.keyboard.press("Enter")
    expect(title(olena)).to_have_text("Виявити потреби клієнта")
    field(olena, "Потреби клієнта").fill("Заміна насосів")
    field(olena, "Місце доставки").fill("Склад")
    title(olena).focus()
    olena.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'с', code: 'KeyC', bubbles: true}))"
    )
    expect(title(olena)).to_contain_text(uk("Completed"))
