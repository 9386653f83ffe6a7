"""A filled database of SQLite keeps what waits for messages, and gives no number of what is over again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from support.former_schemas import FormerSchemas

from engine.db.schema import migrate
from engine.db.session import Database

ROW = text(
    "INSERT INTO message_subscription (id, instance_id, activity_id, node_id, kind, name, correlation_key)"
    " VALUES (:id, 1, 'hear', :node, 'signal', 'over', '{}')"
)
SCHEMA = text(
    "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'message_subscription' AND type <> 'table' ORDER BY name"
)
JOB = text(
    "INSERT INTO job (id, kind, payload, state, due_at, attempts, last_error, created_at)"
    " VALUES ('a', 'signal', json_object('name', 'over', 'subscriptions', json_array(3, 9)), 'queued', :at, 0, '', :at)"
)


@pytest.fixture
def before(former_schemas: FormerSchemas, tmp_path: Path) -> Iterator[Database]:
    with former_schemas.copy("sqlite", "0084", tmp_path) as database:
        yield database


def test_an_upgrade_begins_behind_the_numbers_that_a_signal_still_names(before: Database) -> None:
    with before.migrating() as connection:
        connection.execute(JOB, {"at": "2026-03-02 08:00:00.000000"})
    migrate(before)
    with before.migrating() as connection:
        connection.execute(ROW, {"id": None, "node": "new"})
        assert connection.scalar(text("SELECT id FROM message_subscription")) == 10


def test_an_upgrade_keeps_who_waits_and_gives_no_number_again(before: Database) -> None:
    rows = text("SELECT * FROM message_subscription ORDER BY id")
    with before.migrating() as connection:
        for number in (4, 2):
            connection.execute(ROW, {"id": number, "node": str(number)})
        kept, around = connection.execute(rows).all(), connection.execute(SCHEMA).all()
    migrate(before)
    with before.migrating() as connection:
        assert connection.execute(rows).all() == kept
        assert connection.execute(SCHEMA).all() == around
        for number in (5, 6):
            connection.execute(ROW, {"id": None, "node": "new"})
            assert connection.scalar(text("SELECT max(id) FROM message_subscription")) == number
            connection.execute(text("DELETE FROM message_subscription WHERE node_id = 'new'"))
