"""The arranged company, made once on each kind of database and copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from support.lent_databases import LentDatabases
from upgrades.arranged_company import TITLES, Arranged, arrange_on_postgresql, arrange_on_sqlite
from upgrades.waiting_deals import Ending, finish


@pytest.fixture(scope="session")
def arranged_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Arranged:
    return arrange_on_sqlite(sqlite_template, tmp_path_factory.mktemp("arranged"))


@pytest.fixture(scope="session")
def arranged_on_postgresql(lent_databases: LentDatabases) -> Arranged:
    return arrange_on_postgresql(lent_databases)


@pytest.fixture(scope="module")
def arranged(request: pytest.FixtureRequest) -> Arranged:
    """On the kind of database that the test is generated for."""
    made: Arranged = request.getfixturevalue(f"arranged_on_{request.param}")
    return made


@pytest.fixture(scope="session")
def ending_of(arranged_on_sqlite: Arranged) -> Callable[[str], Ending]:
    """The end of a deal that nobody has repaired: on SQLite, and it is to be the same on PostgreSQL."""

    @cache
    def ending(title: str) -> Ending:
        with arranged_on_sqlite.copy() as office:
            finish(office, title)
            return Ending.of(office, title)

    return ending


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of an ``arranged`` deal by its ``title``: of each on SQLite, in the short form of a fifth on PostgreSQL.

    A copy of the company costs PostgreSQL some ten times as long.
    """
    if not {"arranged", "title"} <= set(metafunc.fixturenames):
        return
    share = TITLES if metafunc.config.getoption("--full") else TITLES[::5]
    cases = [pytest.param("sqlite", title, id=f"sqlite-{title}") for title in TITLES]
    cases += [
        pytest.param("postgresql", title, id=f"postgresql-{title}", marks=pytest.mark.postgres) for title in share
    ]
    metafunc.parametrize(("arranged", "title"), cases, indirect=["arranged"])
