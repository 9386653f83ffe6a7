"""A step that is done costs SQLite the same, however many steps of other deals are open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from support.migrated import build_schema
from support.office import Office

from engine.db.session import Database

OTHERS = 3_000
AT_ONCE = 10
"""Instructions of SQLite's machine, after which it tells that it goes on."""


def test_a_step_is_done_without_a_look_at_the_steps_of_other_deals(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'company.sqlite'}"
    build_schema(url)
    office = Office(Database(url))
    office.publish()
    first, second = office.open_deal(), office.open_deal()
    with office.database.migrating() as connection:
        alone = _instructions(connection, first.id)
        _copy_open_step(connection, second.id, OTHERS)
        among_others = _instructions(connection, second.id)
    office.database.dispose()
    assert among_others <= alone + 10 * AT_ONCE


def _instructions(connection: Connection, deal_id: int) -> int:
    """How many of them it takes to complete the deal's step."""
    driver: Any = connection.connection.driver_connection
    told: list[None] = []
    driver.set_progress_handler(lambda: told.append(None), AT_ONCE)
    done = connection.execute(text("UPDATE work_item SET state = 'completed' WHERE deal_id = :deal"), {"deal": deal_id})
    driver.set_progress_handler(None, AT_ONCE)
    assert done.rowcount == 1
    return len(told) * AT_ONCE


def _copy_open_step(connection: Connection, deal_id: int, number: int) -> None:
    """Each copy is a step of a deal of its own, none of which has to be there: nothing else is asked of them."""
    names = [row[1] for row in connection.execute(text("PRAGMA table_info(work_item)"))]
    columns = ", ".join(f'"{name}"' for name in names)
    own = {"id", "deal_id", "instance_id"}
    values = ", ".join(f'"{name}" + one.value' if name in own else f'"{name}"' for name in names)
    connection.execute(
        text(
            f"INSERT INTO work_item ({columns}) SELECT {values}"  # noqa: S608  # the table's own names
            " FROM work_item, (WITH RECURSIVE n(value) AS"
            " (SELECT 10 UNION ALL SELECT value + 1 FROM n WHERE value < 9 + :number) SELECT value FROM n) AS one"
            " WHERE deal_id = :deal AND state IN ('open', 'claimed')"
        ),
        {"number": number, "deal": deal_id},
    )
