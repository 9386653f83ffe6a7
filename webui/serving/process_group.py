"""Several processes as one: who crashes is started again, and all stop together."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from types import FrameType
from typing import Any, Protocol

from engine.clock import monotonic

STOP_TIMEOUT_S = 20.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_AFTER_S = 60.0

_logger = logging.getLogger(__name__)


class Part(Protocol):
    """What one process of the group does until it gets SIGTERM. It is imported anew there: a module's function."""

    def __call__(self, *arguments: Any) -> object: ...


@dataclass(slots=True)
class _Running:
    process: multiprocessing.process.BaseProcess
    started_at: float
    pause_s: float
    again_at: float | None = None
    """When it is started again, since it has ended."""


class ProcessGroup:
    """Runs ``parts`` by name with the same arguments, each in a fresh process that ends when this one does."""

    def __init__(self, parts: Mapping[str, Part], *arguments: Any) -> None:
        self._parts = parts
        self._arguments = arguments
        self._context = multiprocessing.get_context("spawn")
        self._running: dict[str, _Running] = {}
        self._wake_reader, self._wake_writer = self._context.Pipe(duplex=False)
        self._is_stopping = False

    def run(self) -> None:
        """Return when Ctrl-C or SIGTERM has stopped all of them."""
        previous = {one: signal.signal(one, self._stop) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            for name in self._parts:
                self._start(name, _FIRST_PAUSE_S)
            while not self._is_stopping:
                self._wait()
                self._restart_ended()
        finally:
            self._end_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True
        self._wake_writer.send_bytes(b".")

    def _start(self, name: str, pause_s: float) -> None:
        process = self._context.Process(target=_live, args=(self._parts[name], self._arguments), name=name)
        # A part inherits that Ctrl-C is not for it, also in its first second, while it still imports.
        previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
        self._running[name] = _Running(process, monotonic(), pause_s)

    def _wait(self) -> None:
        """Until one ends, until one that has ended may be started again, or until all are to stop."""
        alive = [one.process.sentinel for one in self._running.values() if one.again_at is None]
        due = [one.again_at for one in self._running.values() if one.again_at is not None]
        wait([self._wake_reader, *alive], max(0.0, min(due) - monotonic()) if due else None)

    def _restart_ended(self) -> None:
        """Each after a pause of its own: one that ends again and again holds none of the others up."""
        now = monotonic()
        for name, one in list(self._running.items()):
            if self._is_stopping or one.process.is_alive():
                continue
            if one.again_at is None:
                if now - one.started_at > _STEADY_AFTER_S:
                    one.pause_s = _FIRST_PAUSE_S
                one.again_at = now + one.pause_s
                _logger.warning("%s ended (%s) and is started again", name, one.process.exitcode)
            elif one.again_at <= now:
                self._start(name, min(one.pause_s * 2, _LONGEST_PAUSE_S))

    def _end_all(self) -> None:
        for one in self._running.values():
            if one.process.is_alive():
                one.process.terminate()
        until = monotonic() + STOP_TIMEOUT_S
        for name, one in self._running.items():
            one.process.join(max(0.0, until - monotonic()))
            if one.process.is_alive():
                _logger.warning("%s did not end in time and was killed", name)
                one.process.kill()
                one.process.join()


def _live(part: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    """In the new process: away from the terminal, whose Ctrl-C is for the group, and not longer than the group."""
    os.setsid()
    end_with_parent()
    raise SystemExit(part(*arguments))


def end_with_parent() -> None:
    """Send this process SIGTERM when the one that started it has ended, however that came."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="group", daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
