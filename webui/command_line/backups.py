"""``backup`` and ``restore``: everything that an installation cannot make again, in one file."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath

import click
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from engine.clock import SystemClock
from engine.db.session import Database
from engine.errors import N_
from engine.queries.machinery import machinery
from engine.queries.stored_files import damaged_files
from engine.settings import Settings
from webui.command_line.environment import settings
from webui.command_line.failures import Failed, reason_of
from webui.command_line.installation import (
    bring_up_to_date,
    database_of,
    has_sqlite_file,
    sqlite_file,
)
from webui.command_line.language import _

_SQLITE = "database.sqlite"
_POSTGRESQL = "database.dump"
_RESTORING = ("pg_restore", "psql")
_KEYS = ("secret_key", "keys", "files")
_READ_AT_ONCE = 2**20
"""Bytes."""
_RUNNING_IF_SEEN_WITHIN_S = 30
_EMPTY_POSTGRESQL = """
SET client_min_messages = warning;
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    LOOP
        EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', found.name);
    END LOOP;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', found.name);
    END LOOP;
END $$;
"""
"""A newer version's tables and functions go as well: they would stand in the way of an older backup's."""


@click.command(help=N_("Write the database, the keys and the files of this installation to FILE (.tar.gz)."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    given = settings()
    with database_of(given), _workspace() as workspace:
        copy = _copy_sqlite(given, workspace) if given.uses_sqlite else _dump_postgresql(given, workspace)
        unfinished = file.with_name(f"{file.name}.unfinished")
        with _opened_for_owner(unfinished) as archive:
            archive.add(copy, copy.name)
            for name in _KEYS:
                if (given.var / name).exists():
                    archive.add(given.var / name, name)
        unfinished.replace(file)
    click.echo(_("Written: %(file)s. It holds keys: keep it where only administrators read.", file=file))


@click.command(help=N_("Put a backup in place of the present database. Stop the server first; the old one is kept."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def restore(file: Path) -> None:
    given = settings()
    if not given.uses_sqlite:
        for name in _RESTORING:  # before a large backup is unpacked for nothing
            _tool(name)
    _ensure_stopped(given)
    with _workspace() as workspace:
        found = _unpack(file, workspace)
        if given.uses_sqlite:
            _put_sqlite(given, found.get(_SQLITE))
        else:
            _restore_postgresql(given, found.get(_POSTGRESQL))
        _put_keys(given, workspace)
    database = Database(given.database_url)
    try:
        bring_up_to_date(database)
        damaged = sum(1 for _each in damaged_files(database))
    finally:
        database.dispose()
    click.echo(_("Restored from %(file)s.", file=file))
    if damaged:
        raise Failed(
            _(
                "Files of deals that are not what they were: %(count)s. Their contents do not fit their hashes.",
                count=damaged,
            )
        )


@contextmanager
def _workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="reglament-") as name:
        yield Path(name)


@contextmanager
def _opened_for_owner(file: Path) -> Iterator[tarfile.TarFile]:
    """A new archive that only its owner may read."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
        yield archive


def _copy_sqlite(given: Settings, workspace: Path) -> Path:
    """SQLite's own online backup: one consistent moment, while people go on working."""
    copy = workspace / _SQLITE
    with closing(sqlite3.connect(sqlite_file(given))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _dump_postgresql(given: Settings, workspace: Path) -> Path:
    copy = workspace / _POSTGRESQL
    url = make_url(given.database_url)
    _run([_tool("pg_dump"), "--format=custom", "--no-owner", "--file", str(copy), *_connection(url)], url)
    return copy


def _restore_postgresql(given: Settings, dump: Path | None) -> None:
    if dump is None:
        raise Failed(_("This backup was made of a SQLite database; DATABASE_URL names PostgreSQL."))
    url = make_url(given.database_url)
    empty, restored = dump.with_name("empty.sql"), dump.with_name("restored.sql")
    empty.write_text(_EMPTY_POSTGRESQL)
    _run([_tool("pg_restore"), "--no-owner", "--no-comments", f"--file={restored}", str(dump)], url)
    options = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run([_tool("psql"), *options, *_connection(url), f"--file={empty}", f"--file={restored}"], url)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Failed(_("%(name)s is not installed: install PostgreSQL's client programs.", name=name))
    return found


def _connection(url: URL) -> list[str]:
    named = {"--host": url.host, "--port": url.port, "--username": url.username, "--dbname": url.database}
    return [f"{option}={value}" for option, value in named.items() if value]


def _run(command: list[str], url: URL) -> None:
    secret: Mapping[str, str] = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own tool with our own database's name
        command, env={**os.environ, **secret}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed(_("%(name)s failed: %(reason)s", name=Path(command[0]).name, reason=done.stderr.strip()))


def _ensure_stopped(given: Settings) -> None:
    """A server that goes on writing would mix the two databases."""
    if given.uses_sqlite and not has_sqlite_file(given):
        return
    database = Database(given.database_url)
    try:
        with database.read() as session:
            age = machinery(session, SystemClock().now()).worker_age_s
    except SQLAlchemyError:
        return  # nothing readable is there: nobody works with it
    finally:
        database.dispose()
    if age is not None and age < _RUNNING_IF_SEEN_WITHIN_S:
        raise Failed(_("The server was running %(age)s s ago. Stop it, wait half a minute and restore.", age=age))


def _unpack(file: Path, workspace: Path) -> dict[str, Path]:
    try:
        with gzip.open(file) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                _unpack_member(archive, member, workspace)
            while stream.read(_READ_AT_ONCE):  # behind the last member stands what proves that all of it is whole
                pass
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError):  # also names that no file can have
        raise Failed(_("%(file)s is no backup of this program, or it is damaged.", file=file)) from None
    except OSError as failure:
        raise Failed(_("%(file)s cannot be read: %(reason)s", file=file, reason=reason_of(failure))) from None
    found = {name: workspace / name for name in (_SQLITE, _POSTGRESQL) if (workspace / name).is_file()}
    if not found:
        raise Failed(_("%(file)s is no backup of this program, or it is damaged.", file=file))
    return found


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, workspace: Path) -> None:
    """By hand: Debian 12's Python has no filters of ``extractall``. Raises TarError for what leads elsewhere."""
    parts = PurePosixPath(member.name).parts
    if ".." in parts or PurePosixPath(member.name).is_absolute() or not (member.isfile() or member.isdir()):
        raise tarfile.ExtractError(member.name)
    target = workspace.joinpath(*parts)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    if content is None:
        raise tarfile.ExtractError(member.name)
    with content, target.open("wb") as stream:
        shutil.copyfileobj(content, stream)
    target.chmod(member.mode & 0o755 | 0o600)


def _put_sqlite(given: Settings, copy: Path | None) -> None:
    if copy is None:
        raise Failed(_("This backup was made of a PostgreSQL database: set DATABASE_URL."))
    with closing(sqlite3.connect(copy)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Failed(_("The database in the backup is damaged."))
    target = sqlite_file(given)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        _fold_in_log(target)
        target.replace(target.with_name(f"{target.name}.before-restore"))
    arriving = target.with_name(f"{target.name}.arriving")
    shutil.copyfile(copy, arriving)
    arriving.replace(target)


def _fold_in_log(file: Path) -> None:
    """The write-ahead log belongs to the old database: the new one must not find it beside itself."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _put_keys(given: Settings, workspace: Path) -> None:
    given.var.mkdir(parents=True, exist_ok=True)
    for name in _KEYS:
        source, target = workspace / name, given.var / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, target)
            target.chmod(0o600)
