"""What the environment says is taken where somebody can mean it, and told in one sentence where nobody can."""

from __future__ import annotations

from pathlib import Path

import pytest

from webui.command_line.environment import settings
from webui.command_line.failures import Failed


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "postgresql://crm:secret@db:5432/crm?sslmode=require"),
        ("DATABASE_URL", "postgres://crm:p[@ss/word@db/crm"),
        ("DATABASE_URL", "postgresql:///crm?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://crm@[::1]/crm"),
        ("DATABASE_URL", "sqlite:////srv/crm.sqlite"),
        ("REDIS_URL", "redis://:secret@cache:6379/0"),
        ("REDIS_URL", "rediss://cache"),
        ("REDIS_URL", "redis:///0"),
        ("REDIS_URL", "redis://:secret@/0"),
        ("BASE_URL", "https://sales.example.com:8443/crm"),
        ("BASE_URL", "http://[::1]:8080"),
    ],
)
def test_an_address_is_taken(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, address)
    assert settings()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "postgresql://crm@db:none/crm"),
        ("DATABASE_URL", "postgresql:/crm"),
        ("REDIS_URL", "redis:cache"),
        ("REDIS_URL", "redis://cache:0"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("BASE_URL", "https:///crm"),
        ("BASE_URL", "http://[::1"),
    ],
)
def test_an_address_is_refused_before_anything_begins(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(Failed, match=name):
        settings()
