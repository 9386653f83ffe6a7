"""Whether an error says that the database is away, and nothing about what was asked of it."""

from __future__ import annotations

from psycopg import OperationalError as DriverError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

_OF_CONNECTION = "08"
# Ended by an administrator, by a crash, not yet started, no connection left for us.
_SERVER_AWAY = frozenset({"57P01", "57P02", "57P03", "53300"})


def is_away(error: BaseException) -> bool:
    """Whether the connection could not be made or was lost: the same may succeed when the database is back.

    What a server refuses (a broken rule, a lock, a limit) is none of it. A transaction whose commit was not answered
    may have been committed.
    """
    if isinstance(error, NoConnectionLeft):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_away(error.orig))
    if not isinstance(error, DriverError):
        return False
    state = error.sqlstate  # none: the driver itself has no connection, the server said nothing
    return state is None or state.startswith(_OF_CONNECTION) or state in _SERVER_AWAY
