"""One row at the cost of one statement: without a transaction around it and without a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from engine.db.burst import compiled_select, errors_of
from engine.db.round_trip import TripConnection, request
from engine.db.session import Database


def glance(database: Database, statement: str) -> Any:
    """The first value of what ``statement`` finds, as of now. It only reads and takes no parameters."""
    return _row(database, statement, ())[0]


def glance_at(database: Database, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
    """The only row of what ``statement`` finds, as of now, in the words of the database's driver.

    ``values`` are by the names of its parameters. Give one and the same statement each time: it is compiled once.
    """
    return _row(database, *compiled_select(database.engine.dialect, statement, values))


def _row(database: Database, sql: str, values: Sequence[Any]) -> Sequence[Any]:
    pooled = database.engine.raw_connection()
    try:
        with errors_of(database.engine.dialect):
            driver: Any = pooled.driver_connection
            if isinstance(driver, TripConnection):
                ((row,),) = driver.ask(request(sql, values))
            else:
                row = driver.execute(sql, values).fetchone()
    finally:
        pooled.close()
    found: Sequence[Any] = row
    return found
