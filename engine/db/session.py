"""Connections and transactions.

A write on SQLite begins IMMEDIATE behind a process-wide and a file lock: writers queue in memory instead of polling
the database, so that none is starved and none sees "database is locked".
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from engine.clock import monotonic
from engine.db.burst import errors_of
from engine.db.lean_cursor import LeanCursor
from engine.db.round_trip import TripConnection
from engine.db.work_session import WorkSession

_WRITES = "reglament_writes"
_READS = {"postgresql_readonly": True}
_READS_ONE_SNAPSHOT = _READS | {"isolation_level": "REPEATABLE READ"}
_BUSY_TIMEOUT_MS = 30_000
_USED_AT = "reglament_used_at"
_PATIENCE = {
    "connect_timeout": 10,  # s: for each of the addresses
    "keepalives_idle": 15,  # s: then a silent server is asked whether its machine is still there,
    "keepalives_interval": 5,  # s: so often,
    "keepalives_count": 4,  # and without any answer the connection is lost
    "tcp_user_timeout": 30_000,  # ms: the same while something was sent that its machine has not taken
}
"""Of a machine or a network that goes away without a word. ``DATABASE_URL`` may say otherwise."""
_TRUSTED_S = 30.0  # how long a silent connection counts as alive: a firewall may cut longer pauses without a word

_LONGEST_STANDSTILL_S = 120
"""How long PostgreSQL leaves locks to a transaction from which it hears nothing, as long as the longest lease: where a
process is frozen, or its machine is gone without a word, whoever waits behind it would wait for as long. Nobody may
wait for anything but the database inside a transaction: not for a reader's network, a mail server or another process.
"""

UNSYNCHRONISED = {"synchronize_session": False}
"""For a bulk DELETE or UPDATE of rows that the session does not hold: spares a look at everything that it holds."""


class WriteWhileReading(Exception):
    """Something was to be written in a session that only reads: a mistake of the program, not a server without room."""


class Database:
    """One engine and the two ways to use it: ``read`` changes nothing, ``write`` commits once or not at all."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url, pool_size) if self.is_sqlite else _postgresql_engine(url, pool_size)
        self._thread_lock = threading.Lock()
        path = make_url(url).database if self.is_sqlite else None
        self._lock_file = Path(f"{path}.lock") if path else None

    @contextmanager
    def read(self, *, snapshot: bool = True) -> Iterator[Session]:
        """A session that only reads. PostgreSQL refuses whatever it would change, SQLite rolls it back.

        All its statements see the same moment; without ``snapshot``, on PostgreSQL, each sees its own. Raises
        WriteWhileReading.
        """
        with self._session() as session:
            if self.is_sqlite:
                yield session
                return
            connection = session.connection(execution_options=_READS_ONE_SNAPSHOT if snapshot else _READS)
            try:
                yield session
            except DBAPIError as failure:
                if isinstance(failure.orig, ReadOnlySqlTransaction) and _is_ended_by_failure(connection):
                    raise WriteWhileReading from failure
                raise
            _commit_reading(connection)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back by any exception."""
        session = self._session()
        with self._only_writer() if self.is_sqlite else nullcontext():
            try:
                if self.is_sqlite:
                    session.connection(execution_options={_WRITES: True})
                yield session
                session.finish()
            except BaseException:
                session.close()
                raise
        for callback in session.info.pop("after_commit", ()):
            callback()

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A bare connection in one transaction, for changes of the schema. SQLite checks no references meanwhile."""
        with ExitStack() as held:
            if self.is_sqlite:
                held.enter_context(self._only_writer())
            connection = held.enter_context(self.engine.connect())
            driver: Any = connection.connection.driver_connection
            if self.is_sqlite:
                # Rebuilding a table drops the old one. Past SQLAlchemy, which would begin: then it would do nothing.
                driver.execute("PRAGMA foreign_keys=OFF")
                connection = connection.execution_options(**{_WRITES: True})
            else:  # what is computed between two statements may be long, with much data
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            try:
                yield connection
                connection.commit()
            finally:
                if self.is_sqlite and not connection.invalidated:  # Ctrl-C in a statement has closed it
                    connection.rollback()
                    driver.execute("PRAGMA foreign_keys=ON")

    def _session(self) -> WorkSession:
        return WorkSession(self.engine, expire_on_commit=False)

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        with self._thread_lock:
            if self._lock_file is None:
                yield
                return
            lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)

    def dispose(self) -> None:
        self.engine.dispose()


def after_commit(session: Session, callback: Any) -> None:
    """Call ``callback`` once the transaction of ``session`` is durable; never if it is rolled back."""
    session.info.setdefault("after_commit", []).append(callback)


def _commit_reading(connection: Connection) -> None:
    """End a transaction that only read. After a ROLLBACK, psycopg would have every statement prepared anew."""
    if not (connection.closed or connection.invalidated):
        driver: Any = connection.connection.driver_connection
        driver.commit()


def _is_ended_by_failure(connection: Connection) -> bool:
    """Whether it was a statement of this connection that has failed, not one of another that was in use meanwhile."""
    if connection.closed or connection.invalidated:
        return False
    driver: Any = connection.connection.driver_connection
    return bool(driver.pgconn.transaction_status == TransactionStatus.INERROR)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    path = make_url(url).database
    pool: dict[str, int] = {}
    if path:  # in memory each thread has its own database
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        pool = {"pool_size": pool_size, "max_overflow": pool_size}
    engine = create_engine(
        url, json_serializer=_json, json_deserializer=orjson.loads, connect_args={"timeout": 30}, **pool
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        driver: Any = connection.connection.driver_connection
        with errors_of(connection.dialect):
            driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"cursor_factory": LeanCursor},
        use_native_hstore=False,  # nothing is of that kind: spares each process a search of the catalogue
        pool_use_lifo=True,  # the connection used last has its statements prepared and was heard of last
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, more: Any) -> Any:
        return TripConnection.connect(*arguments, **(_PATIENCE | more))

    @event.listens_for(engine, "connect")
    def limit_standstill(connection: Any, _record: ConnectionPoolEntry) -> None:
        pause = f"SET idle_in_transaction_session_timeout = {_LONGEST_STANDSTILL_S * 1000}"
        connection.pgconn.exec_(pause.encode())

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_USED_AT] = monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        used_at = record.info.get(_USED_AT)
        if used_at is None:  # it was opened this moment
            return
        if monotonic() - used_at < _TRUSTED_S and not connection.has_news():
            return
        try:
            engine.dialect.do_ping(connection)
            connection.rollback()
        except engine.dialect.loaded_dbapi.Error as lost:
            raise InvalidatePoolError from lost

    return engine
