"""An upgrade of PostgreSQL while a server of the version before is still at work."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, create_engine, make_url, text
from support.former_schemas import FormerSchemas
from support.running import environment
from support.servers import PostgreSQL

from engine.db import upgrade_locks
from engine.db.schema import current_revision, is_up_to_date, migrate
from engine.db.session import Database
from engine.db.upgrade_locks import DatabaseInUse
from webui.command_line import main

pytestmark = pytest.mark.postgres

BEFORE = "0068"
LETTERS = "UPDATE client_letter SET subject = subject"
HISTORY = "LOCK TABLE history_event IN ROW EXCLUSIVE MODE"  # as whoever adds an entry has


@pytest.fixture
def database(former_schemas: FormerSchemas, tmp_path: Path) -> Iterator[Database]:
    with former_schemas.copy("postgresql", BEFORE, tmp_path) as database:
        yield database


@pytest.fixture
def server(database: Database) -> Iterator[Connection]:
    """A connection of the server of the version before."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class Upgrade(threading.Thread):
    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self._database = database
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            migrate(self._database)
        except Exception as failure:  # noqa: BLE001  # the test says which it may be
            self.failure = failure


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.01)
    return False


def waits(database: Database) -> bool:
    """Whether somebody waits for a table."""
    with database.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
        return bool(connection.scalar(text(waiting)))


def test_a_server_that_needs_what_the_upgrade_has_goes_first_and_the_upgrade_after_it(
    database: Database, server: Connection
) -> None:
    """It has written history and goes on to a letter, while the upgrade has the letters and waits for the history."""
    server.execute(text(HISTORY))
    upgrade = Upgrade(database)
    upgrade.start()
    assert eventually(lambda: waits(database))
    server.execute(text(LETTERS))
    server.commit()
    upgrade.join(60)
    assert (upgrade.is_alive(), upgrade.failure) == (False, None)
    assert is_up_to_date(database)


def test_a_reader_in_the_way_of_a_change_is_waited_for(database: Database, server: Connection) -> None:
    server.execute(text("SELECT count(*) FROM mailbox_place"))  # which gets a column
    upgrade = Upgrade(database)
    upgrade.start()
    assert eventually(lambda: waits(database))
    server.execute(text("SELECT count(*) FROM telegram_bot"))
    server.commit()
    upgrade.join(60)
    assert (upgrade.is_alive(), upgrade.failure) == (False, None)
    assert is_up_to_date(database)


def test_who_does_not_let_go_is_named_and_nothing_is_changed(
    database: Database, server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.execute(text(LETTERS))
    pid = server.scalar(text("SELECT pg_backend_pid()"))
    monkeypatch.setattr(upgrade_locks, "GIVEN_UP_AFTER_S", 0)
    with pytest.raises(DatabaseInUse) as told:
        migrate(database)
    assert str(told.value.params["by"]).startswith(f"pid {pid}, ")
    assert "client_letter" in str(told.value.params["by"])
    assert current_revision(database) == BEFORE
    server.rollback()
    migrate(database)
    assert is_up_to_date(database)


def test_what_is_up_to_date_waits_for_nobody(database: Database, server: Connection) -> None:
    migrate(database)
    server.execute(text(LETTERS))
    migrate(database)
    assert is_up_to_date(database)


def test_a_table_of_another_owner_in_the_same_schema_is_left_alone(database: Database, postgresql: PostgreSQL) -> None:
    """As those of an extension are, which a superuser installed."""
    role = f"owner_{uuid.uuid4().hex}"
    name = database.engine.url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as superuser:
        superuser.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        superuser.exec_driver_sql("CREATE TABLE spatial_ref_sys (srid integer)")
        for table in superuser.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all():
            if table != "spatial_ref_sys":
                superuser.exec_driver_sql(f"ALTER TABLE {table} OWNER TO {role}")
        superuser.exec_driver_sql(f"ALTER SCHEMA public OWNER TO {role}")
        superuser.exec_driver_sql(f'GRANT ALL ON DATABASE "{name}" TO {role}')
    owner = Database(make_url(database.url).set(username=role, password=None).render_as_string(hide_password=False))
    try:
        migrate(owner)
        assert is_up_to_date(owner)
    finally:
        owner.dispose()
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as superuser:
            superuser.exec_driver_sql(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
            superuser.exec_driver_sql(f"DROP OWNED BY {role}")
            superuser.exec_driver_sql(f"DROP ROLE {role}")


def test_two_that_upgrade_at_once_do_it_once(database: Database) -> None:
    both = [Upgrade(database), Upgrade(database)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.failure for one in both] == [None, None]
    assert is_up_to_date(database)


def test_the_command_says_it_in_a_sentence(
    database: Database, server: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade_locks, "GIVEN_UP_AFTER_S", 0)
    server.execute(text(LETTERS))
    done = CliRunner().invoke(main, ["migrate"], env=environment(tmp_path / "var", DATABASE_URL=database.url))
    assert done.exit_code == 1
    assert done.stderr.startswith("Nothing was changed: something else is at work in the database (pid ")
    assert "Traceback" not in done.stderr
