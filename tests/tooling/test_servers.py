"""The throwaway servers themselves, in the ways in which the fault tests use them."""

from __future__ import annotations

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from support.servers import PostgreSQL, Redis

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


def connect(server: PostgreSQL, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.url_of(database).replace("+psycopg", ""), autocommit=True, connect_timeout=1)


def test_postgresql_is_utf_8_and_compares_by_code_point(postgresql: PostgreSQL) -> None:
    with connect(postgresql) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SELECT datcollate FROM pg_database WHERE datname = 'template1'").fetchone() == (
            "C.UTF-8",
        )


def test_a_database_copied_from_a_template_has_its_tables_and_does_not_change_it(postgresql: PostgreSQL) -> None:
    postgresql.create_database("original")
    with connect(postgresql, "original") as connection:
        connection.execute("CREATE TABLE step (name text)")
    postgresql.create_database("copy", template="original")
    with connect(postgresql, "copy") as connection:
        connection.execute("INSERT INTO step VALUES ('call')")
        # Dropping works although this connection is open.
        postgresql.drop_database("copy")
    with connect(postgresql, "original") as connection:
        assert connection.execute("SELECT count(*) FROM step").fetchone() == (0,)
    postgresql.drop_database("original")


def test_postgresql_stopped_and_started_keeps_its_port_and_its_data(postgresql: PostgreSQL) -> None:
    with PostgreSQL() as server:
        with connect(server) as connection:
            connection.execute("CREATE TABLE step (name text)")
            connection.execute("INSERT INTO step VALUES ('call')")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            connect(server)
        server.start()
        with connect(server) as connection:
            assert connection.execute("SELECT name FROM step").fetchall() == [("call",)]


def test_a_frozen_postgresql_accepts_nobody_until_it_is_thawed(postgresql: PostgreSQL) -> None:
    with PostgreSQL() as server:
        server.freeze()
        with pytest.raises(psycopg.OperationalError):
            connect(server)
        server.thaw()
        connect(server).close()


def test_a_stopped_server_leaves_no_directory(redis_url: str) -> None:
    with Redis() as server:
        directory = server.directory
        assert directory.exists()
    assert not directory.exists()


def test_redis_stopped_and_started_keeps_what_it_acknowledged(redis_url: str) -> None:
    with Redis() as server:
        with redis.Redis(port=server.port) as client:
            client.set("step", "call")
        server.stop()
        server.start()
        with redis.Redis(port=server.port) as client:
            assert client.get("step") == b"call"


def test_a_frozen_redis_keeps_its_caller_waiting(redis_url: str) -> None:
    with Redis() as server, redis.Redis(port=server.port, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)) as client:
        server.freeze()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        server.thaw()
        assert client.ping()
