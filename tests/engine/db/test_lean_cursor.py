"""Columns as the lean cursor describes them: as psycopg does, as far as it says anything."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from engine.db.lean_cursor import LeanCursor

pytestmark = pytest.mark.postgres


@pytest.fixture
def connection(postgresql_database_url: str) -> Iterator[psycopg.Connection]:
    url = make_url(postgresql_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 AS one, 'два' AS \"два\", NULL::jsonb AS three",
        "SELECT id, title FROM deal",
        "SELECT",
        "CREATE TEMPORARY TABLE passing (id int)",
        "UPDATE deal SET title = title",
        "UPDATE deal SET title = title RETURNING id",
    ],
)
def test_names_and_types_are_those_of_psycopg(connection: psycopg.Connection, statement: str) -> None:
    lean, stock = LeanCursor(connection), psycopg.Cursor(connection)
    lean.execute(statement)
    told = lean.description
    connection.rollback()
    stock.execute(statement)
    expected = stock.description
    assert told == (None if expected is None else [(one[0], one[1], *(None,) * 5) for one in expected])


def test_nothing_is_described_before_anything_is_executed(connection: psycopg.Connection) -> None:
    assert LeanCursor(connection).description is None
