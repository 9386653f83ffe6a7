from __future__ import annotations

import pytest
from support.office import Office
from support.post_office import PostOffice

from engine.commands.access_letters import ACCESS_LETTER
from engine.commands.people import update_person
from engine.commands.staff_erasure import erase_employee
from engine.commands.tokens import create_token
from engine.db.job import Job
from tasks.jobs import sweep

pytestmark = pytest.mark.usefixtures("services")


def test_the_old_address_is_told_once_and_not_of_the_new_one(office: Office, post_office: PostOffice) -> None:
    office.do("admin", update_person, office.company.olena.id, {"email": "new@example.org"})
    sweep()
    sweep()
    (letter,) = post_office.letters
    text = letter.get_content()
    assert letter["To"] == "olena@example.com"
    assert "olena" in text
    assert office.company.admin.full_name in text
    assert "https://sales.example.com/settings" in text
    assert "new@example.org" not in text


def test_what_program_may_act_in_ones_name_is_told_in_ones_own_language(
    office: Office, post_office: PostOffice
) -> None:
    olena = office.company.olena.id
    office.do("olena", create_token, olena, "Імпорт")
    office.do("olena", update_person, olena, {"locale": "en"})
    sweep()
    (letter,) = post_office.letters
    assert letter["Subject"] == "Reglament: an API token was made in your name"
    assert "“Імпорт”" in letter.get_content()
    assert "under your own login" in letter.get_content()


def test_who_has_left_is_not_written_to_and_their_address_is_erased(office: Office, post_office: PostOffice) -> None:
    olena = office.company.olena.id
    office.do("admin", update_person, olena, {"email": "new@example.org"})
    office.do("admin", update_person, olena, {"is_active": False})
    office.do("admin", erase_employee, olena, "лист № 1")
    sweep()
    assert post_office.letters == []
    with office.database.read() as session:
        assert [job.payload["to"] for job in session.query(Job).filter_by(kind=ACCESS_LETTER)] == [""]
