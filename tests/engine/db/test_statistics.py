"""Of tables that were filled at once PostgreSQL knows how full they are, and plans anew what was prepared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from engine.db.session import Database
from engine.db.statistics import FEWEST, learn_of_rows

_FILL = (
    "INSERT INTO job (id, kind, payload, state, due_at, attempts, last_error, created_at)"
    " SELECT n::text, 'mail', '{}', 'done', now(), 1, '', now() FROM generate_series(1, 5000) AS n"
)


@pytest.fixture
def database(postgresql_database_url: str) -> Iterator[Database]:
    database = Database(postgresql_database_url)
    yield database
    database.dispose()


@pytest.fixture
def working(database: Database) -> Iterator[Connection]:
    """Somebody who has the database open meanwhile, each statement a transaction."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE job")
        yield connection


@pytest.mark.postgres
def test_what_is_prepared_is_planned_anew_once_a_filled_table_is_known_to_be_full(
    database: Database, working: Connection
) -> None:
    working.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
    working.exec_driver_sql("PREPARE asked AS SELECT * FROM job")

    def rows_expected() -> int:
        (told,) = working.exec_driver_sql("EXPLAIN (FORMAT JSON) EXECUTE asked").scalar_one()
        return int(told["Plan"]["Plan Rows"])

    rows_expected()
    working.exec_driver_sql(_FILL)
    before = rows_expected()
    assert learn_of_rows(database, ("job", "watch"), 5_000) == ("job", "watch")
    assert before != rows_expected() == 5_000
    working.exec_driver_sql("DEALLOCATE asked")
    working.exec_driver_sql("RESET plan_cache_mode")


@pytest.mark.postgres
def test_a_table_of_which_little_is_new_is_left_alone(database: Database, working: Connection) -> None:
    working.exec_driver_sql(_FILL)
    working.exec_driver_sql("ANALYZE job")
    assert learn_of_rows(database, ("job",), 500) == ()
    assert learn_of_rows(database, ("job",), 501) == ("job",)
    assert learn_of_rows(database, ("watch",), FEWEST - 1) == ()


@pytest.mark.postgres
def test_a_table_that_somebody_analyses_is_not_waited_for(database: Database) -> None:
    with database.engine.connect() as other:
        other.execute(text("ANALYZE job"))  # which locks it to the end of the transaction
        assert learn_of_rows(database, ("job",), FEWEST) == ("job",)


@pytest.mark.postgres
def test_what_is_written_is_written_although_it_cannot_be_learnt_of(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Database(database.engine.url.set(database="gone").render_as_string(hide_password=False))
    assert learn_of_rows(gone, ("job",), FEWEST) == ()
    gone.dispose()
    assert "The tables are not analysed" in caplog.text


def test_sqlite_is_never_analysed(sqlite_database_url: str) -> None:
    database = Database(sqlite_database_url)
    assert learn_of_rows(database, ("deal",), 10_000) == ()
    database.dispose()
