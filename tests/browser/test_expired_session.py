"""A session that ends while somebody types: they sign in again, and what they typed is there."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People, sign_in
from browser.steps import complete, field, open_step, pane
from playwright.sync_api import Route, expect
from support.browser import Words, barriers

PASSWORD = "три спокійні коні"  # of a test


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


def test_what_another_changed_during_an_expired_session_is_told_before_it_is_overwritten(
    people: People, sales: Sales, uk: Words
) -> None:
    deal_id = sales.open_deal("Двоє телефонують")
    page = people.at_work("olena")
    open_step(page, "Двоє телефонують", "Прийняти лід у роботу")
    page.context.clear_cookies()
    field(page, "Контактна особа").fill("Василь Марченко")
    field(page, "Телефон").fill("0501234567")
    page.get_by_label("Звідки лід").select_option("call")
    sales.fill_in("bohdan", deal_id, {"contact_name": "Галина Вовк"})
    pane(page).get_by_role("button", name=uk("Complete")).click()
    expect(page.get_by_text(uk("You were signed out. Sign in again: what you typed is kept."))).to_be_visible()
    sign_in(page, "olena")
    expect(field(page, "Контактна особа")).to_have_value("Василь Марченко")
    pane(page).get_by_role("button", name=uk("Complete")).click()
    expect(pane(page)).to_contain_text("Тепер тут: Галина Вовк")
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


def test_a_form_of_the_pane_sent_in_an_expired_session_comes_back(people: People, sales: Sales, uk: Words) -> None:
    """Only the step's own form and its comment have a draft: whoever handed a step on had to say why once more."""
    sales.open_deal("Передача справ")
    page = people.at_work("olena")
    open_step(page, "Передача справ", "Прийняти лід у роботу")
    why = pane(page).locator("form[action$='/delegate'] [name=note]")
    pane(page).locator("summary", has_text=uk("Hand on")).click()
    why.fill("Іду у відпустку")
    page.context.clear_cookies()
    pane(page).get_by_role("button", name=uk("Hand on"), exact=True).click()
    sign_in(page, "olena")
    expect(why).to_have_value("Іду у відпустку")
    expect(why).to_be_visible()


def test_files_that_a_browser_does_not_give_back_are_asked_for_again(people: People, sales: Sales, uk: Words) -> None:
    """The letter came back with its text, and would have left without the offer that it speaks of."""
    deal = sales.open_deal("Лист із вкладенням")
    page = people.at_work("olena")
    page.goto(f"/deals/{deal}/letters?write=1")
    subject = page.locator("#write form").get_by_label(uk("Subject"))
    subject.fill("Пропозиція")
    page.locator("#letter-files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    page.context.clear_cookies()
    page.get_by_role("button", name=uk("Send the letter")).click()
    sign_in(page, "olena")
    expect(subject).to_have_value("Пропозиція")
    asked = page.get_by_text(uk("What you typed is back, the files are not: choose them again."))
    expect(asked).to_be_visible()
    assert barriers(page) == []
    page.locator("#letter-files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    expect(asked).to_have_count(0)


def test_a_code_that_is_used_once_is_not_kept_in_the_browser(people: People, sales: Sales, uk: Words) -> None:
    sales.set_password("olena", PASSWORD)
    page = people.at_work("olena")
    page.goto("/settings/authenticator")
    page.get_by_label(uk("Present password")).fill(PASSWORD)
    page.get_by_role("button", name=uk("Set up an application")).click()
    page.get_by_label(uk("Code of the application")).fill("271828")
    page.context.clear_cookies()
    page.get_by_role("button", name=uk("Confirm")).click()
    expect(page.get_by_text(uk("You were signed out. Sign in again: what you typed is kept."))).to_be_visible()
    assert "271828" not in page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")


def test_a_form_that_was_taken_does_not_come_back_though_the_page_behind_it_is_missing(
    people: People, uk: Words
) -> None:
    page = people.at_work("bohdan")
    page.goto("/clients/1")
    page.locator("summary", has_text=uk("Change")).first.click()
    page.locator("#edit-segment").fill("Порти")
    page.route("**/clients/1", lambda route: route.fulfill(status=303, headers={"Location": "/clients/999999"}))
    page.locator("form:has(#edit-segment) .btn-primary").click()
    expect(page.locator(".error-page")).to_be_visible()
    page.unroute("**/clients/1")
    page.goto("/clients/1")
    expect(page.locator("#edit-segment")).to_be_hidden()
    expect(page.locator("#edit-segment")).not_to_have_value("Порти")


def test_a_form_whose_answer_was_lost_asks_for_the_same_work_once(people: People, uk: Words) -> None:
    """The server may have done it: the form that comes back carries the id that it was sent with."""
    page = people.at_work("owner")
    page.goto("/settings/letter-templates")
    page.locator("[name=name]").fill("Подяка")
    page.locator("[name=subject]").fill("Дякуємо")
    page.locator("[name=text]").fill("Дякуємо за замовлення.")

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.continue_(post_data="")  # refused by the server, as one that fails refuses

    page.route("**/settings/letter-templates", lose)
    page.get_by_role("button", name=uk("Add the text")).click()
    expect(page.locator(".error-page")).to_be_visible()
    page.wait_for_load_state()  # its script notes that the form was not taken
    page.unroute("**/settings/letter-templates")
    page.goto("/settings/letter-templates")
    expect(page.locator("[name=subject]")).to_have_value("Дякуємо")
    page.get_by_role("button", name=uk("Add the text")).click()
    expect(page.get_by_text(uk("Added."))).to_be_visible()
    expect(page.get_by_role("link", name="Подяка")).to_have_count(1)


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
