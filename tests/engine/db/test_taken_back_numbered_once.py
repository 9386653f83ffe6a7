"""A filled database of SQLite keeps what can be taken back, and gives no id of what was taken back again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from support.former_schemas import FormerSchemas

from engine.db.schema import migrate
from engine.db.session import Database

AT = "2026-03-02 08:00:00.000000"
TABLES: Mapping[str, Mapping[str, Any]] = {
    "webhook": {
        "url": "https://erp.example.com/hooks",
        "secret": "s",
        "kinds": '["deal_won"]',
        "delivered_event_id": 7,
        "is_active": True,
        "created_by_id": 1,
        "created_at": AT,
        "job_id": "0123456789abcdef",
    },
    "substitution": {"person_id": 1, "substitute_id": 2, "starts_on": "2026-03-02", "ends_on": "2026-03-09"},
    "call_host": {"host": "erp{}.example.com", "added_at": AT, "added_by_id": None},
    "call_secret": {"name": "erp{}", "host": "erp.example.com", "sealed": "sealed", "set_at": AT, "set_by_id": 1},
}


@pytest.fixture
def before(former_schemas: FormerSchemas, tmp_path: Path) -> Iterator[Database]:
    with former_schemas.copy("sqlite", "0075", tmp_path) as database:
        yield database


def put(connection: Connection, table: str, number: int | None = None) -> None:
    row = {"id": number} | {
        column: value.format(number) if "{}" in str(value) else value for column, value in TABLES[table].items()
    }
    places = ", ".join(f":{column}" for column in row)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)  # noqa: S608


@pytest.mark.parametrize("table", TABLES)
def test_an_upgrade_keeps_every_row_and_gives_no_id_of_what_was_taken_back_again(before: Database, table: str) -> None:
    rows = text(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608
    schema = text("SELECT name, sql FROM sqlite_master WHERE tbl_name = :table AND name <> :table ORDER BY name")
    with before.migrating() as connection:
        put(connection, table, 4)
        put(connection, table, 2)
        kept = [dict(one) for one in connection.execute(rows).mappings()]
        around = connection.execute(schema, {"table": table}).all()
    migrate(before)
    with before.migrating() as connection:
        assert [dict(one) for one in connection.execute(rows).mappings()] == kept
        assert connection.execute(schema, {"table": table}).all() == around
        for number in (5, 6):
            put(connection, table)
            assert connection.scalar(text(f"SELECT max(id) FROM {table}")) == number  # noqa: S608
            connection.execute(text(f"DELETE FROM {table} WHERE id = {number}"))  # noqa: S608


def test_an_upgrade_begins_behind_the_addresses_that_history_tells_of(before: Database) -> None:
    with before.migrating() as connection:
        connection.execute(
            text(
                "INSERT INTO history_event (kind, actor_name, at, data, salt, previous_hash, entry_hash)"
                " VALUES ('webhook_removed', '', :at, json_object('webhook_id', 9), '', '', '')"
            ),
            {"at": AT},
        )
    migrate(before)
    with before.migrating() as connection:
        put(connection, "webhook")
        assert connection.scalar(text("SELECT id FROM webhook")) == 10
