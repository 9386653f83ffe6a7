"""A manager who writes to a client with many contacts: addresses and files are looked for, and what is ticked stays."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People
from playwright.sync_api import Page, Request, Route, expect
from support.browser import Words, barriers, overflow
from support.large_clients import add_contacts, add_files_like, contact_address, contact_name, file_name

from engine.model.deal import Deal

PHONE = 360


def large_deal(sales: Sales, title: str) -> int:
    deal_id = sales.open_deal(title)
    with sales.database.read() as session:
        client_id = session.get_one(Deal, deal_id).client_id
    add_contacts(sales.database, client_id, 200)
    add_files_like(sales.database, sales.file_of(deal_id), 60)
    return deal_id


def look_for(page: Page, label: str, q: str) -> None:
    """Looked for while it is typed, by a part of the page."""
    with page.expect_response(lambda answer: "_q=" in answer.url):
        page.get_by_role("searchbox", name=label, exact=True).fill(q)


def test_addresses_and_files_are_found_while_the_letter_is_written(people: People, sales: Sales, uk: Words) -> None:
    page = people.at_work("olena")
    page.goto(f"/deals/{large_deal(sales, 'Насоси з багатьма контактами')}/letters?write=1")
    form = page.locator("#write form")
    form.get_by_label(uk("Subject")).fill("Пропозиція")
    receivers = form.locator("#receivers")
    receivers.get_by_label(contact_name(1)).check()
    look_for(page, uk("Find an address"), contact_name(150))
    receivers.get_by_label(contact_name(150)).check()
    expect(receivers.get_by_role("checkbox", checked=True)).to_have_count(2)

    # A search that is sent by Enter neither sends the letter nor loses what is typed.
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    search = page.get_by_role("searchbox", name=uk("Find an address"), exact=True)
    search.fill(contact_address(120))
    search.press("Enter")
    expect(receivers.get_by_label(contact_name(120))).to_be_visible()
    assert sent == []

    form.locator("summary").filter(has_text=uk("Files of the deal")).click()
    look_for(page, uk("Find a file"), file_name(7))
    form.get_by_label(file_name(7)).check()
    assert (barriers(page), overflow(page)) == ([], 0)

    # Ticked while the answer is on its way: not lost when it comes.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/letters/receivers?*", hold)
    with page.expect_request("**/letters/receivers?*"):
        search.fill(contact_name(33))
    receivers.get_by_label(contact_name(120)).check()
    receivers.get_by_label(contact_name(1)).uncheck()
    for route in held:
        route.continue_()
    expect(receivers.get_by_label(contact_name(33))).to_be_visible()
    expect(receivers.get_by_label(contact_name(120))).to_be_checked()
    expect(receivers.get_by_label(contact_name(1))).not_to_be_checked()
    page.unroute("**/letters/receivers?*")

    page.reload()
    expect(form.get_by_label(uk("Subject"))).to_have_value("Пропозиція")
    for number in (120, 150):
        expect(receivers.get_by_label(contact_name(number))).to_be_checked()
    expect(form.get_by_label(file_name(7))).to_be_checked()

    # Enter in a line sends the letter, as the button does: it pressed "Find", the first button of the form.
    form.get_by_label(uk("Text of the letter")).fill("Добрий день! Пропозицію додано.")
    form.get_by_label(uk("Subject")).press("Enter")
    expect(page.locator(".letters")).to_contain_text("Пропозицію додано.")


def test_the_form_of_a_letter_on_a_phone(people: People, sales: Sales, uk: Words) -> None:
    page = people.at_work("olena", width=PHONE, theme="dark")
    page.goto(f"/deals/{large_deal(sales, 'Насоси з телефона')}/letters?write=1")
    look_for(page, uk("Find an address"), contact_name(150))
    page.locator("#receivers").get_by_label(contact_name(150)).check()
    page.locator("summary").filter(has_text=uk("Files of the deal")).click()
    assert (barriers(page), overflow(page)) == ([], 0)
