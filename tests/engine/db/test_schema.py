"""Where a database stands is found without Alembic, and as Alembic finds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from engine.db import schema
from engine.db.schema import (
    SeveralVersions,
    WrittenByNewerVersion,
    current_revision,
    is_up_to_date,
    migrate,
    newest_revision,
)
from engine.db.session import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def test_the_newest_revision_is_the_only_head_of_the_migrations() -> None:
    migrations = Config()
    migrations.set_main_option("script_location", str(schema._MIGRATIONS))
    assert ScriptDirectory.from_config(migrations).get_heads() == [newest_revision()]


def test_a_migrated_database_stands_where_alembic_says(database: Database) -> None:
    with database.engine.connect() as connection:
        assert current_revision(database) == MigrationContext.configure(connection).get_current_revision()
    assert is_up_to_date(database)


def test_an_empty_database_has_no_revision_and_is_behind(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert current_revision(database) is None
    assert not is_up_to_date(database)


def test_what_a_newer_version_has_written_is_not_migrated(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrittenByNewerVersion):
        migrate(database)
    assert current_revision(database) == "9999"


def test_a_database_of_several_versions_at_once_is_of_none(database: Database) -> None:
    """A dump of an older version was loaded over it: whichever row came first, decided."""
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('0078')"))
    for looks in (is_up_to_date, migrate):
        with pytest.raises(SeveralVersions, match=f"0078, {newest_revision()}"):
            looks(database)


def test_a_database_whose_version_was_lost_is_not_taken_for_a_current_one(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert current_revision(database) is None
    assert not is_up_to_date(database)
