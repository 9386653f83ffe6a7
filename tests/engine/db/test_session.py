"""The two ways to use the database: a read sees one moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from support.office import Office

from engine.db.away import is_away
from engine.db.session import Database, WriteWhileReading
from engine.model.deal import Deal


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = Database(database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


def test_a_read_sees_one_snapshot_while_others_write(office: Office) -> None:
    deals = select(func.count()).select_from(Deal)
    with office.database.read() as session:
        before = session.scalar(deals)
        office.open_deal()
        assert session.scalar(deals) == before
    with office.database.read() as session:
        assert session.scalar(deals) == 1


@pytest.mark.postgres
def test_a_read_changes_nothing(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    with pytest.raises(WriteWhileReading) as refused, database.read() as session:
        session.execute(text("UPDATE company_revision SET number = 0"))
    assert not is_away(refused.value)
    database.dispose()


def write_beside_a_read(database: Database) -> None:
    """To a server that takes no writes."""
    with database.read(), database.write() as session:
        session.execute(text("SET TRANSACTION READ ONLY"))
        session.execute(text("UPDATE company_revision SET number = 0"))


@pytest.mark.postgres
def test_a_server_that_takes_no_writes_is_no_mistake_of_who_reads_beside_it(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    with pytest.raises(DBAPIError, match="read-only") as refused:
        write_beside_a_read(database)
    assert is_away(refused.value)
    database.dispose()


@pytest.mark.postgres
def test_only_an_upgrade_may_stand_still_in_a_transaction(postgres_url: str) -> None:
    database = Database(postgres_url)
    longest = text("SHOW idle_in_transaction_session_timeout")
    with database.migrating() as connection:
        assert connection.scalar(longest) == "0"
    for used in (database.read, database.write):
        with used() as session:
            assert session.scalar(longest) == "2min"
    database.dispose()


@pytest.mark.postgres
def test_a_connection_keeps_its_prepared_statements_when_a_read_ends(postgresql_database_url: str) -> None:
    prepared = text("SELECT count(*) FROM pg_prepared_statements")
    database = Database(postgresql_database_url)
    for _ in range(8):  # psycopg prepares what is asked for more often than five times
        with database.read() as session:
            session.scalar(select(func.count()).select_from(Deal))
    with database.read() as session:
        assert session.scalar(prepared) == 1
    database.dispose()


def backend(session: Session) -> int:
    return session.scalar(text("SELECT pg_backend_pid()")) or 0


@pytest.mark.postgres
def test_a_connection_that_the_server_closed_meanwhile_is_replaced_unnoticed(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    with database.read() as one, database.read() as another:
        opened = {backend(one), backend(another)}
    with database.read() as session:
        killed = opened - {backend(session)}
        session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": killed.pop()})
    with database.write() as one, database.write() as another:
        assert backend(one) != backend(another)
    database.dispose()


def test_ctrl_c_in_a_statement_of_an_upgrade_is_nothing_else(database_url: str) -> None:
    database = Database(database_url)

    @event.listens_for(database.engine, "do_execute")
    def press_ctrl_c(_cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("CREATE"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.migrating() as connection:
        connection.execute(text("CREATE TABLE half_made (id INTEGER PRIMARY KEY)"))
    event.remove(database.engine, "do_execute", press_ctrl_c)
    with database.read() as session:
        assert not inspect(session.connection()).has_table("half_made")
    database.dispose()
