"""Who was written to that a step waits reads when it does not any more; and nobody is written to of what is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.office import Office
from support.parallel_returns import LEGAL, parallel_returns
from support.post_office import PostOffice

from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.consultations import answer_consultation, ask_about_work_item, withdraw_consultation
from engine.commands.departments import update_department
from engine.commands.people import set_substitution
from engine.commands.recalls import recall_approval
from engine.commands.work_items import claim_work_item, delegate_work_item
from engine.model.department import Membership
from engine.model.mail_choice import MailChoice
from engine.model.person import Person
from engine.model.work_item import WorkItem
from tasks.jobs import sweep
from tasks.notices import tell_people

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture(autouse=True)
def _everybody_reads_english_and_at_once(office: Office) -> None:
    with office.database.write() as session:
        for person in session.scalars(select(Person)):
            person.locale = "en"
            choices = {"step_withdrawn": "at_once", "step_to_take": "at_once"}
            session.add(MailChoice(person_id=person.id, deliveries=choices, keeps_quiet=False))


def send() -> None:
    tell_people()
    sweep()


def subjects(post_office: PostOffice, login: str) -> list[str]:
    return [str(one["Subject"]) for one in post_office.letters if one["To"] == f"{login}@example.com"]


def text(post_office: PostOffice, login: str) -> str:
    """Of the last letter to a person."""
    *_, last = (one for one in post_office.letters if one["To"] == f"{login}@example.com")
    body = last.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def asked_beside_each_other(office: Office) -> WorkItem:
    """Legal, which nobody has taken, beside finance."""
    office.publish(parallel_returns())
    office.open_deal()
    office.complete("olena", "prepare")
    return office.step("legal")


def returned_by_finance(office: Office) -> None:
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")


def test_the_members_of_a_department_read_that_a_return_took_their_request_back(
    office: Office, post_office: PostOffice
) -> None:
    asked_beside_each_other(office)
    send()
    returned_by_finance(office)
    send()
    _, taken_back = subjects(post_office, "iryna")
    assert f"“{LEGAL}” was taken back" in taken_back
    send()
    assert len(subjects(post_office, "iryna")) == 2


def test_who_acts_for_an_absent_member_reads_it_too(office: Office, post_office: PostOffice) -> None:
    today = office.clock.now().date()
    company = office.company
    office.do("iryna", set_substitution, company.iryna.id, company.danylo.id, today, today + timedelta(days=7))
    asked_beside_each_other(office)
    send()
    assert len(subjects(post_office, "danylo")) == 1
    returned_by_finance(office)
    send()
    assert len(subjects(post_office, "danylo")) == 2
    assert f"“{LEGAL}” was taken back" in subjects(post_office, "danylo")[-1]


def test_who_acts_for_an_absent_holder_reads_it_too(office: Office, post_office: PostOffice) -> None:
    today = office.clock.now().date()
    company = office.company
    office.do("iryna", set_substitution, company.iryna.id, company.danylo.id, today, today + timedelta(days=7))
    legal = asked_beside_each_other(office)
    office.do("iryna", claim_work_item, legal.id)
    send()
    returned_by_finance(office)
    send()
    assert [len(subjects(post_office, login)) for login in ("iryna", "danylo")] == [2, 2]


def test_nobody_reads_that_a_request_was_taken_back_of_which_no_letter_told(
    office: Office, post_office: PostOffice
) -> None:
    asked_beside_each_other(office)
    tell_people()
    returned_by_finance(office)
    send()
    assert subjects(post_office, "iryna") == []


def test_members_do_not_read_it_of_what_a_colleague_has_taken(office: Office, post_office: PostOffice) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    legal = asked_beside_each_other(office)
    send()
    office.do("iryna", claim_work_item, legal.id)
    returned_by_finance(office)
    send()
    assert [len(subjects(post_office, login)) for login in ("iryna", "danylo")] == [2, 1]


@pytest.mark.parametrize("claims", [True, False])
def test_whose_request_is_taken_back_reads_why_once(office: Office, post_office: PostOffice, *, claims: bool) -> None:
    legal = asked_beside_each_other(office)
    if claims:
        office.do("iryna", claim_work_item, legal.id)
    send()
    office.do("olena", recall_approval, legal.id, "Клієнт змінив умови")
    send()
    assert len(subjects(post_office, "iryna")) == 2
    assert "Клієнт змінив умови" in text(post_office, "iryna")


def test_of_a_cancelled_deal_a_department_reads_once_and_again_when_it_goes_on(
    office: Office, post_office: PostOffice
) -> None:
    legal = asked_beside_each_other(office)
    send()
    office.do("olena", cancel_deal, legal.deal_id, "Клієнт передумав")
    send()
    office.do("olena", reopen_deal, legal.deal_id, "Повернувся")
    send()
    asked, needless, again = subjects(post_office, "iryna")
    assert "is not needed any more" in needless
    assert again == asked


def test_to_whom_a_request_comes_back_by_a_recall_of_another_is_told(office: Office, post_office: PostOffice) -> None:
    office.publish(parallel_returns())
    office.open_deal()
    office.do("olena", delegate_work_item, office.step("prepare").id, office.company.taras.id)
    office.complete("taras", "prepare")
    send()
    before = len(subjects(post_office, "taras"))
    office.do("olena", recall_approval, office.step("legal").id, "Клієнт змінив умови")
    assert office.step("prepare").assignee_id == office.company.taras.id
    send()
    assert len(subjects(post_office, "taras")) == before + 1


@pytest.mark.parametrize("over", ["returned", "withdrawn", "answered"])
def test_nobody_is_written_to_for_advice_that_nobody_needs_any_more(
    office: Office, post_office: PostOffice, over: str
) -> None:
    legal = asked_beside_each_other(office)
    question = office.do("iryna", ask_about_work_item, legal.id, office.company.bohdan.id, "Чи можна?")
    if over == "returned":
        returned_by_finance(office)
    elif over == "withdrawn":
        office.do("iryna", withdraw_consultation, question.id)
    else:
        office.do("bohdan", answer_consultation, question.id, "Так")
    send()
    assert [one for one in subjects(post_office, "bohdan") if "advice" in one] == []


def test_whose_advice_is_needed_is_written_to(office: Office, post_office: PostOffice) -> None:
    legal = asked_beside_each_other(office)
    first = office.do("iryna", ask_about_work_item, legal.id, office.company.bohdan.id, "Чи можна?")
    office.do("iryna", withdraw_consultation, first.id)
    office.clock.advance(timedelta(minutes=1))
    office.do("iryna", ask_about_work_item, legal.id, office.company.bohdan.id, "Чи можна так?")
    send()
    assert len([one for one in subjects(post_office, "bohdan") if "advice" in one]) == 1
    assert "Чи можна?" not in text(post_office, "bohdan")


def test_a_reminder_that_names_somebody_else_reaches_them(office: Office, post_office: PostOffice) -> None:
    ladder = {"escalation": "нагадати bohdan за 1 р.д."}
    office.do("admin", update_department, office.company.sales.id, ladder)
    office.open_deal()
    office.wait(days=1, hours=22)
    send()
    assert len(subjects(post_office, "bohdan")) == 1
