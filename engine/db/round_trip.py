"""PostgreSQL asked through its client library itself: several prepared statements in one round trip.

With BEGIN before them and COMMIT behind them where that is wanted: a command begins and ends its transaction without a
trip of its own. psycopg's cursors and its pipeline do the same at a few times the processor time, and wait for the
answers to BEGIN and COMMIT each. Values go as texts of no declared type: SQLAlchemy's statements cast each of them.
"""

from __future__ import annotations

import select
from binascii import hexlify
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
import psycopg
from psycopg import Binary, errors
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.json import Json, Jsonb

Raise = Callable[[], Exception]
Dump = Callable[[Any], bytes]

_MOST_PREPARED = 500  # more different statements than the program has: what comes beyond is not prepared
DOCUMENTS = (dict, list)
"""What goes as JSON without psycopg's wrapper around it."""
_IN_TRANSACTION = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)


class Request(NamedTuple):
    """A statement with PostgreSQL's own placeholders, and the texts of their values.

    ``otherwise`` belongs to a guarded statement: it makes the exception for when that touched no row.
    """

    sql: str
    texts: Sequence[bytes | None] = ()
    otherwise: Raise | None = None


def request(sql: str, values: Sequence[Any] = (), otherwise: Raise | None = None) -> Request:
    """With values that are still to be written. Raises TypeError for one that no statement of the product has."""
    return Request(sql, [None if value is None else DUMPS[type(value)](value) for value in values], otherwise)


def guarded(sql: str) -> str:
    """``sql``, an INSERT, UPDATE or DELETE, so that it fails where it touches no row: nothing after it is executed."""
    return f"WITH touched AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM touched"  # noqa: S608  # values are apart


class TripConnection(psycopg.Connection[Any]):
    """A connection of psycopg that can also be asked several things at once."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._prepared_names: dict[str, bytes] = {}
        self._names_given = 0
        self._loading: Any = None
        self._poll = select.poll()
        self._poll.register(self.fileno(), select.POLLIN)

    def commit(self) -> None:
        """Nothing where the last trip has committed already."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().commit()

    def rollback(self) -> None:
        """Without psycopg's forgetting of all that was prepared, which is for programs that drop tables meanwhile."""
        status = self.pgconn.transaction_status
        if status == TransactionStatus.IDLE:
            return
        if status not in _IN_TRANSACTION:
            super().rollback()
            return
        result = self.pgconn.exec_(b"ROLLBACK")
        if result.status in _FAILED:
            raise errors.error_from_result(result)

    def ask(self, *requests: Request, begins: bool = False, commits: bool = False) -> list[list[tuple[Any, ...]]]:
        """The rows of each request, all in one round trip.

        ``begins``: in a transaction, which is begun unless one is open. ``commits``: committed when all has succeeded.
        Raises psycopg's errors, and what ``otherwise`` made; the transaction is then to be rolled back.
        """
        first = self._beginning() if begins else ()
        answers = self._answers((*first, *requests, *(_COMMIT,) * commits))
        return [self._rows(one) for one in answers[len(first) : len(first) + len(requests)]]

    def tell(self, *requests: Request, commits: bool = False) -> None:
        """As ``ask``, in a transaction, where nobody wants to read an answer."""
        self._answers((*self._beginning(), *requests, *(_COMMIT,) * commits))

    def _beginning(self) -> tuple[Request, ...]:
        """What begins a transaction, unless one is open."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            return ()
        if self.read_only:
            self.execute("SELECT")  # psycopg begins it as it was told to
            return ()
        return (_BEGIN,)

    def _answers(self, asked: Sequence[Request]) -> list[PGresult]:
        """The result of each request. Raises psycopg's errors, and what ``otherwise`` made."""
        try:
            told = self._exchange(asked)
        except BaseException:
            self.close()  # what is left of this exchange would be taken for the beginning of the next one
            raise
        for (request, _), result in told:
            if result.status in _FAILED:
                raise _failure(request, result)
        return [result for (_, prepares), result in told if not prepares]

    def _exchange(self, asked: Sequence[Request]) -> list[tuple[tuple[Request, bool], PGresult]]:
        """Each request with its result, and those that had to be prepared with the result of that as well."""
        pgconn, names = self.pgconn, self._prepared_names
        pgconn.enter_pipeline_mode()
        sent: list[tuple[Request, bool]] = []
        for request in asked:
            sql, texts, _ = request
            name = names.get(sql)
            if name is None:
                name = self._new_name(sql)
                pgconn.send_prepare(name, sql.encode())
                sent.append((request, True))
            pgconn.send_query_prepared(name, texts)
            sent.append((request, False))
        pgconn.pipeline_sync()
        while pgconn.flush():
            self._wait(select.POLLIN | select.POLLOUT)
        told = list(zip(sent, self._results(len(sent)), strict=True))
        pgconn.exit_pipeline_mode()
        for (request, prepares), result in told:
            if prepares and result.status in _FAILED:
                names.pop(request.sql, None)
        return told

    def _new_name(self, sql: str) -> bytes:
        """The name under which the statement is prepared now; nameless when there are too many."""
        if len(self._prepared_names) >= _MOST_PREPARED:
            return b""
        self._names_given += 1
        name = self._prepared_names[sql] = f"reglament_{self._names_given}".encode()
        return name

    def _results(self, count: int) -> list[PGresult]:
        """The next ``count`` results, behind which the server has nothing more to say."""
        is_busy, get_result = self.pgconn.is_busy, self.pgconn.get_result
        results: list[PGresult] = []
        while True:
            while is_busy():
                self._wait(select.POLLIN)
            result = get_result()
            if result is not None and len(results) == count and result.status == ExecStatus.PIPELINE_SYNC:
                return results
            # Behind each result the library itself says that it has ended.
            if result is None or len(results) == count or get_result() is not None:
                raise errors.OperationalError(f"the connection is lost: {self.pgconn.get_error_message()}")
            results.append(result)

    def has_news(self) -> bool:
        """Whether the server has said something that nobody asked for: mostly that it goes down. No trip is made."""
        if self.closed:
            return True
        self._poll.modify(self.pgconn.socket, select.POLLIN)
        return bool(self._poll.poll(0))

    def _wait(self, moments: int) -> None:
        """Until the server has said something, or takes more."""
        self._poll.modify(self.pgconn.socket, moments)
        for _, moment in self._poll.poll():
            if moment & ~select.POLLOUT:
                self.pgconn.consume_input()

    def _rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        if self._loading is None:
            self._loading = Transformer(self)
        self._loading.set_pgresult(result)
        rows: list[tuple[Any, ...]] = self._loading.load_rows(0, result.ntuples, tuple)
        return rows


def _failure(request: Request, result: PGresult) -> Exception:
    error = errors.error_from_result(result)
    if request.otherwise is not None and isinstance(error, errors.DivisionByZero):
        return request.otherwise()
    return error


def _json(value: Json | Jsonb) -> bytes:
    return orjson.dumps(value.obj)


def _bytes(value: bytes) -> bytes:
    return b"\\x" + hexlify(value)


def _wrapped_bytes(value: Binary) -> bytes:
    return _bytes(value.obj)


def _truth(value: bool) -> bytes:
    return b"t" if value else b"f"


def _moment(value: date | datetime) -> bytes:
    return value.isoformat().encode()


class Dumps(dict[type, Dump]):
    """How values of a type are written for the server, also of its subclasses. Raises TypeError for other types."""

    def __missing__(self, kind: type) -> Dump:
        dump = next((self[base] for base in kind.__mro__ if base in self), None)
        if dump is None:
            raise TypeError(kind)
        self[kind] = dump
        return dump


DUMPS = Dumps(
    {
        str: str.encode,
        bool: _truth,
        int: b"%d".__mod__,
        dict: orjson.dumps,
        list: orjson.dumps,
        date: _moment,
        datetime: _moment,
        Json: _json,
        Jsonb: _json,
        bytes: _bytes,
        Binary: _wrapped_bytes,
    }
)

_BEGIN, _COMMIT = Request("BEGIN"), Request("COMMIT")
