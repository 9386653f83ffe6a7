"""The administrator lets people in, arranges who acts for whom, and gives programs access."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People
from playwright.sync_api import expect
from support.browser import Words

PASSWORD = "three calm horses"


def test_a_new_person_of_a_new_department_signs_in_with_the_first_password(people: People, uk: Words) -> None:
    page = people.at_work("admin")
    page.get_by_role("link", name=uk("Departments")).click()
    page.get_by_role("textbox", name=uk("Name")).fill("Сервісний центр")
    page.get_by_role("button", name=uk("Add the department")).click()
    expect(page.get_by_role("link", name="Сервісний центр")).to_be_visible()

    page.get_by_role("link", name=uk("People")).last.click()
    page.get_by_role("link", name=uk("New person")).click()
    page.get_by_role("textbox", name=uk("Login")).fill("marko")
    page.get_by_role("textbox", name=uk("Full name")).fill("Марко Вовк")
    page.get_by_role("textbox", name=uk("First password")).fill("довгий перший пароль")
    page.get_by_role("checkbox", name="Сервісний центр").check()
    page.get_by_role("button", name=uk("Add the person")).click()
    expect(page.get_by_role("heading", level=1, name="Марко Вовк")).to_be_visible()

    marko = people.visitor()
    marko.get_by_role("textbox", name=uk("Login")).fill("marko")
    marko.get_by_role("textbox", name=uk("Password")).fill("не той пароль")
    marko.get_by_role("button", name=uk("Sign in"), exact=True).click()
    expect(marko.get_by_role("alert")).to_contain_text(uk("The name or the password is wrong."))
    expect(marko.get_by_role("textbox", name=uk("Login"))).to_have_value("marko")
    marko.get_by_role("textbox", name=uk("Password")).fill("довгий перший пароль")
    marko.get_by_role("button", name=uk("Sign in"), exact=True).click()
    expect(marko.locator(".person-button")).to_contain_text("Марко Вовк")


def test_a_substitution_is_arranged_by_names_and_dates(people: People, uk: Words) -> None:
    page = people.at_work("admin")
    page.goto("/settings/substitutions")
    page.get_by_role("combobox", name=uk("Who is away")).fill("Гриц")
    page.get_by_role("listbox", name=uk("Who is away")).get_by_role("option", name="Гриц").click()
    page.get_by_role("combobox", name=uk("Substitute")).press_sequentially("Ткач")
    page.get_by_role("listbox", name=uk("Substitute")).get_by_role("option", name="Ткач").click()
    page.get_by_label(uk("First day")).fill("2030-01-10")
    page.get_by_label(uk("Last day")).fill("2030-01-05")
    page.get_by_role("button", name=uk("Arrange"), exact=True).click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    expect(page.get_by_label(uk("First day"))).to_have_value("2030-01-10")

    page.get_by_label(uk("Last day")).fill("2030-01-20")
    page.get_by_role("button", name=uk("Arrange"), exact=True).click()
    arranged = page.locator(".plain-list li", has_text="Петро Гриценко")
    expect(arranged).to_contain_text("Оксана Ткаченко")


def test_a_token_is_shown_once_opens_the_api_and_is_revoked(people: People, sales: Sales, uk: Words) -> None:
    sales.set_password("admin", PASSWORD)
    page = people.at_work("admin")
    page.goto("/settings/tokens")
    page.get_by_role("textbox", name=uk("What is it for?")).fill("Імпорт із сайту")
    page.get_by_label(uk("Present password")).fill(PASSWORD)
    page.get_by_role("button", name=uk("Make a token")).click()
    token = page.locator("code.secret").inner_text()
    bearer = {"Authorization": f"Bearer {token}"}
    assert page.request.get("/api/v1/work-items", headers=bearer).status == 200

    page.goto("/settings/tokens")
    expect(page.locator("code.secret")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text(token)
    page.get_by_role("button", name=uk("Revoke the token “%(name)s”", name="Імпорт із сайту")).click()
    expect(page.locator(".plain-list li", has_text="Імпорт із сайту")).to_contain_text(uk("Revoked"))
    page.context.clear_cookies()
    assert page.request.get("/api/v1/work-items", headers=bearer).status == 401


def test_a_page_that_comes_back_begins_at_what_is_to_be_mended(people: People, uk: Words) -> None:
    """Its field stood below everything that would have been erased: the page said that something was wrong alone."""
    page = people.at_work("admin")
    page.goto("/clients/1/erase")
    page.get_by_role("button", name=uk("Erase for ever")).click()
    expect(page.get_by_role("alert").first).to_contain_text(uk("Some fields need attention."))
    basis = page.get_by_role("textbox", name=uk("Basis"))
    expect(basis).to_be_focused()
    expect(basis).to_be_in_viewport()
