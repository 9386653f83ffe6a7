from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest
from support.office import Office
from support.post_office import PostOffice

from engine.bpmn.expressions.failures import NullCondition
from engine.commands.incidents import record_incident
from engine.errors import MapFailed
from engine.model.incident import Incident, IncidentState
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.policy.permissions import Actor
from tasks.jobs import sweep
from tasks.notices import tell_people
from tasks.services import Services, use

pytestmark = pytest.mark.usefixtures("services")


def send() -> None:
    """What the schedule does every few seconds."""
    tell_people()
    sweep()


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def letters_to(login: str, post_office: PostOffice) -> list[EmailMessage]:
    return [letter for letter in post_office.letters if letter["To"] == f"{login}@example.com"]


def read(office: Office, login: str, locale: str) -> None:
    with office.database.write() as session:
        session.get_one(Person, getattr(office.company, login).id).locale = locale


def test_a_reminder_in_ukrainian_says_step_deal_deadline_and_where_to_do_it(
    office: Office, post_office: PostOffice
) -> None:
    office.open_deal()
    office.wait(days=1, hours=6)
    send()
    (letter,) = post_office.letters
    text = text_of(letter)
    assert "Підготувати пропозицію" in letter["Subject"]
    assert "4 березня, 10:00" in letter["Subject"]
    assert "Насоси для водоканалу" in text
    assert "ТОВ «Промінь»" in text
    assert "4 березня, 10:00" in text
    assert f"https://sales.example.com/work-items/{office.step('prepare').id}" in text


def test_a_reminder_in_english_for_who_reads_english(office: Office, post_office: PostOffice) -> None:
    read(office, "olena", "en")
    office.open_deal()
    office.wait(days=1, hours=6)
    send()
    (letter,) = post_office.letters
    assert letter["Subject"] == "“Підготувати пропозицію” is due 4 March, 10:00 · Насоси для водоканалу"
    assert "Its deadline is 4 March, 10:00." in text_of(letter)


def test_the_head_is_told_who_is_late_and_then_gets_the_step(office: Office, post_office: PostOffice) -> None:
    read(office, "bohdan", "en")
    office.open_deal()
    read(office, "olena", "en")
    office.wait(days=2, minutes=1)
    send()
    late = letters_to("bohdan", post_office)[-1]
    assert late["Subject"].startswith("Late: “Підготувати пропозицію”, Олена Коваль")
    office.wait(days=1)
    send()
    handed = letters_to("bohdan", post_office)[-1]
    assert handed["Subject"].startswith("“Підготувати пропозицію” is yours now")
    assert "is with Богдан Шевченко now" in text_of(letters_to("olena", post_office)[-1])


def test_times_in_letters_are_those_of_the_installation(
    office: Office, post_office: PostOffice, services: Services
) -> None:
    use(replace(services, settings=replace(services.settings, time_zone="Europe/Lisbon")))
    read(office, "olena", "en")
    office.open_deal()
    office.wait(days=1, hours=6)
    send()
    assert "4 March, 08:00" in text_of(post_office.letters[0])


def test_a_per_cent_sign_and_a_line_break_in_a_title_do_no_harm(office: Office, post_office: PostOffice) -> None:
    office.open_deal(title="100 % передоплата %(due)s")
    office.wait(days=1, hours=6)
    send()
    assert "100 % передоплата %(due)s" in text_of(post_office.letters[0])


def test_who_has_no_address_is_not_written_to(office: Office, post_office: PostOffice) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).email = ""
    office.open_deal()
    office.wait(days=1, hours=6)
    send()
    assert post_office.letters == []


def fail(office: Office) -> None:
    """The map cannot go on after a step of the deal, for want of a value."""
    problem = NullCondition(text="discount > 5", names="discount", labels={"discount": "Знижка, %"})
    failure = MapFailed(element="Підготувати пропозицію", element_id="prepare", problem=problem)
    with office.database.write() as session:
        instance = session.query(ProcessInstance).one()
        failure.instance_id, failure.deal_id = instance.id, instance.deal_id
        record_incident(session, failure, actor=Actor.system(), at=office.clock.now())


def test_a_failure_is_told_with_its_step_and_its_cause(office: Office, post_office: PostOffice) -> None:
    office.open_deal()
    fail(office)
    send()
    text = text_of(letters_to("admin", post_office)[-1])
    assert "Крок: Підготувати пропозицію" in text
    assert "Що сталося: Умову «discount > 5» не можна перевірити: не заповнено «Знижка, %» (discount)." in text
    assert "/settings/incidents" in text


def test_a_failure_that_was_mended_meanwhile_is_not_told(office: Office, post_office: PostOffice) -> None:
    office.open_deal()
    fail(office)
    with office.database.write() as session:
        session.query(Incident).one().state = IncidentState.RESOLVED
    send()
    assert letters_to("admin", post_office) == []
