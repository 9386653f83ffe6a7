"""What somebody changes of their own access is confirmed anew, told by a letter, and stands in the journal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support.office import Office
from support.openid_server import OpenIdServer
from support.openid_visitors import Visitor, application_of
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.commands.access_letters import ACCESS_LETTER
from engine.commands.people import OwnEmailUnconfirmed, set_password, update_person
from engine.db.job import Job
from engine.model.api_token import ApiToken
from engine.model.history_event import HistoryEvent
from engine.model.linked_account import LinkedAccount
from engine.model.person import Person
from engine.policy.one_time_codes import code_of, counter_at
from engine.policy.reauthentication import VALID_FOR

SignIn = Callable[[str | None], Browser]
PASSWORD = "three calm horses"
NEW = "thief@example.org"


@pytest.fixture
def admin(office: Office, browse: SignIn) -> Browser:
    office.do("admin", set_password, office.company.admin.id, PASSWORD)
    return browse("admin")


def card(office: Office, login: str, **changes: str) -> dict[str, Any]:
    with office.database.read() as session:
        person = session.query(Person).filter_by(login=login).one()
        as_it_is: dict[str, Any] = {
            "full_name": person.full_name,
            "position": person.position,
            "email": person.email,
            "phone": person.phone,
            "role": person.role.value,
            "department_ids": [str(one.id) for one in person.departments],
        }
    return as_it_is | changes


def email(office: Office, login: str) -> str:
    with office.database.read() as session:
        return session.query(Person).filter_by(login=login).one().email


def letters(office: Office) -> list[tuple[str, str]]:
    with office.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == ACCESS_LETTER).order_by(Job.created_at))
        return [(job.payload["to"], job.payload["change"]) for job in jobs]


def test_an_open_session_does_not_change_its_own_email_without_the_password(office: Office, admin: Browser) -> None:
    address = f"/people/{office.company.admin.id}"
    assert 'name="present"' in admin.get(address).text
    before = email(office, "admin")
    for present in ("", "a guess"):
        answer = admin.post(address, card(office, "admin", email=NEW, present=present))
        assert answer.status_code == 422
        assert 'id="field-present-error"' in answer.text
        assert NEW in answer.text, "what was typed is kept"
    assert email(office, "admin") == before
    assert letters(office) == []


def test_the_old_address_hears_of_it_and_the_journal_has_it(office: Office, admin: Browser) -> None:
    before = email(office, "admin")
    assert admin.post(f"/people/{office.company.admin.id}", card(office, "admin", email=NEW, present=PASSWORD))
    assert email(office, "admin") == NEW
    assert letters(office) == [(before, "email_changed")]
    with office.database.read() as session:
        last = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "person_changed")).all()[-1]
    assert last.data["changes"]["email"] == [before, NEW]
    assert NEW in text_of(admin.get("/settings/journal"))


def test_the_rest_of_ones_card_and_others_cards_ask_for_no_password(office: Office, admin: Browser) -> None:
    own = f"/people/{office.company.admin.id}"
    assert admin.post(own, card(office, "admin", position="Адміністраторка")).status_code == 303
    other = f"/people/{office.company.olena.id}"
    assert 'name="present"' not in admin.get(other).text
    assert admin.post(other, card(office, "olena", email=NEW)).status_code == 303
    assert letters(office) == [("olena@example.com", "email_changed")]


def test_no_command_changes_ones_own_email_without_a_proof(office: Office) -> None:
    with pytest.raises(OwnEmailUnconfirmed):
        office.do("admin", update_person, office.company.admin.id, {"email": NEW})
    assert email(office, "admin") != NEW


@pytest.mark.parametrize("login", ["olena", "bohdan", "iryna", "danylo"])
def test_who_does_not_manage_people_changes_no_email_even_with_a_password(
    login: str, office: Office, browse: SignIn
) -> None:
    person = getattr(office.company, login)
    office.do(login, set_password, person.id, PASSWORD)
    answer = browse(login).post(f"/people/{person.id}", card(office, login, email=NEW, present=PASSWORD))
    assert answer.status_code == 404
    assert browse(None).post(f"/people/{person.id}", {"email": NEW}).status_code in {302, 303, 400}
    assert email(office, login) != NEW


def test_guessing_at_ones_own_card_is_slowed(office: Office, admin: Browser) -> None:
    address = f"/people/{office.company.admin.id}"
    form = card(office, "admin", email=NEW, present="a guess")
    answers = [text_of(admin.post(address, form)) for _ in range(11)]
    assert "Забагато" in answers[-1]
    assert "Забагато" not in answers[0]
    admin.post(address, card(office, "admin", email=NEW, present=PASSWORD))
    assert email(office, "admin") != NEW


def test_who_forgets_the_password_has_guessed_nothing(office: Office, admin: Browser) -> None:
    for _ in range(11):
        assert admin.post("/settings/tokens", {"name": "Імпорт"}).status_code == 422
    assert "rgl_" in admin.post("/settings/tokens", {"name": "Імпорт", "present": PASSWORD}).text


def test_a_token_is_made_against_the_password_and_its_owner_gets_a_letter(office: Office, admin: Browser) -> None:
    assert admin.post("/settings/tokens", {"name": "Імпорт"}).status_code == 422
    wrong = admin.post("/settings/tokens", {"name": "Імпорт", "present": "a guess"})
    assert 'value="Імпорт"' in wrong.text
    with office.database.read() as session:
        assert session.query(ApiToken).count() == 0
    assert "rgl_" in admin.post("/settings/tokens", {"name": "Імпорт", "present": PASSWORD}).text
    assert letters(office) == [(email(office, "admin"), "token_created")]


def set_up(office: Office, browser: Browser) -> None:
    assert browser.post("/settings/authenticator/begin", {"present": PASSWORD}).status_code == 303
    page = browser.get("/settings/authenticator").text
    secret = "".join(re.findall(r"<code[^>]*>([A-Z2-7 ]{30,})</code>", page)[0].split())
    code = code_of(secret, counter_at(office.clock.now()))
    told = browser.post("/settings/authenticator/confirm", {"code": code})
    assert told.status_code == 200, text_of(told)


def test_a_secret_that_waited_too_long_is_shown_to_nobody(office: Office, browse: SignIn) -> None:
    office.do("iryna", set_password, office.company.iryna.id, PASSWORD)
    iryna = browse("iryna")
    iryna.post("/settings/authenticator/begin", {"present": PASSWORD})
    shown = re.compile(r"<code[^>]*>[A-Z2-7 ]{30,}</code>")
    page = iryna.get("/settings/authenticator").text
    (secret,) = shown.findall(page)
    office.clock.advance(timedelta(minutes=15))
    assert not shown.search(iryna.get("/settings/authenticator").text)
    typed = "".join(re.sub(r"<[^>]*>", "", secret).split())
    late = iryna.post("/settings/authenticator/confirm", {"code": code_of(typed, counter_at(office.clock.now()))})
    assert late.status_code == 422
    assert "Почніть знову" in text_of(late)
    assert letters(office) == []
    set_up(office, iryna)


def test_a_second_factor_that_comes_or_goes_is_told_by_a_letter(office: Office, admin: Browser, browse: SignIn) -> None:
    iryna = office.company.iryna
    office.do("iryna", set_password, iryna.id, PASSWORD)
    set_up(office, browse("iryna"))
    assert letters(office) == [("iryna@example.com", "authenticator_added")]
    assert admin.post(f"/settings/authenticator/of/{iryna.id}/remove").status_code == 303
    assert [change for _, change in letters(office)] == ["authenticator_added", "authenticator_removed"]


def link(office: Office, provider: OpenIdServer, login: str, subject: str) -> None:
    with office.database.write() as session:
        session.add(
            LinkedAccount(
                issuer=provider.issuer,
                subject=subject,
                person_id=getattr(office.company, login).id,
                linked_at=office.clock.now(),
            )
        )


def confirm(office: Office, visitor: Visitor, following: str, subject: str) -> TestResponse:
    begun = visitor.begin(f"/sign-in/company/confirm?next={following}")
    claims = {"sub": subject, "email": "any@example.com", "email_verified": True}
    at = int(office.clock.now().timestamp())
    return visitor.come_back(visitor.provider.authorize(begun, **claims, auth_time=at))


@pytest.fixture
def app(office: Office, provider: OpenIdServer) -> Flask:
    link(office, provider, "iryna", "77")
    link(office, provider, "admin", "99")
    return application_of(office, provider)


def test_who_has_no_password_confirms_through_the_provider_once(
    office: Office, app: Flask, provider: OpenIdServer
) -> None:
    iryna = Visitor(Browser(app, "iryna"), provider)
    page = iryna.browser.get("/settings/tokens")
    assert "/sign-in/company/confirm?next=/settings/tokens" in page.text
    assert 'name="present"' not in page.text
    assert iryna.browser.post("/settings/tokens", {"name": "Імпорт"}).status_code == 422
    assert confirm(office, iryna, "/settings/tokens", "77").location == "/settings/tokens"
    assert "Підтверджено через Keycloak" in text_of(iryna.browser.get("/settings/tokens"))
    assert "rgl_" in iryna.browser.post("/settings/tokens", {"name": "Імпорт"}).text
    assert iryna.browser.post("/settings/tokens", {"name": "Ще один"}).status_code == 422
    assert confirm(office, iryna, "/settings/authenticator", "77").location == "/settings/authenticator"
    assert iryna.browser.post("/settings/authenticator/begin").status_code == 303
    with office.database.read() as session:
        assert session.query(ApiToken).count() == 1


def test_a_proof_of_another_account_or_an_old_one_changes_no_email(
    office: Office, app: Flask, provider: OpenIdServer
) -> None:
    admin = Visitor(Browser(app, "admin"), provider)
    address = f"/people/{office.company.admin.id}"
    confirm(office, admin, address, "77")
    assert admin.browser.post(address, card(office, "admin", email=NEW)).status_code == 422
    confirm(office, admin, address, "99")
    office.clock.advance(VALID_FOR * 2)
    assert admin.browser.post(address, card(office, "admin", email=NEW)).status_code == 422
    confirm(office, admin, address, "99")
    refused = admin.browser.post(address, card(office, "admin", email="no address"))
    assert refused.status_code == 422
    assert admin.browser.post(address, card(office, "admin", email=NEW)).status_code == 303, "nothing was used up"
    assert email(office, "admin") == NEW


def test_a_proof_for_ones_own_access_decides_no_step(office: Office, app: Flask, provider: OpenIdServer) -> None:
    iryna = Visitor(Browser(app, "iryna"), provider)
    confirm(office, iryna, "/settings/tokens", "77")
    with iryna.browser.client.session_transaction() as cookie:
        (held,) = cookie["provider_proofs"]
        assert held[0] is None
    assert Visitor(Browser(app), provider).browser.get("/sign-in/company/confirm").location.startswith("/sign-in")
