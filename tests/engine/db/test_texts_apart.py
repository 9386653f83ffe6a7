"""On PostgreSQL the texts that are searched hear of no change but their own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from threading import Thread

import pytest
from sqlalchemy import insert, select, text
from support.office import MONDAY_10, Office
from support.servers import PostgreSQL

from engine.db.schema import migrate, migrate_to
from engine.db.session import Database
from engine.model.deal import Deal
from engine.policy.search_keys import search_text
from engine.queries.text_search import matches

WRITTEN = {
    table: text(f"SELECT id, xmin::text, search_text FROM fts_{table} ORDER BY id")  # noqa: S608  # names of this file
    for table in ("deal", "work_item")
}


@pytest.mark.postgres
def test_a_step_that_is_done_writes_no_text_but_that_of_the_step_it_opens(postgresql_database_url: str) -> None:
    office = Office(Database(postgresql_database_url))
    try:
        office.publish()
        deal = office.open_deal()
        before = {table: _written(office, table) for table in WRITTEN}
        office.prepare()
        assert _written(office, "deal") == before["deal"] != []
        assert _written(office, "work_item")[: len(before["work_item"])] == before["work_item"] != []
        assert len(_written(office, "work_item")) > len(before["work_item"])
        with office.database.write() as session:
            session.get_one(Deal, deal.id).search_text = search_text("Зоря")
        with office.database.read() as session:
            assert session.scalars(select(Deal.id).where(matches(session, Deal.search_text, "зоря"))).all() == [deal.id]
    finally:
        office.database.dispose()


def _written(office: Office, table: str) -> list[tuple[object, ...]]:
    with office.database.read() as session:
        return [tuple(row) for row in session.execute(WRITTEN[table])]


@pytest.fixture
def database_of_before(postgresql: PostgreSQL) -> Iterator[Database]:
    """As it was before the texts stood apart."""
    name = f"before_{uuid.uuid4().hex}"
    database = Database(postgresql.create_database(name))
    migrate_to(database, "0055")
    yield database
    database.dispose()
    postgresql.drop_database(name)


@pytest.mark.postgres
def test_what_a_program_of_the_version_before_writes_during_the_upgrade_is_found(database_of_before: Database) -> None:
    values = {"number": "Д-1", "title": "Насоси", "client_id": 1, "owner_id": 1, "definition_key": "sale"}
    upgrade = Thread(target=migrate, args=(database_of_before,))
    with database_of_before.engine.connect() as writer:
        writer.execute(text("SET LOCAL session_replication_role = replica"))  # its client and owner are of no interest
        writer.execute(insert(Deal).values(**values, sort_key="", search_text="насоси", opened_at=MONDAY_10))
        upgrade.start()
        with database_of_before.engine.connect() as onlooker:
            ends_at = time.monotonic() + 60
            while not onlooker.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert time.monotonic() < ends_at, "the upgrade waits for nobody"
                time.sleep(0.02)
        writer.commit()
    upgrade.join()
    with database_of_before.engine.connect() as connection:
        assert connection.scalars(text("SELECT search_text FROM fts_deal")).all() == ["насоси"]
