"""One value at the cost of one statement: without a transaction around it and without a session."""

from __future__ import annotations

from typing import Any

from engine.db.session import Database


def glance(database: Database, statement: str) -> Any:
    """The first value of what ``statement`` finds, as of now. It only reads and takes no parameters."""
    # SQLite's connections are in this mode for good; asking for it would put them out of it afterwards.
    options = {} if database.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
    with database.engine.connect().execution_options(**options) as connection:
        return connection.exec_driver_sql(statement).scalar_one()
