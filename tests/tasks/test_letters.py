from __future__ import annotations

from dataclasses import replace

import pytest
from support.office import Office
from support.post_office import PostOffice

from engine.model.person import Person
from tasks.jobs import sweep
from tasks.services import Services, use

pytestmark = pytest.mark.usefixtures("services")


def read(office: Office, login: str, locale: str) -> None:
    with office.database.write() as session:
        session.get_one(Person, getattr(office.company, login).id).locale = locale


def test_a_reminder_in_ukrainian_says_step_deal_deadline_and_where_to_do_it(
    office: Office, post_office: PostOffice
) -> None:
    office.open_deal()
    office.wait(days=1, hours=6)
    sweep()
    (letter,) = post_office.letters
    text = letter.get_content()
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
    sweep()
    (letter,) = post_office.letters
    assert letter["Subject"] == "“Підготувати пропозицію” is due 4 March, 10:00"
    assert "Its deadline is 4 March, 10:00." in letter.get_content()


def test_the_head_is_told_who_is_late_and_then_gets_the_step(office: Office, post_office: PostOffice) -> None:
    read(office, "bohdan", "en")
    office.open_deal()
    office.wait(days=2, minutes=1)
    sweep()
    late = post_office.letters[-1]
    assert (late["To"], late["Subject"]) == ("bohdan@example.com", "Late: “Підготувати пропозицію”, Олена Коваль")
    office.wait(days=1)
    sweep()
    handed = post_office.letters[-1]
    assert (handed["To"], handed["Subject"]) == ("bohdan@example.com", "“Підготувати пропозицію” is yours now")


def test_times_in_letters_are_those_of_the_installation(
    office: Office, post_office: PostOffice, services: Services
) -> None:
    use(replace(services, settings=replace(services.settings, time_zone="Europe/Lisbon")))
    read(office, "olena", "en")
    office.open_deal()
    office.wait(days=1, hours=6)
    sweep()
    assert "4 March, 08:00" in post_office.letters[0].get_content()


def test_a_per_cent_sign_and_a_line_break_in_a_title_do_no_harm(office: Office, post_office: PostOffice) -> None:
    office.open_deal(title="100 % передоплата %(due)s")
    office.wait(days=1, hours=6)
    sweep()
    assert "100 % передоплата %(due)s" in post_office.letters[0].get_content()


def test_who_has_no_address_is_not_written_to(office: Office, post_office: PostOffice) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).email = ""
    office.open_deal()
    office.wait(days=1, hours=6)
    sweep()
    assert post_office.letters == []
