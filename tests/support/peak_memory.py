"""How much memory this process has had, at most, since its program began."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_mebibytes() -> float:
    """Resident memory at its highest.

    Linux counts in ru_maxrss also what the process was before its exec: a copy of the one that started it, which may be
    a test run that has grown for hours. VmHWM begins anew with the program.
    """
    if _STATUS.exists():
        line = next(one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
