"""Deleting so that nothing can be read out of the database's file afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session


@contextmanager
def overwritten(session: Session) -> Iterator[None]:
    """What is deleted or replaced inside is overwritten with zeros on SQLite, which else leaves it in free pages.

    PostgreSQL leaves old rows to VACUUM. Everything is flushed at the end, so that nothing is written behind it.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
        session.flush()
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
