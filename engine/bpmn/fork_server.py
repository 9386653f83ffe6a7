"""Children that need not load their program: a clean process has loaded it, and forks one of them for each request.

To load the compiler takes half a second of computing, ten times what it takes to compile most maps. The process begins
with the first request. It inherits no environment and reads no request, which only its children do: nothing that a
request holds outlives its child. It ends with whoever began it, and after some minutes in which nothing was asked.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NoReturn

import engine
from engine.clock import monotonic

_BEGUN = b"\0"
_ASKED = b"\0"
_AT_ONCE = 1 << 16
_SHORTEST_WAIT_S = 0.001


class NoChild(Exception):
    """The process that forks cannot be started, or can start no child."""


@dataclass(frozen=True, slots=True)
class _Forker:
    process: subprocess.Popen[bytes]
    control: socket.socket


class ForkServer:
    """Asks children of ``module``, which calls ``serve`` when it is run. It ends after ``idle_s`` without a request."""

    def __init__(self, module: str, *, idle_s: int) -> None:
        self.command = [sys.executable, "-P", "-m", module, str(idle_s)]
        self._lock = Lock()
        self._forker: _Forker | None = None
        os.register_at_fork(after_in_child=self._forget)

    def ask(self, request: bytes, *, patience_s: float) -> bytes:
        """All that a child says until it ends. Raises TimeoutError, or NoChild after a second attempt."""
        ends_at = monotonic() + patience_s
        for _ in range(2):  # the process may end, having waited for long, as it is asked
            asked, line = self._begin_child()
            with line:
                if _hear(line, len(_BEGUN), ends_at):
                    return _told(line, request, ends_at)
            self._end(asked)
        raise NoChild

    def end(self) -> None:
        """Give back what the process holds; the next request begins another."""
        if (forker := self._forker) is not None:
            self._end(forker)

    def _begin_child(self) -> tuple[_Forker, socket.socket]:
        """Whom was asked for a child, and the line to it: that is cut where none begins. Raises NoChild."""
        with self._lock:
            try:
                forker = self._forker = self._forker or self._begin()
                ours, theirs = socket.socketpair()
            except OSError as problem:  # no room for another process, or for what it needs
                raise NoChild from problem
            with theirs, suppress(OSError):
                socket.send_fds(forker.control, [_ASKED], [theirs.fileno()])
        return forker, ours

    def _begin(self) -> _Forker:
        root = Path(engine.__file__).resolve().parent.parent
        control, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no text from outside
                    self.command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={"PYTHONPATH": str(root), "PYTHONUTF8": "1"},
                    close_fds=True,
                    start_new_session=True,  # Ctrl-C in the terminal is not for it
                )
            except OSError:
                control.close()
                raise
        return _Forker(process, control)

    def _end(self, asked: _Forker) -> None:
        """Make way for another, unless somebody else has done so. Its children go on to their own ends."""
        with self._lock:
            if asked is self._forker:
                self._forker = None
                asked.control.close()
                asked.process.kill()
                asked.process.wait()

    def _forget(self) -> None:
        """A process that was forked from this one begins a server of its own."""
        self._lock = Lock()
        if self._forker is not None:
            self._forker.control.close()
            self._forker = None


def serve(perform: Callable[[socket.socket], None]) -> None:
    """Fork a child for each line that comes, to ``perform`` on it, until whoever began this process has gone."""
    control = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    woken, waker = socket.socketpair()
    waker.settimeout(0)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()  # what is loaded stays, in memory that all children share
    idle_s = int(sys.argv[1])
    while ready := select.select([control, woken], [], [], idle_s)[0]:
        if woken in ready:
            woken.recv(_AT_ONCE)
            _bury_children()
        if control in ready:
            asked, lines, _, _ = socket.recv_fds(control, len(_ASKED), 1)
            if not asked:
                return
            with socket.socket(fileno=lines[0]) as line:
                if _fork() == 0:
                    for other in (control, woken, waker, sys.stdin):
                        other.close()
                    _be_child(perform, line)


def _fork() -> int | None:
    """As ``os.fork``; None where the system has no room for another process: who asked sees the line cut."""
    try:
        return os.fork()
    except OSError:
        return None


def _bury_children() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _be_child(perform: Callable[[socket.socket], None], line: socket.socket) -> NoReturn:
    """Whatever happens, the child never goes on as its parent."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        line.sendall(_BEGUN)
        perform(line)
    finally:
        os._exit(0)


def hear_all(line: socket.socket) -> bytes:
    """What the other end says until it has said everything."""
    return b"".join(iter(lambda: line.recv(_AT_ONCE), b""))


def _told(line: socket.socket, request: bytes, ends_at: float) -> bytes:
    with suppress(ConnectionError):  # the child has ended already
        line.settimeout(_left(ends_at))
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
    return b"".join(iter(lambda: _hear(line, _AT_ONCE, ends_at), b""))


def _hear(line: socket.socket, most: int, ends_at: float) -> bytes:
    """What was said next; nothing when the other end has gone. Raises TimeoutError."""
    line.settimeout(_left(ends_at))
    try:
        return line.recv(most)
    except ConnectionError:
        return b""


def _left(ends_at: float) -> float:
    return max(ends_at - monotonic(), _SHORTEST_WAIT_S)
