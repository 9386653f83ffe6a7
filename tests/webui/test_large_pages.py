"""A process that asks for large pages holds what it held, in large pages where the system has them."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

ASKING = """
from pathlib import Path
from webui.serving.large_pages import use_large_pages

def large():
    return next(int(line.split()[1]) for line in Path("/proc/self/smaps_rollup").open() if "AnonHugePages" in line)

held, before = [b"%d" % number for number in range(400_000)], large()
use_large_pages()
print(held == [b"%d" % number for number in range(400_000)], large() > before)
"""


SETTINGS = Path("/sys/kernel/mm/transparent_hugepage/enabled")
KERNEL = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
HAS_NONE = not SETTINGS.exists() or "[never]" in SETTINGS.read_text() or KERNEL < (6, 1)


@pytest.mark.skipif(HAS_NONE, reason="this system gives no large pages at once")
def test_memory_keeps_what_it_holds() -> None:
    told = subprocess.run([sys.executable, "-c", ASKING], check=True, capture_output=True, text=True, timeout=60)
    assert told.stdout.split() == ["True", "True"]
