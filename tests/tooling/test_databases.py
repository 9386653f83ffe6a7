"""The databases that tests get: migrated, on both kinds, and each test's own."""

from __future__ import annotations

from contextlib import closing, suppress
from functools import partial

import psycopg
import pytest
from sqlalchemy import select, text
from support.lent_databases import Content, LentDatabases
from support.office import Office
from support.servers import PostgreSQL

from engine.db.schema import is_up_to_date
from engine.db.session import Database
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition

OWN_OID = "SELECT oid FROM pg_database WHERE datname = current_database()"


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_migrated_database_of_its_own(database_url: str, turn: int) -> None:
    database = Database(database_url)
    try:
        assert is_up_to_date(database)
        with database.write() as session:
            # In the second turn this would fail, had the first one left anything.
            session.execute(text("CREATE TABLE left_behind (turn integer)"))
    finally:
        database.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_no_row_and_no_number_is_left_for_the_next_test(database_url: str, turn: int) -> None:
    database = Database(database_url)
    try:
        office = Office(database)
        office.publish()
        assert office.open_deal().id == office.company.sales.id == 1
    finally:
        database.dispose()


@pytest.mark.postgres
def test_whoever_is_still_at_work_in_a_database_is_sent_away(
    postgresql: PostgreSQL, lent_databases: LentDatabases
) -> None:
    name = lent_databases.lend()
    with closing(postgresql.connect(name)) as busy:
        busy.execute("BEGIN")
        busy.execute("LOCK TABLE deal")
        lent_databases.take_back(name)
        with pytest.raises(psycopg.OperationalError):
            busy.execute("COMMIT")


@pytest.mark.parametrize("turn", [1, 2])
def test_an_office_is_found_as_it_was_founded(office: Office, turn: int) -> None:
    founded = office.company
    with office.database.read() as session:
        assert set(session.scalars(select(Person.login))) == {one.login for one in founded.people}
        assert session.scalars(select(ProcessDefinition.version)).all() == [1]
    assert office.open_deal().id == founded.olena.id == 1
    office.complete("olena", "prepare", values={"discount": "7,5"})


@pytest.mark.postgres
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE person SET full_name = 'Хтось'",
        "DELETE FROM membership",
        "TRUNCATE membership",
        "SELECT nextval('deal_id_seq')",
        "INSERT INTO department (name, name_key) VALUES ('Закупівлі', NULL)",
        "CREATE TABLE left_behind (turn integer)",
    ],
)
def test_a_database_comes_back_with_what_it_held(postgresql: PostgreSQL, postgresql_template: str, change: str) -> None:
    lent = LentDatabases(postgresql, postgresql_template)
    first = lent.lend()
    office = Office(Database(postgresql.url_of(first)))
    office.database.dispose()
    with postgresql.connect(first) as connection:
        held = Content.of(connection)
    lent.take_back(first)
    for _ in range(3):
        name = lent.lend()
        lent.fill(name, held, partial(postgresql.connect, name))
        with postgresql.connect(name) as connection:
            assert Content.of(connection) == held
            with suppress(psycopg.errors.NotNullViolation):
                connection.execute(change.encode())
        lent.take_back(name)
        new = lent.lend()
        with postgresql.connect(new) as connection:
            assert Content.of(connection) == lent.new
        lent.take_back(new)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE left_behind (turn integer)",
        "ALTER TABLE membership ADD CHECK (person_id <> 5)",
        "ALTER TABLE membership DROP CONSTRAINT fk_membership_person_id",
        "ALTER TABLE person ALTER full_name DROP NOT NULL",
        "ALTER TABLE person ALTER full_name SET DEFAULT 'Хтось'",
        "ALTER TABLE person DISABLE TRIGGER ALL",
        "CREATE FUNCTION number_of_turns() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_database_of_another_schema_is_lent_to_nobody(
    postgresql: PostgreSQL, postgresql_template: str, change: str
) -> None:
    lent = LentDatabases(postgresql, postgresql_template)
    name = lent.lend()
    with postgresql.connect(name) as connection:
        changed = connection.execute(OWN_OID).fetchone()
        connection.execute(change.encode())
    lent.take_back(name)
    with postgresql.connect(lent.lend()) as connection:
        assert connection.execute(OWN_OID).fetchone() != changed


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM deal", "rows refer to what is not there"),
        ("DELETE FROM work_item", "rows refer to what is not there"),
        ("UPDATE fts_deal SET search_text = 'anything'", "rows are found by another text than theirs"),
        ("DELETE FROM fts_work_item", "rows are found by another text than theirs"),
    ],
)
def test_what_postgresql_does_not_look_up_is_looked_up_after_every_test(
    postgresql: PostgreSQL, postgresql_template: str, change: str, told: str
) -> None:
    lent = LentDatabases(postgresql, postgresql_template)
    name = lent.lend()
    office = Office(Database(postgresql.url_of(name)))
    office.publish()
    office.open_deal()
    with office.database.write() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(change))
    office.database.dispose()
    with pytest.raises(AssertionError, match=told):
        lent.take_back(name)


def test_the_two_kinds_are_what_they_say(sqlite_database_url: str, postgresql_database_url: str) -> None:
    assert sqlite_database_url.startswith("sqlite:///")
    assert postgresql_database_url.startswith("postgresql+psycopg://")
