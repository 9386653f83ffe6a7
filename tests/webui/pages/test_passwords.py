"""A person chooses the password by a link; an administrator makes it, or whoever forgot asks for it by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, inspect, select, table
from support.office import Office
from support.web import Browser, text_of, web_application

from engine.commands.password_links import FORGOTTEN_LASTS, INVITATION_LASTS, PASSWORD_LETTER
from engine.commands.people import set_password, sign_in, update_person
from engine.db.job import Job
from engine.errors import SignInFailed
from engine.model.history_event import HistoryEvent
from engine.model.password_link import PasswordLink

SignIn = Callable[[str | None], Browser]

PASSWORD = "four patient herons"


def link_of(office: Office, admin: Browser, login: str = "olena") -> str:
    """The path of a link that the administrator was shown."""
    shown = admin.post(f"/people/{getattr(office.company, login).id}/password-link")
    assert shown.status_code == 200
    (path,) = re.findall(r"https?://[^<\s]*(/password/[\w-]+)", shown.text)
    return str(path)


def letters_asked(office: Office) -> list[dict[str, int]]:
    """To somebody: the letters to nobody are there so that asking for a stranger writes as much."""
    with office.database.read() as session:
        payloads = [job.payload for job in session.scalars(select(Job).where(Job.kind == PASSWORD_LETTER))]
    return [one for one in payloads if one["person_id"]]


def rows_written(office: Office) -> dict[str, int]:
    with office.database.read() as session:
        tables = inspect(session.connection()).get_table_names()
        return {name: session.scalar(select(func.count()).select_from(table(name))) or 0 for name in tables}


def may_sign_in(office: Office, login: str, password: str) -> bool:
    with office.database.read() as session:
        try:
            sign_in(session, login, password)
        except SignInFailed:
            return False
    return True


def test_by_a_link_that_the_administrator_passes_on_a_person_chooses_a_password_and_is_signed_in(
    office: Office, browse: SignIn
) -> None:
    link = link_of(office, browse("admin"))
    olena = browse(None)
    page = text_of(olena.get(link))
    assert "Олена Коваль" in page
    answer = olena.post(link, {"password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Олена Коваль" in olena.get("/inbox").text
    assert may_sign_in(office, "olena", PASSWORD)
    with office.database.read() as session:
        kept = session.scalars(select(PasswordLink.token_hash)).one()
        assert kept not in link
        made, chosen = session.execute(
            select(HistoryEvent.kind, HistoryEvent.actor_name)
            .where(HistoryEvent.kind.in_(["password_link_made", "password_set"]))
            .order_by(HistoryEvent.id)
        )
    assert (made.kind, made.actor_name) == ("password_link_made", office.company.admin.full_name)
    assert (chosen.kind, chosen.actor_name) == ("password_set", "Олена Коваль")


def test_a_password_that_is_too_short_leaves_the_link_as_it_was(office: Office, browse: SignIn) -> None:
    link, visitor = link_of(office, browse("admin")), browse(None)
    visitor.get(link)
    answer = visitor.post(link, {"password": "short"})
    assert (answer.status_code, 'id="field-password-error"' in answer.text) == (422, True)
    assert visitor.post(link, {"password": PASSWORD}).status_code == 303


@pytest.mark.parametrize("ending", ["used", "old", "password set otherwise", "no access", "invented"])
def test_a_link_that_is_over_sets_nothing(office: Office, browse: SignIn, ending: str) -> None:
    admin, visitor, olena_id = browse("admin"), browse(None), office.company.olena.id
    other, link = link_of(office, admin), link_of(office, admin)
    if ending == "used":
        visitor.get(other)
        visitor.post(other, {"password": "three calm horses"})
    elif ending == "old":
        office.clock.advance(INVITATION_LASTS)
    elif ending == "password set otherwise":
        office.do("admin", set_password, olena_id, "three calm horses")
    elif ending == "no access":
        office.do("admin", update_person, olena_id, {"is_active": False})
        office.do("admin", update_person, olena_id, {"is_active": True})
    else:
        link = "/password/invented"
    stranger = browse(None)
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, {"password": PASSWORD}).status_code == 410
    assert not may_sign_in(office, "olena", PASSWORD)


@pytest.mark.parametrize("said", ["olena", " OLENA ", "Olena@Example.com"])
def test_who_forgot_the_password_is_written_to(office: Office, said: str) -> None:
    visitor = Browser(web_application(office, SMTP_URL="smtp://127.0.0.1:1"))
    visitor.get("/forgotten-password")
    assert visitor.post("/forgotten-password", {"login": said}).status_code == 200
    hours = FORGOTTEN_LASTS // timedelta(hours=1)
    assert letters_asked(office) == [{"person_id": office.company.olena.id, "hours": hours, "forgotten": True}]


@pytest.mark.parametrize("said", ["nobody", "nobody@example.com", "%", "olena@example.com,iryna@example.com"])
def test_nobody_learns_who_has_an_account(office: Office, said: str) -> None:
    visitor = Browser(web_application(office, SMTP_URL="smtp://127.0.0.1:1"))
    visitor.get("/forgotten-password")
    known = text_of(visitor.post("/forgotten-password", {"login": "olena"})).replace("olena", "…")
    unknown = text_of(visitor.post("/forgotten-password", {"login": said})).replace(said, "…")
    assert unknown == known
    assert len(letters_asked(office)) == 1


def test_no_clock_tells_who_has_an_account(office: Office) -> None:
    """What is asked of the database, and what is written, is the same for a stranger."""
    visitor = Browser(web_application(office, SMTP_URL="smtp://127.0.0.1:1"))
    visitor.get("/forgotten-password")
    seen, statements = [], list[str]()
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    for said in ("nobody", "olena", "nobody@example.com", "olena@example.com"):
        before = rows_written(office)
        statements.clear()
        visitor.post("/forgotten-password", {"login": said})
        asked = len(statements)
        seen.append((asked, {name: count - before[name] for name, count in rows_written(office).items()}))
    assert seen[1:] == seen[:-1]
    assert seen[0][1]["job"] == 1


def test_who_has_no_access_and_an_address_of_several_people_are_not_written_to(office: Office) -> None:
    office.do("admin", update_person, office.company.olena.id, {"is_active": False})
    office.do("admin", update_person, office.company.iryna.id, {"email": "shared@example.com"})
    office.do("admin", update_person, office.company.oksana.id, {"email": "shared@example.com"})
    visitor = Browser(web_application(office, SMTP_URL="smtp://127.0.0.1:1"))
    visitor.get("/forgotten-password")
    for said in ("olena", "shared@example.com"):
        assert visitor.post("/forgotten-password", {"login": said}).status_code == 200
    assert letters_asked(office) == []


def test_without_mail_the_page_says_whom_to_ask(office: Office, browse: SignIn) -> None:
    assert "administrator" in text_of(browse(None).get("/forgotten-password"))
    visitor = browse(None)
    visitor.get("/forgotten-password")
    visitor.post("/forgotten-password", {"login": "olena"})
    assert letters_asked(office) == []


def test_an_administrator_has_a_letter_sent_to_who_has_an_address(office: Office) -> None:
    admin = Browser(web_application(office, SMTP_URL="smtp://127.0.0.1:1"), "admin")
    olena_id = office.company.olena.id
    assert admin.post(f"/people/{olena_id}/password-letter").status_code == 303
    assert [one["person_id"] for one in letters_asked(office)] == [olena_id]
    office.do("admin", update_person, olena_id, {"email": ""})
    assert admin.post(f"/people/{olena_id}/password-letter").status_code == 422
    assert len(letters_asked(office)) == 1


@pytest.mark.parametrize("login", ["olena", "taras"])
def test_links_are_the_administrators(office: Office, browse: SignIn, login: str) -> None:
    somebody, iryna_id = browse(login), office.company.iryna.id
    for what in ("password-link", "password-letter"):
        assert somebody.post(f"/people/{iryna_id}/{what}").status_code == 404
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(PasswordLink)) == 0


def test_an_administrator_changes_their_own_password_with_the_present_one_alone(office: Office, browse: SignIn) -> None:
    admin, own = browse("admin"), office.company.admin.id
    page = admin.get(f"/people/{own}").text
    assert f"/people/{own}/password" not in page
    assert admin.post(f"/people/{own}/password", {"password": PASSWORD}).status_code == 403
    assert admin.post(f"/people/{own}/password-link").status_code == 403
    assert not may_sign_in(office, "admin", PASSWORD)


def test_who_was_added_without_a_password_is_marked(office: Office, browse: SignIn) -> None:
    admin = browse("admin")
    added = admin.post("/people", {"login": "maria", "full_name": "Марія Литвин", "role": "approver"})
    page = text_of(admin.get(added.location))
    mark = "Пароля ще немає"
    assert mark in page
    assert "увійти ще не може" in page
    assert mark in text_of(admin.get("/people?q=maria"))
    visitor, shown = browse(None), admin.post(f"{added.location}/password-link")
    (path,) = re.findall(r"(/password/[\w-]+)<", shown.text)
    visitor.get(path)
    visitor.post(path, {"password": PASSWORD})
    assert mark not in text_of(admin.get(added.location))
