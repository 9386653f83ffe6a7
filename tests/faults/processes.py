"""Real processes that may be killed at any instruction, each forked from a clean server that has the engine loaded."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from typing import Any

from support.forking import FORKS

PATIENCE_S = 120.0


def start(work: Callable[..., object], *arguments: Any) -> ForkServerProcess:
    process = FORKS.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    """As ``kill -9`` does: no handler runs, nothing is flushed."""
    process.kill()
    process.join(PATIENCE_S)
    process.close()


@contextmanager
def frozen(processes: Sequence[ForkServerProcess]) -> Iterator[None]:
    """They stand still wherever they are, with their transactions open, and go on afterwards."""
    for process in processes:
        os.kill(process.pid or 0, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid or 0, signal.SIGCONT)


@contextmanager
def together(*works: Sequence[Any]) -> Iterator[None]:
    """Run each of ``works`` (a function and its arguments) in a process; all of them must end well."""
    running = [start(*work) for work in works]
    try:
        yield
        for process in running:
            process.join(PATIENCE_S)
        assert [process.exitcode for process in running] == [0] * len(running)
    finally:
        for process in running:
            kill(process)
