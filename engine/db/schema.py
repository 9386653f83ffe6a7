"""The database's schema: where it stands and how it is brought up to date."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from engine.db.session import Database
from engine.db.upgrade_locks import upgrade_when_free

_MIGRATIONS = Path(__file__).parent / "migrations"


@lru_cache
def newest_revision() -> str:
    """The revision that this version of the product needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        msg = "the product was installed without its migrations"
        raise RuntimeError(msg)
    return head


def current_revision(database: Database) -> str | None:
    """The revision of the database, or None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_up_to_date(database: Database) -> bool:
    return current_revision(database) == newest_revision()


def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction. Several processes may try at once: one does it.

    Raises CommandError for a database that a newer version of the product has written, and DatabaseInUse.
    """
    migrate_to(database, "head")


def migrate_to(database: Database, revision: str) -> None:
    """As ``migrate``, to the schema of an older version: what tests of an upgrade begin with."""

    def is_due(connection: Connection) -> bool:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None:
            ScriptDirectory.from_config(_config()).get_revision(current)  # raises for one of a newer version
        return current != (newest_revision() if revision == "head" else revision)

    def upgrade(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    if database.is_sqlite:
        with database.migrating() as connection:
            upgrade(connection)
    else:
        upgrade_when_free(database, is_due, upgrade)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
