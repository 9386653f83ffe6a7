"""Whether an error says that the database is away or has no room, and nothing about what was asked of it."""

from __future__ import annotations

import sqlite3
from errno import EDQUOT, EIO, ENOSPC, EROFS

from psycopg import Error as DriverError
from psycopg import OperationalError as DriverWithoutServer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

_OF_CONNECTION = "08"
# Ended by an administrator, by a crash, not yet started; no room on its disk, no memory, no connection left for us; its
# disk fails; it has ended a transaction in which this process stood still; it follows another one and takes no writes.
_SERVER_AWAY = frozenset({"57P01", "57P02", "57P03", "53000", "53100", "53200", "53300", "58030", "25P03", "25006"})
# A server that follows another one says this to BEGIN READ WRITE, a setting that it refuses; wherever else it is said,
# something was asked that no server can do.
_NOT_SUPPORTED, _OF_SETTINGS = "0A000", "guc.c"
_FILE_AWAY = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY}
)
_DISK_AWAY = frozenset({EDQUOT, EIO, ENOSPC, EROFS})
_PRIMARY_CODE = 0xFF  # SQLite's codes hold what happened in their lowest byte, and where above it


def is_away(error: BaseException) -> bool:
    """Whether the database, or the disk under it, did not do its part: the same may succeed when it is back.

    That is a connection that could not be made or was lost, a disk that is full, failing or read-only, and a server
    that takes no writes at the moment. What a server refuses (a broken rule, a lock, a limit of ours) is none of it,
    nor is a write where a ``Database`` only reads. A transaction whose commit was not answered may have been committed.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_away(error.orig))
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE in _FILE_AWAY
    if isinstance(error, OSError):
        return error.errno in _DISK_AWAY
    if isinstance(error, DriverError):
        return _says_away(error)
    return isinstance(error, NoConnectionLeft)


def _says_away(error: DriverError) -> bool:
    state = error.sqlstate
    if state is None:  # of the driver itself: it has no connection, the server said nothing
        return isinstance(error, DriverWithoutServer)
    if state == _NOT_SUPPORTED:
        return error.diag.source_file == _OF_SETTINGS
    return state.startswith(_OF_CONNECTION) or state in _SERVER_AWAY
