"""What others refer to stays, whoever tries to delete it, and nothing refers to what never was."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from support.office import Office

from engine.db.session import Database

KEPT = ("deal", "department", "history_event", "person", "process_instance", "work_item")


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET id = id + 1000"])
def test_what_others_refer_to_is_not_deleted_and_keeps_its_number(office: Office, table: str, act: str) -> None:
    office.open_deal()
    count = text(f"SELECT count(*), max(id) FROM {table}")  # noqa: S608  # a name of this file
    with office.database.read() as session:
        before = session.execute(count).one()
    with pytest.raises(DBAPIError), office.database.write() as session:
        session.execute(text(act.format(table)))
    with office.database.read() as session:
        assert session.execute(count).one() == before
    assert before[0] > 0


@pytest.mark.postgres
@pytest.mark.parametrize("table", KEPT)
def test_what_others_refer_to_is_not_emptied_either(postgresql_database_url: str, table: str) -> None:
    """No trigger on rows hears of it, and history would stay behind, about nothing."""
    database = Database(postgresql_database_url)
    try:
        with pytest.raises(DBAPIError, match=r"never deleted|append-only"), database.write() as session:
            session.execute(text(f"TRUNCATE {table} CASCADE"))
    finally:
        database.dispose()


@pytest.mark.parametrize("column", ["assignee_id", "group_id", "deal_id", "instance_id", "completed_by_id"])
def test_a_file_database_refuses_a_reference_to_nothing(sqlite_database_url: str, column: str) -> None:
    """PostgreSQL is not asked: the same commands write there, and what they write here is looked up."""
    office = Office(Database(sqlite_database_url))
    office.publish()
    office.open_deal()
    with pytest.raises(IntegrityError), office.database.write() as session:
        session.execute(text(f"UPDATE work_item SET {column} = 987654"))  # noqa: S608  # a name of this file
