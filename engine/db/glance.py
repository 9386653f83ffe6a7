"""One value at the cost of one statement: without a transaction around it and without a session."""

from __future__ import annotations

from typing import Any

from engine.db.burst import errors_of
from engine.db.round_trip import Request, TripConnection
from engine.db.session import Database


def glance(database: Database, statement: str) -> Any:
    """The first value of what ``statement`` finds, as of now. It only reads and takes no parameters."""
    pooled = database.engine.raw_connection()
    try:
        with errors_of(database.engine.dialect):
            return _first_value(pooled.driver_connection, statement)
    finally:
        pooled.close()


def _first_value(driver: Any, statement: str) -> Any:
    if isinstance(driver, TripConnection):
        ((row,),) = driver.ask(Request(statement))
    else:
        row = driver.execute(statement).fetchone()
    return row[0]
