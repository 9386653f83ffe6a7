"""Maps compiled in the process of the test: to start a child with the compiler costs more than most tests."""

from __future__ import annotations

import pytest

from engine.bpmn.compile import compile_bpmn
from engine.commands import definitions


@pytest.fixture(autouse=True)
def compiles_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the child finds the same, and that it is stopped in time, is proven with hostile uploads and bombs.

    Uploads through the API on SQLite, the command line's main ways and the browser have the child, as an
    installation does.
    """
    monkeypatch.setattr(definitions, "compile_in_child", compile_bpmn)
