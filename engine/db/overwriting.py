"""Deleting so that nothing can be read out of the database's file afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.db.outbox import enqueue

TEXT_INDEXES = "text_indexes"
"""The kind of an outbox job: payload ``indexes``, the names of indexes of texts that are still to be merged."""

_TEXT_INDEXES = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5(%' ORDER BY name"
_MOST_PAGES = 4_000
"""Of an index that is merged at once: of some 30,000 letters and comments, in half a second."""
_PAGES_AT_ONCE = 1_000
_NO_CHANGE = 2  # a command to an index counts as a changed row itself


@contextmanager
def overwritten(session: Session, *, at: datetime) -> Iterator[None]:
    """What is deleted or replaced inside is overwritten with zeros on SQLite, which else leaves it in free pages.

    Its indexes of texts only note what is deleted, and keep it until they are merged: they are merged at once, or,
    large ones, by a job that is due ``at`` this moment, since nobody else writes meanwhile. PostgreSQL leaves old rows
    to VACUUM. Everything is flushed at the end, so that nothing is written behind it.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
        session.flush()
        large = []
        for index in connection.exec_driver_sql(_TEXT_INDEXES).scalars().all():
            some = f"SELECT 1 FROM {index}_data LIMIT {_MOST_PAGES + 1}"  # noqa: S608  # of the schema
            pages = connection.exec_driver_sql(f"SELECT count(*) FROM ({some})").scalar_one()  # noqa: S608  # as above
            if pages > _MOST_PAGES:
                large.append(index)
            else:
                connection.exec_driver_sql(f"INSERT INTO {index}({index}) VALUES ('optimize')")  # noqa: S608  # of the schema
        if large:
            enqueue(session, TEXT_INDEXES, {"indexes": large}, at=at)
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def merge_some(session: Session, index: str, *, begins: bool) -> bool:
    """Merge some pages of an index of texts; whether anything was left to merge.

    ``begins``: all of the index is to be merged that it has at this moment. What others add meanwhile stays beside it.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        before, pages = driver.total_changes, -_PAGES_AT_ONCE if begins else _PAGES_AT_ONCE
        connection.exec_driver_sql(f"INSERT INTO {index}({index}, rank) VALUES ('merge', {pages})")  # noqa: S608  # of the schema
        return bool(driver.total_changes - before >= _NO_CHANGE)
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
