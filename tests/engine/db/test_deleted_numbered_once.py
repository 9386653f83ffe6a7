"""A filled database of SQLite keeps saved reports and texts of letters, and gives no id of a deleted one again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from support.former_schemas import FormerSchemas

from engine.db.schema import migrate
from engine.db.session import Database

AT = "2026-03-02 08:00:00.000000"
TABLES: dict[str, dict[str, Any]] = {
    "saved_report": {
        "person_id": 1,
        "report": "funnel",
        "filters": '{"period": "this_month"}',
        "rhythm": "week",
        "day": 3,
        "at": "08:30",
        "next_at": AT,
        "refused_at": None,
        "created_at": AT,
    },
    "letter_template": {"subject": "Пропозиція", "text": "Вітаю, {contact}!"},
}
TOLD = {
    "saved_report": ("saved_report_changed", "saved_report_id"),
    "letter_template": ("letter_template_added", "template_id"),
}


@pytest.fixture
def before(former_schemas: FormerSchemas, tmp_path: Path) -> Iterator[Database]:
    with former_schemas.copy("sqlite", "0073", tmp_path) as database:
        yield database


def put(connection: Connection, table: str, name: str, **more: Any) -> None:
    row = {**TABLES[table], "name": name, "name_key": name.lower(), **more}
    places = ", ".join(f":{column}" for column in row)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)  # noqa: S608


def told_of(connection: Connection, table: str, number: int) -> None:
    kind, named = TOLD[table]
    connection.execute(
        text(
            "INSERT INTO history_event (kind, actor_name, at, data, salt, previous_hash, entry_hash)"
            " VALUES (:kind, '', :at, json_object(:named, :number), '', '', '')"
        ),
        {"kind": kind, "at": AT, "named": named, "number": number},
    )


@pytest.mark.parametrize("table", TABLES)
def test_an_upgrade_keeps_every_row_and_gives_no_id_of_a_deleted_one_again(before: Database, table: str) -> None:
    rows = text(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608
    schema = text("SELECT name, sql FROM sqlite_master WHERE tbl_name = :table AND name <> :table ORDER BY name")
    with before.migrating() as connection:
        put(connection, table, "Місяць", id=4)
        put(connection, table, "Тиждень", id=2)
        told_of(connection, table, 9)
        kept = [dict(one) for one in connection.execute(rows).mappings()]
        around = connection.execute(schema, {"table": table}).all()
    migrate(before)
    with before.migrating() as connection:
        assert [dict(one) for one in connection.execute(rows).mappings()] == kept
        assert connection.execute(schema, {"table": table}).all() == around
        highest = text(f"SELECT max(id) FROM {table}")  # noqa: S608
        for number in (10, 11):
            put(connection, table, "День")
            assert connection.scalar(highest) == number
            connection.execute(text(f"DELETE FROM {table} WHERE id = {number}"))  # noqa: S608


@pytest.mark.parametrize("table", TABLES)
def test_an_upgrade_without_any_row_begins_behind_what_was_deleted(before: Database, table: str) -> None:
    with before.migrating() as connection:
        told_of(connection, table, 9)
    migrate(before)
    with before.migrating() as connection:
        put(connection, table, "День")
        assert connection.scalar(text(f"SELECT id FROM {table}")) == 10  # noqa: S608
