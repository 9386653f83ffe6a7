"""A filled database of SQLite keeps its calendars, what names them and what counts their changes; no id comes again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.db.schema import migrate, migrate_to
from engine.db.session import Database


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    migrate_to(database, "0080")
    with database.migrating() as connection:
        for number, name in ((3, "Компанія"), (7, "Зміни")):
            connection.execute(
                text(
                    "INSERT INTO calendar (id, name, zone, weekly, is_default)"
                    " VALUES (:id, :name, 'Europe/Kyiv', '{}', :first)"
                ),
                {"id": number, "name": name, "first": number == 3},
            )
        connection.execute(
            text(
                "INSERT INTO calendar_exception (calendar_id, day, name, spans) VALUES (7, '2026-08-24', 'Свято', '[]')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO department (name, name_key, calendar_id, escalation, sort_key)"
                " VALUES ('Склад', 'склад', 7, '', '')"
            )
        )
    yield database
    database.dispose()


def around(connection: Connection) -> list[tuple[str, str]]:
    told = text("SELECT type, name FROM sqlite_master WHERE tbl_name = 'calendar' AND sql IS NOT NULL ORDER BY 1, 2")
    return [(one.type, one.name) for one in connection.execute(told)]


def test_calendars_stay_with_all_that_names_them(before: Database) -> None:
    with before.read() as session:
        known = around(session.connection())
    migrate(before)
    with before.read() as session:
        assert around(session.connection()) == known
        assert any(kind == "trigger" for kind, _name in known)
        rows = session.execute(text("SELECT id, name, is_default, archived_at FROM calendar ORDER BY id")).all()
        assert rows == [(3, "Компанія", 1, None), (7, "Зміни", 0, None)]
        assert session.scalar(text("SELECT calendar_id FROM calendar_exception")) == 7
        assert session.scalar(text("SELECT calendar_id FROM department")) == 7
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def test_its_changes_are_counted_and_the_number_of_the_last_one_never_comes_again(before: Database) -> None:
    migrate(before)
    with before.write() as session:
        revision = session.scalar(text("SELECT number FROM company_revision"))
        added = text(
            "INSERT INTO calendar (name, zone, weekly, is_default) VALUES (:name, 'UTC', '{}', 0) RETURNING id"
        )
        assert session.scalar(added, {"name": "Нічні"}) == 8
        assert session.scalar(text("SELECT number FROM company_revision")) == revision + 1
        session.execute(text("DELETE FROM calendar WHERE id = 8"))
        assert session.scalar(added, {"name": "Денні"}) == 9
