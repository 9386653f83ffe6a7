"""The company at work in a database of a test: founded once by its commands, and copied from then on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest
from support.as_founded import AsFounded
from support.lent_databases import Content, LentDatabases
from support.office import Office
from support.servers import PostgreSQL

from engine.db.session import Database


class FoundedOffices:
    """``request`` gives the session's servers and templates, none before it is needed; ``folder`` is empty."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request = request
        self._folder = folder

    @contextmanager
    def at_work(self, url: str) -> Iterator[Office]:
        """The office over the migrated database at ``url``, as yet empty, with its sales map published."""
        database = Database(url)
        if database.is_sqlite:
            file, as_founded = self._sqlite
            shutil.copy(file, str(database.engine.url.database))
        else:
            content, as_founded = self._content
            self._lent.fill(str(database.engine.url.database), content, partial(_own_connection, database))
        yield Office(database, as_founded=as_founded)
        database.dispose()

    @cached_property
    def _sqlite(self) -> tuple[Path, AsFounded]:
        file = self._folder / "office.sqlite"
        shutil.copy(self._request.getfixturevalue("sqlite_template"), file)
        return file, _found(f"sqlite:///{file}")

    @cached_property
    def _postgresql(self) -> PostgreSQL:
        server: PostgreSQL = self._request.getfixturevalue("postgresql")
        return server

    @cached_property
    def _lent(self) -> LentDatabases:
        lent: LentDatabases = self._request.getfixturevalue("lent_databases")
        return lent

    @cached_property
    def _content(self) -> tuple[Content, AsFounded]:
        name = self._lent.lend()
        as_founded = _found(self._postgresql.url_of(name))
        with self._postgresql.connect(name) as connection:
            content = Content.of(connection)
        self._lent.take_back(name)
        return content, as_founded


@contextmanager
def _own_connection(database: Database) -> Iterator[Any]:
    """Whoever works in the database goes on with it: to open one costs the server most."""
    with database.engine.connect() as connection:
        yield connection.connection.driver_connection


def _found(url: str) -> AsFounded:
    database = Database(url)
    Office(database).publish()
    as_founded = AsFounded.of(database)
    database.dispose()
    return as_founded
