"""The disk of the database is full, or it takes no writes: who writes is told to try again, and can when it is over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from errno import EACCES, EIO, ENOSPC, EROFS
from typing import Any

import pytest
from faults.audit import assert_deal_is_whole
from sqlalchemy import event, text
from support.api import ApiClient, problem, read
from support.migrated import build_schema
from support.missing import found_or_skipped
from support.office import Office
from support.servers import PostgreSQL
from support.web import Browser, text_of, web_application

from engine.db.away import is_away
from engine.db.session import Database


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    """A server of this test alone: it becomes another one's standby."""
    with found_or_skipped(PostgreSQL) as server:
        yield server


LONG = "Домовились про знижку. " * 100  # more than what is left of the pages that a database has already
Trouble = Callable[[Database], AbstractContextManager[None]]


@contextmanager
def _pragma(database: Database, wanted: str) -> Iterator[None]:
    """What SQLite does on such a disk, on every connection that is opened meanwhile."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {wanted}")

    event.listen(database.engine, "connect", limit)
    database.engine.dispose()
    yield
    event.remove(database.engine, "connect", limit)
    database.engine.dispose()


def sqlite_is_full(database: Database) -> AbstractContextManager[None]:
    return _pragma(database, "max_page_count=1")


def sqlite_is_read_only(database: Database) -> AbstractContextManager[None]:
    return _pragma(database, "query_only=1")


@contextmanager
def postgresql_is_full(database: Database) -> Iterator[None]:
    with database.migrating() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER no_room BEFORE INSERT ON history_event EXECUTE FUNCTION no_room()"))
    yield
    with database.migrating() as connection:
        connection.execute(text("DROP TRIGGER no_room ON history_event"))
        connection.execute(text("DROP FUNCTION no_room"))


@pytest.mark.parametrize(
    ("database_url", "trouble"),
    [
        ("sqlite", sqlite_is_full),
        ("sqlite", sqlite_is_read_only),
        pytest.param("postgresql", postgresql_is_full, marks=pytest.mark.postgres),
    ],
    indirect=["database_url"],
)
def test_who_writes_is_told_to_try_again_and_can_when_there_is_room(office: Office, trouble: Trouble) -> None:
    office.publish()
    app = web_application(office)
    olena, program = Browser(app, "olena"), ApiClient(app, office, "olena")
    deal = office.open_deal()
    step = office.step("prepare", deal)
    done: dict[str, Any] = {"values": {"discount": "5"}, "outcome": "completed", "comment": LONG}
    with trouble(office.database):
        _ensure_only_writing_is_refused(olena, program, step.id, done)
    read(program.post(f"/work-items/{step.id}/complete", done, key="one"))
    with office.database.read() as session:
        assert_deal_is_whole(session, deal.id)


@pytest.mark.postgres
def test_a_standby_shows_what_it_has_and_is_written_to_when_it_has_taken_over(own_postgresql: PostgreSQL) -> None:
    url = own_postgresql.create_database("reglament")
    build_schema(url)
    office = Office(Database(url))
    office.publish()
    app = web_application(office)
    olena, program = Browser(app, "olena"), ApiClient(app, office, "olena")
    step = office.step("prepare", office.open_deal())
    done: dict[str, Any] = {"values": {"discount": "5"}, "outcome": "completed"}
    with own_postgresql.connect() as server:
        server.execute("CHECKPOINT")  # a standby takes readers from there on
    own_postgresql.stop()
    (own_postgresql.directory / "data" / "standby.signal").touch()
    own_postgresql.start()
    _ensure_only_writing_is_refused(olena, program, step.id, done)
    with own_postgresql.connect() as server:
        server.execute("SELECT pg_promote()")
    read(program.post(f"/work-items/{step.id}/complete", done, key="one"))
    office.database.dispose()


def _ensure_only_writing_is_refused(olena: Browser, program: ApiClient, step_id: int, done: dict[str, object]) -> None:
    answer = program.post(f"/work-items/{step_id}/complete", done, key="one")
    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    page = olena.post("/deals/1/comment", {"text": LONG})
    assert (page.status_code, page.headers.get("Retry-After")) == (503, "10"), text_of(page)
    assert "Дані зараз недоступні" in text_of(page)
    assert program.get("/deals").status_code == 200


def test_a_disk_that_is_away_is_told_from_a_file_that_is_not_there() -> None:
    assert all(is_away(OSError(number, "of the disk")) for number in (EIO, ENOSPC, EROFS))
    assert not is_away(OSError(EACCES, "of the file"))
    assert not is_away(sqlite3.OperationalError("no such table: deal"))
