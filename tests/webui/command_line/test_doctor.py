from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from support.office import Office
from support.servers import free_port

from engine.clock import SystemClock
from engine.commands.heartbeats import beat_heart
from engine.model.heartbeat import WORKER

Command = Callable[..., Result]


@pytest.fixture
def working(installation: Office) -> Office:
    with installation.database.write() as session:
        beat_heart(session, WORKER, clock=SystemClock())
    return installation


def failed(done: Result) -> list[str]:
    return [line.split(":")[0].removeprefix("- ") for line in done.stdout.splitlines() if line.startswith("-")]


def test_an_installation_that_works_is_status_0(working: Office, command: Command) -> None:
    done = command("doctor")
    assert (done.exit_code, failed(done)) == (0, [])
    assert "Database: answers" in done.stdout


def test_a_worker_that_was_never_seen_is_a_failure(installation: Office, command: Command) -> None:
    done = command("doctor")
    assert (done.exit_code, failed(done)) == (1, ["Worker"])


def test_a_broker_that_is_away_is_a_failure(working: Office, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    done = command("doctor")
    assert (done.exit_code, failed(done)) == (1, ["Broker"])


def test_a_missing_database_is_a_failure_and_is_not_made(
    installation: Office, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert failed(command("doctor")) == ["Database"]
    assert not (tmp_path / "none.sqlite").exists()


def test_a_key_that_others_may_read_is_a_failure(working: Office, command: Command) -> None:
    key = Path(os.environ["REGLAMENT_VAR"]) / "secret_key"
    key.parent.mkdir()
    key.write_text("abc")
    key.chmod(0o644)
    assert failed(command("doctor")) == ["Secret key"]
    key.chmod(0o600)
    assert failed(command("doctor")) == []


def test_a_mail_server_that_is_away_is_told_and_stops_nothing(
    working: Office, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{free_port()}?from=a@b.c")
    done = command("doctor")
    assert done.exit_code == 0
    assert "! Mail: 127.0.0.1 does not answer" in done.stdout


def test_a_history_that_nobody_can_sign_is_noticed(working: Office, command: Command) -> None:
    command("history", "keys")
    assert "+ Signatures of the history: 0 entries" in command("doctor").stdout
    for key in (Path(os.environ["REGLAMENT_VAR"]) / "keys").iterdir():
        key.unlink()
    working.open_deal()
    done = command("doctor")
    assert done.exit_code == 0
    assert "! Signatures of the history: the key" in done.stdout


def test_settings_of_company_accounts_that_cannot_be_followed_are_a_failure(
    working: Office, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        monkeypatch.setenv(name, "something")
    monkeypatch.setenv("OIDC_ISSUER", "https://login.microsoftonline.com/common/v2.0")
    done = command("doctor")
    assert failed(done) == ["Sign-in by company accounts"]
    assert "OIDC_ISSUER stands for accounts of any company" in done.stdout
    monkeypatch.setenv("OIDC_ISSUER", f"https://127.0.0.1:{free_port()}")
    done = command("doctor")
    assert (done.exit_code, failed(done)) == (0, [])
    assert "! Sign-in by company accounts: 127.0.0.1: " in done.stdout
