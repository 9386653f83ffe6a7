"""Who came in, who did not and whose sessions ended: written down, bounded, and shown to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from support.office import Office
from support.web import Browser, text_of

from engine.commands import sign_ins
from engine.commands.people import set_password, update_person
from engine.commands.sign_ins import (
    KEPT,
    NOBODY_IN_PARTICULAR,
    record_failed_password,
    record_failure,
    record_sign_in,
    record_sign_out,
)
from engine.commands.upkeep import prune
from engine.model.notice import Notice, NoticeKind
from engine.model.sign_in import SignIn, SignInKind, SignInWay

SignInAs = Callable[[str | None], Browser]

PASSWORD = "three calm horses"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.fixture
def with_password(office: Office) -> None:
    office.do("olena", set_password, office.company.olena.id, PASSWORD)


def came(office: Office) -> list[SignIn]:
    with office.database.read() as session:
        return list(session.scalars(select(SignIn).order_by(SignIn.id)))


def try_in(visitor: Browser, login: str, password: str, agent: str = FIREFOX) -> int:
    form = {"login": login, "password": password}
    return visitor.post("/sign-in", form, headers={"User-Agent": agent}).status_code


@contextmanager
def nothing_is_written(office: Office) -> Iterator[None]:
    def refuse(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO sign_in"):
            raise OperationalError(statement, {}, Exception("disk full"))

    event.listen(office.database.engine, "before_cursor_execute", refuse)
    yield
    event.remove(office.database.engine, "before_cursor_execute", refuse)


@pytest.mark.usefixtures("with_password")
def test_coming_in_failing_and_leaving_are_written_down_with_browser_and_address(
    office: Office, browse: SignInAs
) -> None:
    visitor = browse(None)
    assert try_in(visitor, "Olena", "wrong") == 422
    assert try_in(visitor, "nobody" * 30 + "\x01", "wrong") == 422
    assert try_in(visitor, "iryna", "wrong") == 422
    assert try_in(visitor, "olena", PASSWORD) == 303
    visitor.get("/inbox")
    visitor.post("/sign-out")
    olena, iryna = office.company.olena.id, office.company.iryna.id
    rows = came(office)
    assert [(one.kind.value, one.person_id, one.reason) for one in rows] == [
        ("failed", olena, "wrong_password"),
        ("failed", None, "unknown_login"),
        ("failed", iryna, "no_password"),
        ("signed_in", olena, ""),
        ("signed_out", olena, ""),
    ]
    assert [one.login for one in rows[:2]] == ["Olena", ("nobody" * 30)[:64]]
    assert {(one.browser, one.address) for one in rows[:4]} == {("Firefox, Windows", "127.0.0.1")}


@pytest.mark.usefixtures("with_password")
def test_no_clock_tells_whose_login_exists(office: Office, browse: SignInAs) -> None:
    """What is asked of the database and what is written is the same for a stranger."""
    visitor, statements, seen = browse(None), list[str](), []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    for login in ("nobody", "olena", "iryna"):
        statements.clear()
        assert try_in(visitor, login, "wrong") == 422
        seen.append(list(statements))
    assert seen[1:] == seen[:-1]
    assert len(came(office)) == 3


@pytest.mark.usefixtures("with_password")
def test_where_it_cannot_be_written_down_people_come_in_all_the_same(office: Office, browse: SignInAs) -> None:
    visitor = browse(None)
    with nothing_is_written(office):
        assert try_in(visitor, "olena", "wrong") == 422
        assert try_in(visitor, "olena", PASSWORD) == 303
        assert visitor.get("/inbox").status_code == 200
    assert came(office) == []


def test_nobody_fills_the_disk_by_trying(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "MOST_FAILURES_IN_A_SPELL", 3)
    monkeypatch.setattr(sign_ins, "MOST_OF_ONE_IN_A_SPELL", 2)
    olena = office.company.olena.id

    def flood() -> list[str]:
        with office.database.write() as session:
            for number in range(6):
                word = f"reason{number}"
                record_failure(session, SignInWay.PASSWORD, word, NOBODY_IN_PARTICULAR, clock=office.clock)
                record_sign_in(session, olena, SignInWay.DEMO, NOBODY_IN_PARTICULAR, clock=office.clock)
        return [one.reason for one in came(office)]

    assert flood() == ["reason0", "", "reason1", "", "reason2", "more_failures"]
    office.clock.advance(sign_ins.SPELL)
    assert flood()[6:] == ["reason0", "", "reason1", "", "reason2", "more_failures"]


def test_what_is_old_or_too_much_goes_and_failures_push_nothing_else_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "MOST_FAILURES_KEPT", 2)

    def fail(*reasons: str) -> None:
        with office.database.write() as session:
            for reason in reasons:
                record_failure(session, SignInWay.PASSWORD, reason, NOBODY_IN_PARTICULAR, clock=office.clock)

    with office.database.write() as session:
        record_sign_in(session, office.company.olena.id, SignInWay.LINK, NOBODY_IN_PARTICULAR, clock=office.clock)
    fail("1", "2", "3", "4")
    with office.database.write() as session:
        prune(session, clock=office.clock)
    assert [one.reason for one in came(office)] == ["", "3", "4"]
    office.clock.advance(KEPT + timedelta(seconds=1))
    fail("5")
    with office.database.write() as session:
        prune(session, clock=office.clock)
    assert [one.reason for one in came(office)] == ["5"]


@pytest.mark.usefixtures("with_password")
def test_a_sign_in_from_a_browser_not_seen_before_is_told(office: Office, browse: SignInAs) -> None:
    def told() -> list[tuple[int | None, str]]:
        with office.database.read() as session:
            found = session.scalars(select(Notice).where(Notice.kind == NoticeKind.NEW_BROWSER))
            return [(one.person_id, one.details["text"]) for one in found]

    usual, other = browse(None), browse(None)
    assert try_in(usual, "olena", PASSWORD) == 303
    assert told() == [], "the first browser is no news"
    usual.get("/inbox")
    usual.post("/sign-out")
    usual.get("/sign-in")
    assert try_in(usual, "olena", PASSWORD) == 303
    assert told() == [], "the cookie of the browser outlives the session"
    assert try_in(other, "olena", PASSWORD) == 303
    assert told() == [(office.company.olena.id, "Firefox, Windows · 127.0.0.1")]


@pytest.mark.usefixtures("with_password")
def test_sessions_that_others_end_are_written_down_with_who_did(office: Office) -> None:
    olena, admin = office.company.olena.id, office.company.admin.id
    office.do("admin", set_password, olena, "another password")
    office.do("admin", update_person, olena, {"is_active": False})
    ended = [(one.kind, one.person_id, one.reason, one.by_id) for one in came(office)]
    assert ended == [
        (SignInKind.ENDED, olena, "password_was_set", admin),
        (SignInKind.ENDED, olena, "access_was_taken", admin),
    ]


@pytest.mark.usefixtures("with_password")
def test_the_administrator_reads_who_tried_and_narrows_it(office: Office, browse: SignInAs) -> None:
    visitor, admin = browse(None), browse("admin")
    try_in(visitor, "olena", "wrong")
    try_in(visitor, "stranger", "wrong")
    try_in(visitor, "olena", PASSWORD)
    everything = text_of(admin.get("/settings/journal/sign-ins"))
    for said in ("Пароль був неправильний", "stranger", "Олена Коваль", "Firefox, Windows", "127.0.0.1"):
        assert said in everything
    failed = text_of(admin.get("/settings/journal/sign-ins?kind=failed"))
    assert ("Вхід за паролем" in failed, "stranger" in failed) == (False, True)
    hers = text_of(admin.get(f"/settings/journal/sign-ins?person={office.company.olena.id}"))
    assert ("Вхід за паролем" in hers, "stranger" in hers) == (True, False)
    assert admin.get("/settings/journal/sign-ins?cursor=x").status_code == 422
    assert browse("bohdan").get("/settings/journal/sign-ins").status_code == 404


@pytest.mark.usefixtures("with_password")
def test_a_person_sees_their_own_and_ends_the_sessions_of_whoever_it_was(office: Office, browse: SignInAs) -> None:
    stranger, olena = browse(None), browse("olena")
    try_in(stranger, "olena", PASSWORD)
    try_in(stranger, "iryna", "wrong")
    page = text_of(olena.get("/settings"))
    assert "Вхід за паролем" in page
    assert "Пароль пробували там" not in page, "another's is not hers to see"
    assert stranger.get("/inbox").status_code == 200
    assert olena.post("/settings/sessions/end").status_code == 303
    assert stranger.get("/inbox").status_code == 302
    assert olena.get("/inbox").status_code == 200
    assert "крім власного" in text_of(olena.get("/settings"))


@pytest.mark.usefixtures("with_password")
def test_neither_signing_out_again_and_again_nor_failing_hides_a_sign_in(
    office: Office, browse: SignInAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "MOST_OF_ONE_IN_A_SPELL", 2)
    visitor, stranger = browse(None), browse(None)
    try_in(visitor, "olena", PASSWORD)
    for _ in range(3):
        with office.database.write() as session:
            record_sign_out(session, office.company.olena.id, NOBODY_IN_PARTICULAR, clock=office.clock)
    assert try_in(stranger, "olena", PASSWORD) == 303
    kinds = [one.kind.value for one in came(office)]
    assert kinds == ["signed_in", "signed_out", "signed_out", "signed_in"]
    with office.database.read() as session:
        assert session.query(Notice).filter_by(kind=NoticeKind.NEW_BROWSER).count() == 1
    with office.database.write() as session:
        for _ in range(20):
            record_failed_password(session, "olena", NOBODY_IN_PARTICULAR, clock=office.clock)
    page = text_of(browse("olena").get("/settings"))
    assert (page.count("Вхід за паролем"), page.count("Пароль був неправильний")) == (2, 5)


@pytest.mark.usefixtures("with_password")
def test_tries_that_the_limit_stops_are_one_entry_with_their_number(office: Office, browse: SignInAs) -> None:
    visitor = browse(None)
    for _ in range(10):
        assert try_in(visitor, "olena", "wrong") == 422
    assert [try_in(visitor, " Olena", PASSWORD) for _ in range(20)] == [429] * 20
    rows = came(office)
    assert len(rows) == 11
    stopped = rows[-1]
    assert (stopped.kind.value, stopped.reason, stopped.person_id, stopped.login, stopped.tries) == (
        "failed",
        "too_many_tries",
        office.company.olena.id,
        "olena",
        16,  # told whenever their number has doubled
    )
    assert "щонайменше ще 16" in text_of(browse("admin").get("/settings/journal/sign-ins"))
    assert "щонайменше ще 16" in text_of(browse("olena").get("/settings"))
    assert "щонайменше ще 16" not in text_of(browse("taras").get("/settings"))
    for name in ("olena", "bohdan", "owner", "danylo"):
        assert browse(name).get("/settings/journal/sign-ins").status_code == 404


@pytest.mark.usefixtures("with_password")
def test_an_address_that_tries_many_logins_gets_one_entry_whatever_it_types(office: Office, browse: SignInAs) -> None:
    visitor = browse(None)
    for number in range(60):
        assert try_in(visitor, f"guess{number}", "wrong") == 422
    for number in range(40):
        assert try_in(visitor, f"another{number}", "wrong") == 429
    rows = came(office)
    assert len(rows) == 61
    assert (rows[-1].login, rows[-1].person_id, rows[-1].address, rows[-1].tries) == ("", None, "127.0.0.1", 32)


def test_stopped_tries_begin_a_new_entry_after_ten_minutes_and_are_among_the_most_that_are_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "MOST_FAILURES_IN_A_SPELL", 2)

    def stop(login: str = "", address: str = "", tries: int = 1) -> None:
        visitor = sign_ins.Visitor(address)
        with office.database.write() as session:
            sign_ins.record_stopped(session, SignInWay.PASSWORD, tries, visitor, login=login, clock=office.clock)

    stop("olena", "203.0.113.1")
    stop("OLENA", "203.0.113.2", 4)
    stop(address="203.0.113.3", tries=2)
    for number in range(5):
        stop(address=f"198.51.100.{number}")
    assert [(one.login, one.address, one.reason, one.tries) for one in came(office)] == [
        ("olena", "203.0.113.1", "too_many_tries", 5),
        ("", "203.0.113.3", "too_many_tries", 2),
        ("", "", "more_failures", 1),
    ]
    office.clock.advance(sign_ins.SPELL)
    stop("olena", "203.0.113.1")
    assert (came(office)[-1].login, came(office)[-1].tries) == ("olena", 1)
