"""An approver at their phone: from the button of a letter to the decision, and what letters they choose to get."""

from __future__ import annotations

import secrets

from browser.installation import Sales
from browser.people import People
from playwright.sync_api import expect
from sqlalchemy import select
from support.browser import Words, barriers, overflow

from engine.commands.mail_links import make_link
from engine.db.work_session import number
from engine.model.letter import Letter, LetterState
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.queries.decision_contents import decision_content

PHONE = 360


def link_of_a_letter(sales: Sales, login: str, work_item_id: int) -> str:
    """Where the button of a letter about the step leads; no mail server is there to bring it."""
    at = sales.clock.now()
    with sales.database.write() as session:
        person_id = session.scalars(select(Person.id).where(Person.login == login)).one()
        letter = Letter(
            key=secrets.token_hex(16), state=LetterState.SENT, person_id=person_id, job_id="", written_at=at
        )
        number(session, [letter])
        session.add(letter)
        content = decision_content(session, session.get_one(WorkItem, work_item_id))
        return "/mail/" + make_link(session, content, letter_id=letter.id, person_id=person_id, at=at)


def test_an_approver_decides_from_a_letter_on_the_phone(people: People, sales: Sales, uk: Words) -> None:
    deal_id = sales.ask_departments("Насоси, погоджені з листа")
    step = sales.step(deal_id, "approve_legal")
    page = people.visitor(width=PHONE)
    sales.prefer("iryna", locale="uk", theme="auto")  # whichever journey came before
    page.goto(link_of_a_letter(sales, "iryna", step))
    page.locator("button.demo-person[value=iryna]").click()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Насоси, погоджені з листа").first).to_be_visible()
    assert (barriers(page), overflow(page)) == ([], 0)
    page.get_by_role("button", name=uk("Return for rework")).click()
    page.get_by_label(uk("Comment")).fill("Додайте гарантійний лист")
    page.get_by_role("button", name=uk("Return for rework")).click()
    expect(page.get_by_role("status").filter(has_text=uk("Returned for rework"))).to_have_count(2)
    expect(page.get_by_text("Додайте гарантійний лист")).to_be_visible()
    assert barriers(page) == []

    page.goto("/settings/mail")
    page.get_by_label(uk("A new step of mine")).select_option("digest")
    page.get_by_label(uk("When to send what comes together")).fill("9:00, 16:00")
    page.get_by_role("button", name=uk("Save")).press("Enter")
    expect(page.get_by_label(uk("A new step of mine"))).to_have_value("digest")
    assert overflow(page) == 0
