"""A filled database of SQLite keeps its clients when their numbering is mended, and gives no id twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from support.former_schemas import FormerSchemas

from engine.db.schema import migrate
from engine.db.session import Database

AT = "2026-03-02 08:00:00.000000"
SCHEMA = text("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'client' AND name <> 'client' ORDER BY name")
CARDS = text("SELECT * FROM client ORDER BY id")


@pytest.fixture
def before(former_schemas: FormerSchemas, tmp_path: Path) -> Iterator[Database]:
    with former_schemas.copy("sqlite", "0068", tmp_path) as database:
        yield database


def client(connection: Connection, name: str, **more: object) -> None:
    wanted = {"name": name, "fields": '{"галузь": "it"}', "created_at": AT, "version": 3, "search_text": name.lower()}
    row = wanted | dict.fromkeys(("edrpou", "segment", "source", "phone", "email"), "") | more
    places = ", ".join(f":{column}" for column in row)
    connection.execute(text(f"INSERT INTO client ({', '.join(row)}) VALUES ({places})"), row)  # noqa: S608


def told_of_import(connection: Connection, client_id: int) -> None:
    connection.execute(
        text(
            "INSERT INTO history_event (kind, actor_name, at, data, salt, previous_hash, entry_hash)"
            " VALUES ('client_imported', '', :at, json_object('client_id', :id, 'import_id', 1), '', '', '')"
        ),
        {"at": AT, "id": client_id},
    )


def found(connection: Connection, word: str) -> list[int]:
    told = text("SELECT rowid FROM fts_client WHERE fts_client MATCH :word")
    return list(connection.scalars(told, {"word": f'"{word}"'}))


def test_an_upgrade_keeps_clients_with_all_that_refers_to_them_and_gives_no_id_twice(before: Database) -> None:
    with before.migrating() as connection:
        client(connection, "Промінь", id=7, sort_key="промінь", likeness="промінь")
        client(connection, "Хвиля", id=3, merged_into_id=7)
        connection.execute(
            text(
                "INSERT INTO contact (client_id, full_name, position, phone, email, created_at, search_text)"
                " VALUES (7, 'Ганна', '', '', '', :at, 'ганна')"
            ),
            {"at": AT},
        )
        told_of_import(connection, 12)
        cards, around = connection.execute(CARDS).all(), connection.execute(SCHEMA).all()
    migrate(before)
    with before.migrating() as connection:
        assert connection.execute(CARDS).all() == cards
        assert connection.execute(SCHEMA).all() == around
        assert found(connection, "промінь") == [7]
        client(connection, "Обрій")
        assert connection.scalar(text("SELECT max(id) FROM client")) == 13, "12 was taken back before the upgrade"
        connection.execute(text("DELETE FROM client WHERE id = 13"))
        client(connection, "Зоря")
        assert (connection.scalar(text("SELECT max(id) FROM client")), found(connection, "зоря")) == (14, [14])
        assert found(connection, "обрій") == []
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_an_upgrade_of_a_database_without_clients_numbers_them_from_one(before: Database) -> None:
    migrate(before)
    with before.migrating() as connection:
        client(connection, "Промінь")
        assert connection.scalar(text("SELECT max(id) FROM client")) == 1


def test_an_upgrade_gives_no_id_twice_where_all_clients_were_taken_back(before: Database) -> None:
    with before.migrating() as connection:
        told_of_import(connection, 12)
    migrate(before)
    with before.migrating() as connection:
        client(connection, "Промінь")
        assert connection.scalar(text("SELECT max(id) FROM client")) == 13
