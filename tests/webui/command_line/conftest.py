from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.founded_offices import FoundedOffices
from support.office import Office

from webui.command_line import main

Command = Callable[..., Result]


@pytest.fixture
def installation(
    sqlite_database_url: str, founded: FoundedOffices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """A company whose installation the commands of this test work on, spoken to in English."""
    for name in ("REDIS_URL", "SMTP_URL", "SECRET_KEY", "BASE_URL", "PORT", "HOST", "REGLAMENT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("DATABASE_URL", sqlite_database_url)
    monkeypatch.setenv("LOCALE_DEFAULT", "en")
    with founded.at_work(sqlite_database_url) as office:
        yield office


@pytest.fixture
def command() -> Command:
    def performed(*arguments: object, given: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(one) for one in arguments], input=given)

    return performed
