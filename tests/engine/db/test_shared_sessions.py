"""A pool that shares the server's sessions is recognised; whatever leaves them to us is not taken for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support.missing import found_or_skipped
from support.servers import PgBouncer, PostgreSQL

from engine.db.session import Database
from engine.db.shared_sessions import shares_sessions

Open = Callable[[str], Database]


@pytest.fixture
def opened() -> Iterator[Open]:
    with ExitStack() as held:

        def database(url: str) -> Database:
            one = Database(url)
            held.callback(one.dispose)
            return one

        yield database


@pytest.fixture
def behind(postgresql: PostgreSQL, opened: Open) -> Iterator[Open]:
    """A database behind a pool of the mode."""
    found_or_skipped(PgBouncer.find)
    with ExitStack() as held:
        yield lambda mode: opened(held.enter_context(PgBouncer(postgresql, mode)).url)


@pytest.mark.postgres
def test_a_pool_that_gives_sessions_away_is_recognised(behind: Open) -> None:
    assert shares_sessions(behind("transaction"))


@pytest.mark.postgres
def test_a_pool_that_keeps_sessions_together_is_none(behind: Open) -> None:
    assert not shares_sessions(behind("session"))


@pytest.mark.postgres
def test_a_server_that_is_reached_itself_is_none(opened: Open, postgres_url: str) -> None:
    assert not shares_sessions(opened(postgres_url))


def test_a_file_is_none(opened: Open, sqlite_database_url: str) -> None:
    assert not shares_sessions(opened(sqlite_database_url))
