"""The installation that a command works on: its settings, and its database in the right state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from engine.db.schema import WrittenByNewerVersion, current_revision, is_up_to_date, migrate
from engine.db.session import Database
from engine.db.shared_sessions import shares_sessions
from engine.settings import Settings, settings_from
from webui.command_line.failures import Failed
from webui.command_line.language import LOCALES, _

_FILE_BOUNDS = ("FILE_MAX_MB", "DEAL_FILES_MAX_MB", "ALL_FILES_MAX_GB")
_DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql+psycopg"})


def settings() -> Settings:
    """What the environment decides. Raises Failed for a number, address, zone, language or folder that is none."""
    try:
        given = settings_from()
    except ValueError:
        numbers = {name: os.environ.get(name, "") for name in ("PORT", "WEB_PROCESSES", *_FILE_BOUNDS)}
        name, value = next(pair for pair in numbers.items() if pair[1] and not pair[1].isdecimal())
        raise Failed(_("%(name)s must be a number, not “%(value)s”.", name=name, value=value)) from None
    _ensure_addresses_are_understood(given)
    try:
        ZoneInfo(given.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failed(
            _("TZ_DEFAULT must be a time zone such as Europe/Kyiv, not “%(value)s”.", value=given.time_zone)
        ) from None
    if given.locale not in LOCALES:
        raise Failed(
            _("LOCALE_DEFAULT must be %(known)s, not “%(value)s”.", known=" / ".join(LOCALES), value=given.locale)
        )
    there = next(folder for folder in (given.var, *given.var.parents) if folder.is_symlink() or folder.exists())
    if not there.exists():
        raise Failed(
            _("REGLAMENT_VAR must name a folder: %(path)s is a link to what is not there. Is a disk away?", path=there)
        )
    if not there.is_dir():
        raise Failed(
            _(
                "REGLAMENT_VAR must name a folder: %(path)s is a file. Name another one, or move the file.",
                path=there,
            )
        )
    return given


def _ensure_addresses_are_understood(given: Settings) -> None:
    """Raises Failed. What may hold a password is not repeated."""
    if not _names_a_database(given.database_url):
        raise Failed(_("DATABASE_URL must be of the form postgresql://user:password@host/name."))
    # Celery would take what it does not know for a broker of another kind, and its worker would wait for that for ever.
    if given.redis_url is not None and not _is_address(given.redis_url, "redis", "rediss"):
        raise Failed(_("REDIS_URL must be of the form redis://host:6379/0."))
    if os.environ.get("BASE_URL") and not _is_address(given.base_url, "http", "https"):
        raise Failed(
            _(
                "BASE_URL must be the whole address that people type, such as https://sales.example.com, "
                "not “%(value)s”.",
                value=given.base_url,
            )
        )


def _names_a_database(url: str) -> bool:
    try:
        return make_url(url).drivername in _DRIVERS
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        return False


def _is_address(url: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or a host that is none
        return False


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
