"""PostgreSQL is away for a while: people and programs are told so, and do again what they wanted when it is back."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, NotSupportedError, OperationalError
from support.api import ApiClient, problem, read
from support.migrated import build_schema
from support.missing import found_or_skipped
from support.office import Office
from support.servers import PostgreSQL
from support.web import Browser, events_of, text_of, web_application

from engine.db.away import is_away
from engine.db.burst import fetch
from engine.db.session import Database
from webui.pages import health

LONGEST_SILENCE_S = 35
PATIENCE_S = 60.0


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    """A server of this test alone: it is stopped."""
    with found_or_skipped(PostgreSQL) as server:
        yield server


@pytest.mark.postgres
def test_people_and_programs_are_told_to_try_again_and_nothing_is_done_twice(own_postgresql: PostgreSQL) -> None:
    url = own_postgresql.create_database("reglament")
    build_schema(url)
    office = Office(Database(url))
    office.publish()
    app = web_application(office)
    olena, program = Browser(app, "olena"), ApiClient(app, office, "olena")
    deal = {"title": "Друга", "definition_key": "sale", "client": {"name": "ТОВ «Лан»"}}
    first = read(program.post("/deals", deal, key="one"), 201)
    step = office.step("prepare", office.open_deal())
    done = {"values": {"discount": "5"}, "outcome": "completed"}
    own_postgresql.stop()
    for answer in (
        program.get("/deals"),
        program.post("/deals", deal, key="one"),
        program.post(f"/work-items/{step.id}/complete", done, key="two"),
        olena.client.get("/api/v1/deals"),
    ):
        problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    for address in ("/inbox", "/deals", f"/deals/{first['id']}"):
        answer = olena.get(address)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert "The data cannot be reached" in text_of(answer)
        assert "Try again" in text_of(answer)
    form = {"title": "Третя", "definition_key": "sale", "client.name": "ТОВ «Степ»", "amount": "", "currency": "UAH"}
    assert olena.post("/deals", form).status_code == 503
    part = olena.get("/inbox/count", part=True)
    assert part.status_code == 503
    assert "cannot be reached" in events_of(part)["toast"]["text"]
    own_postgresql.start()
    assert read(program.post("/deals", deal, key="one"), 201)["id"] == first["id"]
    read(program.post(f"/work-items/{step.id}/complete", done, key="two"))
    assert olena.get("/deals").status_code == 200
    office.database.dispose()


def test_what_a_database_refuses_is_not_taken_for_its_absence(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'some.sqlite'}")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO one VALUES (1)"))
        with pytest.raises(IntegrityError) as doubled:
            connection.execute(text("INSERT INTO one VALUES (1)"))
        with pytest.raises(OperationalError) as missing:
            connection.execute(text("SELECT * FROM nowhere"))
    engine.dispose()
    assert not any(is_away(failure.value) for failure in (doubled, missing))


@pytest.mark.postgres
def test_a_lock_or_a_limit_of_postgresql_is_not_its_absence(postgres_url: str) -> None:
    database = Database(postgres_url)
    for statement in ("SELECT 1/0", "SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)"):
        with pytest.raises(Exception, match=r"division|timeout") as refused, database.read() as session:
            session.execute(text(statement))
        assert not is_away(refused.value)
    with pytest.raises(NotSupportedError) as impossible, database.write() as session:
        session.execute(text("SELECT count(DISTINCT n) OVER () FROM (SELECT 1 AS n) AS one"))
    assert not is_away(impossible.value)
    with pytest.raises(OperationalError) as ended, database.read() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert is_away(ended.value)
    database.dispose()


@pytest.mark.postgres
def test_a_machine_that_went_away_without_a_word_is_noticed_in_half_a_minute(postgres_url: str) -> None:
    """It closes no connection; the system would wait for it for two hours, and so would whoever has asked."""
    database = Database(postgres_url)
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as of_driver:
            silent_s = of_driver.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            asks_s = of_driver.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            times = of_driver.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
            untaken_ms = of_driver.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        opening_s = int(driver.info.get_parameters()["connect_timeout"])
    assert silent_s + asks_s * times <= LONGEST_SILENCE_S
    assert opening_s <= LONGEST_SILENCE_S
    assert 0 < untaken_ms <= LONGEST_SILENCE_S * 1000
    database.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("asked_by_burst", [False, True])
def test_whose_transaction_was_ended_while_it_stood_still_may_try_again(
    postgres_url: str, *, asked_by_burst: bool
) -> None:
    database = Database(postgres_url)

    def stand_still() -> None:
        with database.write() as session:
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
            driver = session.connection().connection.driver_connection
            assert driver is not None
            select.select([driver], [], [], PATIENCE_S)
            if asked_by_burst:
                fetch(session.connection(), "SELECT 1", ())
            else:
                session.execute(text("SELECT 1"))

    with pytest.raises(DBAPIError) as ended:
        stand_still()
    assert is_away(ended.value)
    database.dispose()


def test_who_takes_connections_and_says_nothing_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database = Database(f"postgresql+psycopg://test@127.0.0.1:{mute.getsockname()[1]}/reglament?connect_timeout=2")
        with pytest.raises(OperationalError) as failure, database.read() as session:
            session.execute(text("SELECT 1"))
    assert is_away(failure.value)
    database.dispose()


@pytest.mark.postgres
def test_the_health_check_answers_in_a_few_seconds_while_the_database_stands_still(own_postgresql: PostgreSQL) -> None:
    url = own_postgresql.create_database("reglament")
    build_schema(url)
    office = Office(Database(url))
    watcher = web_application(office).test_client()
    assert watcher.get("/healthz").get_json()["database"] == "ok"
    own_postgresql.freeze()
    try:
        for _ in range(2):
            began = time.monotonic()
            answer = watcher.get("/healthz")
            assert (answer.status_code, answer.get_json()["database"]) == (503, "gone")
            assert time.monotonic() - began < health.LONGEST_SILENCE_S + 5
        assert office.database.engine.pool.checkedout() == 1  # type: ignore[attr-defined]  # of a QueuePool
    finally:
        own_postgresql.thaw()
    assert watcher.get("/healthz").get_json()["database"] == "ok"
    office.database.dispose()
