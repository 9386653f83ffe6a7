"""What this process and its children have computed, to hold what is asked of the product against its limits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

_USED = slice(11, 15)  # behind a process's name: its own time, and that of its children that have ended
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_S = 60.0
_FORKER = "engine.bpmn.compile_child"


def spent() -> float:
    """Seconds of computing, also of children that have ended, and of what forks compilers and of these.

    It is waited until the compilers end. Other children go on beside, such as a database that tests have started.
    """
    own = os.times()
    forkers = [pid for pid in children_of(os.getpid()) if _FORKER in command_of(pid)]
    return own.user + own.system + own.children_user + own.children_system + sum(map(_spent_by, forkers))


def _spent_by(pid: int) -> float:
    ends_at = time.monotonic() + _PATIENCE_S
    while list(children_of(pid)):
        assert time.monotonic() < ends_at, "what a child has forked does not end"
        time.sleep(0.005)
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, told[_USED])) / _TICKS


def children_of(pid: int) -> Iterator[int]:
    """Whichever thread began them."""
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, listing.read_text().split())


def command_of(pid: int) -> str:
    """What it was started with; nothing of one that has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""
