"""A map from another tool: dropped, its questions answered, published, sold by, and asked about no more."""

from __future__ import annotations

from pathlib import Path

from browser.installation import Sales
from browser.people import People
from browser.steps import complete, confirm_warnings, open_step, pane, title
from playwright.sync_api import Locator, Page, expect
from support.browser import Words, barriers, drop_file, overflow

FILE = Path(__file__).parent / "equipment_drawn_elsewhere.bpmn"
DEAL = "Верстат для майстерні"


def choose(page: Page, question: str, value: str) -> None:
    page.locator(f"input[name='answer|{question}'][value='={value}']").check()


def type_answer(page: Page, question: str, text: str) -> None:
    page.locator(f"input[name='own|{question}']").fill(text)


def place_on_page(button: Locator) -> float:
    """How far below the top of the page, wherever it is scrolled to."""
    return float(button.evaluate("(one) => one.getBoundingClientRect().top + scrollY"))


def press(page: Page, button: str) -> None:
    """A button of the open step, until the step is gone."""
    step = title(page).inner_text()
    pane(page).get_by_role("button", name=button, exact=True).click()
    expect(title(page)).not_to_have_text(step)


def drop(page: Page, uk: Words) -> None:
    page.goto("/maps")
    page.wait_for_load_state("load")  # the page's scripts listen from now on
    drop_file(page, "form[data-drop-zone]", FILE.name, FILE.read_bytes())
    expect(page.get_by_role("heading", level=1, name=uk("Questions about the map"))).to_be_visible()
    expect(page.locator("[data-state=shown]")).to_be_visible()


def test_a_map_of_another_tool_is_asked_about_answered_published_and_sold_by(
    people: People, sales: Sales, uk: Words
) -> None:
    page = people.at_work("owner")
    drop(page, uk)
    expect(page.get_by_text(uk("Answered: %(done)s of %(total)s", done=0, total=11))).to_be_visible()
    assert barriers(page) == []

    # The element asked about is lit, and what was typed is understood at once. Nothing moves under the pointer by it.
    save = page.locator("button[value='element|Activity_1']")
    place = place_on_page(save)
    type_answer(page, "deadline:Activity_1", "3 р.д.")
    expect(page.locator(".map-drawing .djs-shape.is-chosen")).to_have_attribute("data-element-id", "Activity_1")
    expect(page.locator(".understood", has_text="3 робочі дні →")).to_be_visible()
    assert place_on_page(save) == place
    type_answer(page, "deadline:Activity_1", "якось потім")
    expect(page.locator(".understood.is-problem")).to_contain_text("якось потім")
    type_answer(page, "deadline:Activity_1", "3 р.д.")
    type_answer(page, "stage:Activity_1", "Заявка")
    choose(page, "timer:Event_wait", "ask")
    save.click()
    expect(page.get_by_text(uk("Answered: %(done)s of %(total)s", done=2, total=11))).to_be_visible()

    # What was chosen elsewhere stayed; the name that nobody bears gets somebody, the rest is taken as proposed.
    expect(page.locator("input[name='answer|timer:Event_wait'][value='=ask']")).to_be_checked()
    choose(page, "who:Група умов", "Юридичний відділ")
    page.locator("button[value=all]").first.click()
    expect(page.get_by_text(uk("Nothing stands against publishing."))).to_be_visible()
    definition = page.url.rpartition("/")[2]

    confirm_warnings(page)
    page.get_by_role("button", name=uk("Publish version %(version)s", version=1)).click()
    expect(page.get_by_text(uk("This version is live: new deals start on it."))).to_be_visible()

    # A deal walks it to the end.
    deal_id = sales.open_deal(DEAL, definition_key="equipment")
    olena = people.at_work("olena")
    open_step(olena, DEAL, "Прийняти заявку")
    press(olena, "Так")
    open_step(olena, DEAL, "Підготувати пропозицію")
    complete(olena, uk)
    open_step(olena, DEAL, "Чекати 2 дні на відповідь")
    press(olena, uk("It has happened"))
    iryna = people.at_work("iryna")
    open_step(iryna, DEAL, "Перевірити умови")
    complete(iryna, uk)
    olena.goto(f"/deals/{deal_id}")
    expect(olena.get_by_text(uk("Won")).first).to_be_visible()

    # The next version of the same drawing: one button takes everything that was answered before. On a phone.
    page.set_viewport_size({"width": 360, "height": 800})
    drop(page, uk)
    assert overflow(page) == 0
    page.locator("button[value=before]").click()
    expect(page.get_by_text(uk("Nothing stands against publishing."))).to_be_visible()
    assert page.url.rpartition("/")[2] != definition
