"""The arranged company, made once on each kind of database and copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from support.former_schemas import former_schemas
from support.lent_databases import LentDatabases
from upgrades.arranged_company import TITLES, Arranged, arrange_on_postgresql, arrange_on_sqlite
from upgrades.waiting_deals import Ending, finish

__all__ = ["arranged", "arranged_on_postgresql", "arranged_on_sqlite", "ending_of", "former_schemas"]

_TURN = {
    "test_a_repair_and_its_opposite_leave_the_deal_as_it_stood": 0,
    "test_what_failed_is_tried_again_as_if_it_had_not_failed": 1,
}
"""Which of the waits a test begins with in the short form."""


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
    """A test of an ``arranged`` deal by its ``title``: in the long form of each of them on both kinds of database.

    In the short form every wait is tried by one of the two tests that there are, each of which takes every second, and
    by none but every tenth on PostgreSQL: a copy of the company costs it some ten times as long.
    """
    if not {"arranged", "title"} <= set(metafunc.fixturenames):
        return
    on_sqlite = on_postgresql = TITLES
    if not metafunc.config.getoption("--full"):
        on_sqlite = TITLES[_TURN[metafunc.function.__name__] :: 2]
        on_postgresql = on_sqlite[::5]
    cases = [pytest.param("sqlite", title, id=f"sqlite-{title}") for title in on_sqlite]
    cases += [
        pytest.param("postgresql", title, id=f"postgresql-{title}", marks=pytest.mark.postgres)
        for title in on_postgresql
    ]
    metafunc.parametrize(("arranged", "title"), cases, indirect=["arranged"])
