"""What becomes of a test whose server or browser this machine does not have."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import pytest
from support.servers import ServerMissing

Found = TypeVar("Found")


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def found_or_skipped(find: Callable[[], Found]) -> Found:
    """In CI nothing is skipped; elsewhere a test without its server says which one it misses."""
    try:
        return find()
    except ServerMissing as missing:
        if in_ci():
            pytest.fail(f"{missing}, and in CI nothing may be skipped")
        pytest.skip(f"{missing} (`make services` installs it where it may)")
