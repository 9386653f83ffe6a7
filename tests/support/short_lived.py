"""Parts of a process group that note when they begin, for tests of how the group keeps them alive."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def crash(folder: Path) -> None:
    """End at once, as a part that cannot begin."""
    _note(folder, "crash")


def stay(folder: Path) -> None:
    """Stay until stopped."""
    _note(folder, "stay")
    signal.pause()


def _note(folder: Path, name: str) -> None:
    with (folder / "begun").open("a") as begun:
        begun.write(f"{name} {os.getpid()}\n")
