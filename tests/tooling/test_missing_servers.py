from __future__ import annotations

from pathlib import Path

import pytest
from support.missing import found_or_skipped
from support.servers import ServerMissing


def nothing() -> Path:
    msg = "PostgreSQL is not installed"
    raise ServerMissing(msg)


def test_a_missing_server_fails_its_test_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="PostgreSQL is not installed"):
        found_or_skipped(nothing)


def test_a_missing_server_skips_its_test_elsewhere_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"PostgreSQL is not installed .*make services"):
        found_or_skipped(nothing)
