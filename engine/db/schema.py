"""The database's schema: where it stands and how it is brought up to date."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from engine.db.session import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_239_000  # any constant: the name of the lock


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

    Raises CommandError for a database that a newer version of the product has written.
    """
    migrate_to(database, "head")


def migrate_to(database: Database, revision: str) -> None:
    """As ``migrate``, to the schema of an older version: what tests of an upgrade begin with."""
    with database.migrating() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
