"""Whether the server gives a connection to somebody else between two transactions, as PgBouncer can be told to.

We cannot work so. Statements are prepared once for a connection and called by their name afterwards: in a process of
the server that several share, the name is missing, or it is somebody else's statement and does what that one does. And
the limit of how long a transaction may stand still is set for a connection.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from engine.db.session import Database

_OFTEN_ENOUGH = 5
"""A pool gives the process that was used last, unless somebody else has just got it."""
_PID = b"SELECT pg_backend_pid()"


def shares_sessions(database: Database) -> bool:
    """Whether two of our connections, both open, are served by one process of PostgreSQL, or one by several.

    One question to a server that is reached without a pool, and none to SQLite. Raises SQLAlchemy's errors.
    """
    if database.is_sqlite:
        return False
    with database.engine.connect() as first:
        if _told_at_connecting(first) == _serving(first):
            return False
        with database.engine.connect() as second:
            served = [(_serving(first), _serving(second)) for _ in range(_OFTEN_ENOUGH)]
    return any(one == other or one != served[0][0] for one, other in served)


def _told_at_connecting(connection: Connection) -> int:
    """The process of the server, as it was named to the client; a pool names one that is none."""
    driver: Any = connection.connection.driver_connection
    return int(driver.pgconn.backend_pid)


def _serving(connection: Connection) -> int:
    """The process that performs a transaction now. Asked below the driver, which would prepare the question in time."""
    driver: Any = connection.connection.driver_connection
    return int(driver.pgconn.exec_(_PID).get_value(0, 0) or 0)
