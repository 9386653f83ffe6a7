"""People about one step: handed on and back, asked and answered, named in a comment, a deal that is watched."""

from __future__ import annotations

import re

from browser.installation import Sales
from browser.people import People
from browser.steps import open_step, pane
from playwright.sync_api import Locator, Page, expect
from support.browser import Words

DEAL = "Насос для басейну"
STEP = "Кваліфікувати клієнта"


def unfolded(page: Page, summary: str) -> Locator:
    """A folded part of the step's pane, opened."""
    part = pane(page).locator("details.folded", has=page.locator("summary", has_text=summary))
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    return part


def choose(part: Locator, label: str, typed: str, name: str) -> None:
    part.get_by_role("combobox", name=label).press_sequentially(typed)
    part.get_by_role("option", name=name).click()


def test_a_step_is_talked_over_without_being_lost(people: People, sales: Sales, uk: Words) -> None:
    sales.accept(sales.open_deal(DEAL))
    olena, taras, iryna = (people.at_work(login) for login in ("olena", "taras", "iryna"))
    hands_on_and_gets_back(olena, taras, uk)
    asks_and_is_answered(olena, iryna, uk)
    names_somebody(olena, uk)
    reads_and_watches(people.at_work("bohdan"), uk)


def hands_on_and_gets_back(olena: Page, taras: Page, uk: Words) -> None:
    open_step(olena, DEAL, STEP)
    handing = unfolded(olena, uk("Hand on"))
    choose(handing, uk("To whom"), "тар", "Тарас Мельник")
    handing.get_by_label(uk("Why")).fill("Ти знаєш їхнього директора")
    handing.get_by_role("button", name=uk("Hand on"), exact=True).click()
    expect(pane(olena).locator(".pane-marks")).to_contain_text("Тарас Мельник")

    open_step(taras, DEAL, STEP)
    expect(pane(taras).get_by_role("status")).to_contain_text("Ти знаєш їхнього директора")
    back = unfolded(taras, uk("Hand back"))
    back.get_by_role("textbox").fill("Директор згоден, дзвони")
    back.get_by_role("button", name=uk("Hand back")).click()
    expect(pane(taras).locator(".pane-marks")).to_contain_text("Олена Шевчук")


def asks_and_is_answered(olena: Page, iryna: Page, uk: Words) -> None:
    open_step(olena, DEAL, STEP)
    asking = unfolded(olena, uk("Ask somebody"))
    choose(asking, uk("Whom"), "ірин", "Ірина Бондар")
    asking.get_by_label(uk("Question")).fill("Чи потрібен тендер?")
    asking.get_by_role("button", name=uk("Ask"), exact=True).click()
    expect(unfolded(olena, uk("Ask somebody"))).to_contain_text(uk("not answered yet"))

    iryna.goto("/inbox")
    iryna.locator(".attention").click()
    asked = iryna.locator("#to-me")
    expect(asked).to_contain_text("Чи потрібен тендер?")
    asked.get_by_label(uk("Your answer")).fill("Ні, сума менша за поріг.")
    asked.get_by_role("button", name=uk("Answer")).click()
    expect(iryna.locator("#to-me")).to_contain_text(uk("Nobody waits for your answer"))

    open_step(olena, DEAL, STEP)
    expect(pane(olena).locator(".asked")).to_contain_text("Ні, сума менша за поріг.")
    pane(olena).locator(".asked").get_by_role("button", name=uk("I have read it")).click()
    expect(pane(olena).locator(".asked")).to_have_count(0)


def names_somebody(olena: Page, uk: Words) -> None:
    comment = unfolded(olena, uk("Comments")).get_by_role("textbox")
    comment.press_sequentially("Далі за тобою, @бог")
    found = pane(olena).locator(".mention-list [role=option]:visible")
    # The key takes the first one, and what was found for the letters before is others.
    expect(found).to_have_text([re.compile("Богдан Коваленко")])
    olena.keyboard.press("Enter")
    expect(comment).to_have_value("Далі за тобою, @bohdan ")
    comment.press_sequentially("і @петр")
    expect(found).to_have_text([re.compile(f"Петро.*{re.escape(uk('does not see the deal'))}")])
    olena.keyboard.press("Enter")
    expect(pane(olena).locator(".mention-warning")).to_be_visible()
    with olena.expect_response(lambda answer: "/choose/mentioned" in answer.url):
        comment.fill("Далі за тобою, @bohdan")
    expect(found).to_have_count(0)  # he is typed to the end: no list lies over the button
    expect(pane(olena).locator(".mention-warning")).to_have_count(0)
    pane(olena).get_by_role("button", name=uk("Send")).click()
    expect(pane(olena).locator(".history").first).to_contain_text("@Богдан")


def reads_and_watches(bohdan: Page, uk: Words) -> None:
    bohdan.goto("/questions")
    expect(bohdan.locator("#mentions")).to_contain_text("Далі за тобою, @Богдан")
    bohdan.locator("#mentions").get_by_role("button", name=uk("I have read it")).click()
    bohdan.locator("#mentions").get_by_role("link", name=DEAL).click()
    bohdan.get_by_role("button", name=uk("Watch"), exact=True).click()
    expect(bohdan.get_by_role("button", name=uk("Watching"))).to_have_attribute("aria-pressed", "true")
    bohdan.goto("/questions")
    expect(bohdan.locator("#watched")).to_contain_text(DEAL)


def test_an_open_step_says_by_itself_what_others_do_to_it_and_keeps_what_is_typed(
    people: People, sales: Sales, uk: Words
) -> None:
    sales.ask_departments("Опалення школи")
    olena, iryna = people.at_work("olena"), people.at_work("iryna", width=360)
    approval = "Погодити договір: юристи"
    with iryna.expect_request(lambda asked: "/inbox/stream" in asked.url):
        open_step(iryna, "Опалення школи", approval)
    typed = pane(iryna).locator("#step-comment")
    typed.fill("У пункті 4 немає строку")
    news = pane(iryna).locator(".pane-news")

    olena.goto(iryna.url)
    said = unfolded(olena, uk("Comments"))
    said.get_by_role("textbox").fill("Клієнт чекає до обіду")
    said.get_by_role("button", name=uk("Send")).click()
    expect(news).to_contain_text("Клієнт чекає до обіду")
    expect(typed).to_be_focused()
    news.get_by_role("button", name=uk("Show the step as it is now")).click()
    expect(unfolded(iryna, uk("Comments"))).to_contain_text("Клієнт чекає до обіду")
    expect(news).to_be_empty()
    expect(typed).to_have_value("У пункті 4 немає строку")

    back = unfolded(olena, uk("Take the request back"))
    back.get_by_role("textbox").fill("Сума не та")
    back.get_by_role("button", name=uk("Take the request back")).click()
    expect(news).to_contain_text("Сума не та")
    expect(pane(iryna).get_by_role("button", name=uk("Approve"), exact=True)).to_have_count(0)
    expect(typed).to_have_value("У пункті 4 немає строку")
    news.get_by_role("button", name=uk("Show the step as it is now")).click()
    expect(pane(iryna).locator(".typed-late")).to_have_text("У пункті 4 немає строку")
