"""The arranged company, made once on each kind of database and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lent_databases import LentDatabases
from upgrades.arranged_company import Arranged, arranged_on_postgresql, arranged_on_sqlite


@pytest.fixture(scope="session")
def arranged_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Arranged:
    return arranged_on_sqlite(sqlite_template, tmp_path_factory.mktemp("arranged"))


@pytest.fixture(scope="session")
def arranged_server(lent_databases: LentDatabases) -> Arranged:
    return arranged_on_postgresql(lent_databases)


@pytest.fixture(
    params=["file", pytest.param("server", marks=pytest.mark.postgres)], ids=["sqlite", "postgresql"], scope="module"
)
def arranged(request: pytest.FixtureRequest) -> Arranged:
    """On SQLite and on PostgreSQL."""
    made: Arranged = request.getfixturevalue(f"arranged_{request.param}")
    return made
