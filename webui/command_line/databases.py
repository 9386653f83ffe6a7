"""``migrate`` and ``demo``."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import click

from engine.clock import SystemClock
from engine.db.schema import newest_revision
from engine.db.session import Database
from engine.errors import N_
from engine.settings import Settings
from webui.command_line.environment import settings
from webui.command_line.failures import Failed
from webui.command_line.installation import bring_up_to_date, sqlite_file
from webui.command_line.language import _
from webui.demo.emptiness import is_empty


@click.command("migrate", help=N_("Bring the database up to date."))
def migrate_database() -> None:
    database = Database(settings().database_url)
    try:
        changed = bring_up_to_date(database)
    finally:
        database.dispose()
    if changed:
        click.echo(_("The database is now at revision %(revision)s.", revision=newest_revision()))
    else:
        click.echo(_("The database is up to date."))


@click.command(help=N_("Fill an empty database with the demo company."))
def demo() -> None:
    if not fill_if_empty(settings()):
        raise Failed(_("The database is not empty: the demo company is only loaded into an empty one."))


def fill_if_empty(given: Settings) -> bool:
    """Load the demo company unless somebody works here already; whether it was loaded."""
    database = Database(given.database_url)
    try:
        bring_up_to_date(database)
        if not is_empty(database):
            return False
        click.echo(_("Loading the demo company: it lives through three months of sales…"))
        if not given.uses_sqlite:
            _load(database)
            return True
    finally:
        database.dispose()
    _load_beside(sqlite_file(given))
    return True


def _load_beside(file: Path) -> None:
    """Whole or not at all: an interrupted loading must not leave half a company. The database in ``file`` is empty."""
    beside = file.with_name(f"{file.name}.loading")
    for one in (beside, *_beside(beside)):
        one.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as migrated, closing(sqlite3.connect(beside)) as copy:
        migrated.backup(copy)
    database = Database(f"sqlite:///{beside}")
    try:
        _load(database)
    finally:
        database.dispose()
    for one in (*_beside(beside), *_beside(file)):
        one.unlink(missing_ok=True)
    beside.replace(file)
    beside.with_name(f"{beside.name}.lock").unlink(missing_ok=True)


def _beside(file: Path) -> list[Path]:
    """What SQLite keeps there while somebody is connected."""
    return [file.with_name(f"{file.name}{ending}") for ending in ("-wal", "-shm")]


def _load(database: Database) -> None:
    from engine.bpmn.compile_child import release_compiler  # noqa: PLC0415  # as all that loading needs:
    from webui.demo.company import load_demo_company  # noqa: PLC0415  # large to load, and rarely needed

    shown = _Progress()
    load_demo_company(database, until=SystemClock().now(), progress=shown.show)
    release_compiler()
    shown.end()


class _Progress:
    """Per cents that overwrite each other at a terminal, and a line per quarter in a log."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._said = 0

    def show(self, share: float) -> None:
        percent = int(share * 100)
        if self._is_terminal and percent != self._said:
            click.echo(f"\r{percent:3} %", nl=False)
        elif percent // 25 > self._said // 25:
            click.echo(f"{percent:3} %")
        self._said = percent

    def end(self) -> None:
        if self._is_terminal:
            click.echo("\r100 %")
