"""The database's schema: where it stands and how it is brought up to date.

Alembic is imported only where a database is behind: every start of a process looks, and hardly any finds it so.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection, column, inspect, select, table

from engine.db.session import Database
from engine.db.upgrade_locks import upgrade_when_free
from engine.errors import N_, DomainError

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_REACHED = table("alembic_version", column("version_num"))


class WrittenByNewerVersion(Exception):
    """No migration of this version of the product is that of the database."""


class SeveralVersions(DomainError):
    """The database names several ``revisions`` at once: nobody knows which of their tables stand there."""

    code: ClassVar[str] = "several_versions"
    template: ClassVar[str] = N_(
        "The database says that it is of several versions at once (%(revisions)s): a dump was loaded into one that was "
        "not empty. Load it into an empty database."
    )


@lru_cache
def newest_revision() -> str:
    """The revision that this version of the product needs: that of its last migration, whose file begins with it."""
    revisions = [file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")]
    if not revisions:
        msg = "the product was installed without its migrations"
        raise RuntimeError(msg)
    return max(revisions)


def current_revision(database: Database) -> str | None:
    """The revision of the database, or None for an empty one. Raises SeveralVersions."""
    with database.engine.connect() as connection:
        return _reached(connection)


def _reached(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_REACHED.name):
        return None
    revisions = connection.scalars(select(_REACHED.c.version_num).order_by(_REACHED.c.version_num)).all()
    if len(revisions) > 1:
        raise SeveralVersions(revisions=", ".join(revisions))
    return revisions[0] if revisions else None


def is_up_to_date(database: Database) -> bool:
    return current_revision(database) == newest_revision()


def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction. Several processes may try at once: one does it.

    Raises WrittenByNewerVersion, SeveralVersions, DatabaseInUse.
    """
    migrate_to(database, "head")


def migrate_to(database: Database, revision: str) -> None:
    """As ``migrate``, to the schema of an older version: what tests of an upgrade begin with."""
    from alembic import command  # noqa: PLC0415  # only for a database that is behind
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    def is_due(connection: Connection) -> bool:
        current = _reached(connection)
        if current is not None:
            ScriptDirectory.from_config(_config()).get_revision(current)  # raises for one of a newer version
        return current != (newest_revision() if revision == "head" else revision)

    def upgrade(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    try:
        if database.is_sqlite:
            with database.migrating() as connection:
                if is_due(connection):
                    upgrade(connection)
        else:
            upgrade_when_free(database, is_due, upgrade)
    except CommandError as error:
        raise WrittenByNewerVersion from error


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415  # only for a database that is behind

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
