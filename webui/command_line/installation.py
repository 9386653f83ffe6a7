"""The installation that a command works on: its settings, and its database in the right state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from engine.db.schema import WrittenByNewerVersion, current_revision, is_up_to_date, migrate
from engine.db.session import Database
from engine.db.shared_sessions import shares_sessions
from engine.settings import Settings
from webui.command_line.failures import Failed
from webui.command_line.language import _


@contextmanager
def database_of(given: Settings) -> Iterator[Database]:
    """The migrated database. Raises Failed when it is not there yet, of another version, or behind a shared pool."""
    if given.uses_sqlite and not has_sqlite_file(given):
        raise Failed(_("There is no database yet: start `reglament run`, or `reglament migrate`."))
    database = Database(given.database_url)
    try:
        _ensure_own_sessions(database)
        if not is_up_to_date(database):
            raise Failed(_("The database has another version than the program: run `reglament migrate`."))
        yield database
    finally:
        database.dispose()


def bring_up_to_date(database: Database) -> bool:
    """Migrate if needed; whether it was. Raises Failed for a database of a newer program, or behind a shared pool."""
    _ensure_own_sessions(database)
    if is_up_to_date(database):
        return False
    try:
        migrate(database)
    except WrittenByNewerVersion:
        revision = current_revision(database)
        raise Failed(
            _("A newer version of the program has written this database (%(revision)s): update.", revision=revision)
        ) from None
    return True


def _ensure_own_sessions(database: Database) -> None:
    """Raises Failed where the server's processes are shared between connections."""
    if shares_sessions(database):
        raise Failed(
            _(
                "DATABASE_URL leads to a pool that shares PostgreSQL's sessions, as PgBouncer does with pool_mode = "
                "transaction: steps would fail there. Name PostgreSQL itself, or set pool_mode = session."
            )
        )


def sqlite_file(given: Settings) -> Path:
    """Where the SQLite database lies."""
    return Path(make_url(given.database_url).database or "")


def has_sqlite_file(given: Settings) -> bool:
    return sqlite_file(given).is_file()
