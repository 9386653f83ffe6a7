"""The product's own processes, started as an owner starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self

from support.servers import free_port

PROGRAM = Path(sys.executable).with_name("reglament")
START_TIMEOUT_S = 120.0


def environment(var: Path, **more: str) -> dict[str, str]:
    """Of an installation in ``var``: nothing of the machine's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPYCACHEPREFIX") if name in os.environ}
    return {**kept, "REGLAMENT_VAR": str(var), "LOCALE_DEFAULT": "en", **more}


@dataclass
class Running:
    """``reglament run`` in a process group of its own, as a terminal would have it; stopped at the end."""

    var: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        env = environment(self.var, PORT=str(self.port), **self.settings)
        self.var.mkdir(exist_ok=True)
        with (self.var / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "run"], env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.press_ctrl_c()

    @property
    def log(self) -> str:
        return (self.var / "log").read_text(errors="replace")

    def health(self) -> tuple[int, Mapping[str, Any]]:
        """Status and answer of /healthz; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, json.load(answer)
        except (OSError, HTTPException):  # it goes away in the middle of its answer
            return 0, {}

    def wait_until_healthy(self) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        while self.health()[0] != 200:
            if self.process.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
                raise AssertionError(f"the server does not come up:\n{self.log}")
            time.sleep(0.05)
        return time.monotonic() - began

    def press_ctrl_c(self) -> int:
        """Every process of the terminal's group gets SIGINT; the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=40)

    def children(self) -> list[int]:
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(child) for child in listing.read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether the process still runs: one that has ended may wait for its parent to ask how."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
