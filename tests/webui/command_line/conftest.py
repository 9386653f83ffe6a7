from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.office import Office

from engine.db.session import Database
from webui.command_line import main

Command = Callable[..., Result]


@pytest.fixture
def installation(sqlite_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A company whose installation the commands of this test work on, spoken to in English."""
    for name in ("REDIS_URL", "SMTP_URL", "SECRET_KEY", "BASE_URL", "PORT", "HOST", "REGLAMENT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("DATABASE_URL", sqlite_database_url)
    monkeypatch.setenv("LOCALE_DEFAULT", "en")
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture
def command() -> Command:
    def performed(*arguments: object, given: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(one) for one in arguments], input=given)

    return performed
