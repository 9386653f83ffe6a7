"""Databases as an older version of the product left them: each schema is made once, and copied for each test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.servers import PostgreSQL

from engine.db.schema import migrate_to
from engine.db.session import Database


class FormerSchemas:
    """What is made lives as long as the session of tests that ``request`` belongs to."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request, self._folder = request, folder
        self._made: set[str] = set()

    @contextmanager
    def copy(self, kind: str, revision: str, folder: Path) -> Iterator[Database]:
        """An empty database of ``revision`` for one test, a file in ``folder`` or on the session's PostgreSQL."""
        with self._on_sqlite(revision, folder) if kind == "sqlite" else self._on_postgresql(revision) as database:
            yield database

    @contextmanager
    def _on_sqlite(self, revision: str, folder: Path) -> Iterator[Database]:
        made = self._folder / f"{revision}.sqlite"
        if not made.exists():
            _make(f"sqlite:///{made}", revision)
        database = Database(f"sqlite:///{shutil.copy(made, folder / 'before.sqlite')}")
        yield database
        database.dispose()

    @contextmanager
    def _on_postgresql(self, revision: str) -> Iterator[Database]:
        server: PostgreSQL = self._request.getfixturevalue("postgresql")
        made = f"reglament_{revision}"
        if made not in self._made:
            _make(server.create_database(made), revision)
            self._made.add(made)
        name = f"before_{uuid.uuid4().hex}"
        database = Database(server.create_database(name, template=made))
        yield database
        database.dispose()
        server.drop_database(name)


def _make(url: str, revision: str) -> None:
    database = Database(url)
    try:
        migrate_to(database, revision)
    finally:
        database.dispose()


@pytest.fixture(scope="session")
def former_schemas(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FormerSchemas:
    return FormerSchemas(request, tmp_path_factory.mktemp("former_schemas"))
