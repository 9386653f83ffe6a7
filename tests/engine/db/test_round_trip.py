"""Several statements in one round trip: what they give, and what stays when one of them fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb
from sqlalchemy import make_url

from engine.db.round_trip import TripConnection, guarded, request

pytestmark = pytest.mark.postgres

READ = request("SELECT number FROM company_revision")
RAISE_IT = "UPDATE company_revision SET number = $1::bigint"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'reglament%'"


class NotThere(Exception):
    pass


@pytest.fixture
def address(postgresql_database_url: str) -> str:
    return make_url(postgresql_database_url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def connection(address: str) -> Iterator[TripConnection]:
    connection = TripConnection.connect(address)
    yield connection
    connection.close()


@pytest.fixture
def other(address: str) -> Iterator[TripConnection]:
    connection = TripConnection.connect(address)
    yield connection
    connection.close()


def status(connection: TripConnection) -> TransactionStatus:
    return TransactionStatus(connection.pgconn.transaction_status)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("text", "Угода «Нова» \\ '", None),
        ("bigint", -(2**40), None),
        ("boolean", True, None),
        ("bytea", b"\x00\xff\\x", None),
        ("bytea", psycopg.Binary(b"\x00state"), b"\x00state"),
        ("jsonb", Jsonb({"сума": [1, None, "два"]}), {"сума": [1, None, "два"]}),
        ("jsonb", Jsonb(None), None),
        ("date", date(2026, 11, 28), None),
        ("timestamptz", datetime(2026, 11, 28, 12, 30, 0, 123456, tzinfo=UTC), None),
        ("text", None, None),
    ],
)
def test_a_value_comes_back_as_it_went(connection: TripConnection, kind: str, value: Any, read: Any) -> None:
    expected = value if read is None and not isinstance(value, Jsonb) else read
    assert connection.ask(request(f"SELECT $1::{kind}", [value]), begins=True) == [[(expected,)]]


def test_a_kind_of_value_that_nobody_writes_is_refused_before_anything_is_sent(connection: TripConnection) -> None:
    with pytest.raises(TypeError):
        request("SELECT $1", [object()])
    assert status(connection) is TransactionStatus.IDLE


def test_one_trip_begins_changes_and_commits(connection: TripConnection, other: TripConnection) -> None:
    assert connection.ask(request(RAISE_IT, [7]), READ, begins=True, commits=True) == [[], [(7,)]]
    assert status(connection) is TransactionStatus.IDLE
    assert other.ask(READ) == [[(7,)]]


def test_an_open_transaction_is_gone_on_with(connection: TripConnection, other: TripConnection) -> None:
    connection.ask(request(RAISE_IT, [7]), begins=True)
    assert status(connection) is TransactionStatus.INTRANS
    assert other.ask(READ) == [[(1,)]]
    connection.ask(READ, begins=True, commits=True)
    assert other.ask(READ) == [[(7,)]]


def test_after_a_failure_nothing_is_executed_and_nothing_committed(
    connection: TripConnection, other: TripConnection
) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        connection.ask(
            request(RAISE_IT, [7]),
            request("SELECT $1::bigint", ["seven"]),
            request("SELECT nextval('deal_id_seq')"),
            begins=True,
            commits=True,
        )
    assert status(connection) is TransactionStatus.INERROR
    connection.rollback()
    assert other.ask(READ) == [[(1,)]]
    # What was not prepared because of the failure is prepared when it comes again.
    assert connection.ask(request("SELECT nextval('deal_id_seq')")) == [[(1,)]]


def test_a_statement_that_does_not_exist_is_told_as_psycopg_tells_it(connection: TripConnection) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable, match="nowhere"):
            connection.ask(request("SELECT * FROM nowhere"), begins=True)
        connection.rollback()


@pytest.mark.parametrize("commits", [False, True])
def test_a_guarded_statement_that_touches_nothing_fails_as_it_was_told_to(
    connection: TripConnection, other: TripConnection, *, commits: bool
) -> None:
    change = guarded("UPDATE company_revision SET number = 7 WHERE number = $1::bigint")
    with pytest.raises(NotThere):
        connection.ask(request(change, [5], NotThere), begins=True, commits=commits)
    connection.rollback()
    connection.ask(request(change, [1], NotThere), begins=True, commits=True)
    assert other.ask(READ) == [[(7,)]]


def test_a_failing_division_is_nobody_elses_exception(connection: TripConnection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.ask(request("SELECT 1 / $1::integer", [0]), begins=True)


def test_what_was_prepared_outlives_a_rollback(connection: TripConnection) -> None:
    for _ in range(3):
        connection.ask(READ, begins=True)
        connection.rollback()
    ((count,),) = connection.execute(PREPARED).fetchall()
    assert count == 2  # BEGIN, and what was asked


def test_a_read_only_connection_begins_what_it_was_told_to(connection: TripConnection) -> None:
    connection.read_only = True
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.ask(request(RAISE_IT, [7]), begins=True)


def test_a_read_only_transaction_is_begun_once(connection: TripConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.read_only = True
    begun: list[str] = []
    execute = connection.execute

    def counted(sql: Any) -> Any:
        begun.append(sql)
        return execute(sql)

    monkeypatch.setattr(connection, "execute", counted)
    moments = [connection.ask(request("SELECT now()::text"), begins=True) for _ in range(3)]
    assert begun == ["SELECT"]
    assert moments[0] == moments[1] == moments[2]  # that of their transaction's beginning


def test_more_is_sent_and_answered_than_the_sockets_hold(connection: TripConnection) -> None:
    much = "щ" * 3_000_000
    assert connection.ask(*[request("SELECT $1::text", [much])] * 3) == [[(much,)]] * 3


def test_a_connection_that_the_server_has_closed_is_closed_here_too(
    connection: TripConnection, other: TripConnection
) -> None:
    other.ask(request("SELECT pg_terminate_backend($1::integer, 5000)", [connection.info.backend_pid]))
    with pytest.raises(psycopg.OperationalError):
        connection.ask(READ, READ, begins=True)
    assert connection.closed
