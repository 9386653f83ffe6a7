from __future__ import annotations

import re
from datetime import timedelta

import pytest
from support.office import Office
from support.post_office import PostOffice

from engine.commands.password_links import (
    FORGOTTEN_LASTS,
    MOST_FORGOTTEN,
    ask_for_password_link,
    send_password_link,
    set_password_by_link,
)
from engine.commands.people import sign_in, update_person
from engine.queries.password_links import PasswordLinkOver
from tasks.jobs import sweep

pytestmark = pytest.mark.usefixtures("services")

PASSWORD = "four patient herons"


def token_in(text: str) -> str:
    (token,) = re.findall(r"https://sales\.example\.com/password/([\w-]+)\n", text)
    return str(token)


def test_the_letter_has_the_login_and_a_link_that_sets_the_password_once(
    office: Office, post_office: PostOffice
) -> None:
    office.do("admin", send_password_link, office.company.olena.id)
    sweep()
    sweep()
    (letter,) = post_office.letters
    text = letter.get_content().replace("\r\n", "\n")
    assert letter["To"] == "olena@example.com"
    assert "olena" in text
    token = token_in(text)
    with office.database.write() as session:
        set_password_by_link(session, token, PASSWORD, clock=office.clock)
    with office.database.read() as session:
        assert sign_in(session, "olena", PASSWORD).id == office.company.olena.id
    with pytest.raises(PasswordLinkOver), office.database.write() as session:
        set_password_by_link(session, token, "another password", clock=office.clock)


def test_the_hour_of_a_forgotten_password_begins_when_the_letter_leaves(
    office: Office, post_office: PostOffice
) -> None:
    with office.database.write() as session:
        ask_for_password_link(session, "olena", clock=office.clock)
    office.clock.advance(timedelta(hours=5))
    sweep()
    token = token_in(post_office.letters[0].get_content().replace("\r\n", "\n"))
    office.clock.advance(timedelta(minutes=59))
    with office.database.write() as session:
        set_password_by_link(session, token, PASSWORD, clock=office.clock)


def test_who_has_left_meanwhile_is_not_written_to(office: Office, post_office: PostOffice) -> None:
    office.do("admin", send_password_link, office.company.olena.id)
    office.do("admin", update_person, office.company.olena.id, {"is_active": False})
    sweep()
    assert post_office.letters == []


def test_nobody_fills_a_mailbox_by_asking_again_and_again(office: Office, post_office: PostOffice) -> None:
    for _ in range(MOST_FORGOTTEN + 3):
        with office.database.write() as session:
            ask_for_password_link(session, "olena", clock=office.clock)
        sweep()
    assert len(post_office.letters) == MOST_FORGOTTEN
    office.clock.advance(FORGOTTEN_LASTS + timedelta(seconds=1))
    with office.database.write() as session:
        ask_for_password_link(session, "olena", clock=office.clock)
    sweep()
    assert len(post_office.letters) == MOST_FORGOTTEN + 1
