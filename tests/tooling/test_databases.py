"""The databases that tests get: migrated, on both kinds, and each test's own."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.db.schema import is_up_to_date
from engine.db.session import Database


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


def test_the_two_kinds_are_what_they_say(sqlite_database_url: str, postgresql_database_url: str) -> None:
    assert sqlite_database_url.startswith("sqlite:///")
    assert postgresql_database_url.startswith("postgresql+psycopg://")
