"""Deleting so that nothing can be read out of the database's file afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

_TEXT_INDEXES = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5(%' ORDER BY name"


@contextmanager
def overwritten(session: Session) -> Iterator[None]:
    """What is deleted or replaced inside is overwritten with zeros on SQLite, which else leaves it in free pages.

    Its indexes of texts only note what is deleted, and keep it until they are merged: they are merged at once, which
    takes half a second where 30,000 letters and comments are searched. PostgreSQL leaves old rows to VACUUM.
    Everything is flushed at the end, so that nothing is written behind it.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
        session.flush()
        for index in connection.exec_driver_sql(_TEXT_INDEXES).scalars().all():
            connection.exec_driver_sql(f"INSERT INTO {index}({index}) VALUES ('optimize')")  # noqa: S608  # of the schema
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
