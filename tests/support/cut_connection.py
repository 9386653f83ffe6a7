"""A proxy before PostgreSQL that lets a COMMIT through and swallows its answer: the worst moment to be cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Self

_COMMIT = b"COMMIT"
_MOST_AT_ONCE = 65_536
_PATIENCE_S = 30.0


@dataclass
class CommitSwallower:
    """Listens on a port of its own. While ``armed``, the next COMMIT is performed and its connection cut.

    ``swallowed`` counts the answers that were lost.
    """

    server_port: int
    swallowed: int = 0
    armed: bool = False
    _threads: list[threading.Thread] = field(default_factory=list)
    _performed: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(_PATIENCE_S)

    def wait_until_performed(self) -> None:
        """Until the server has ended with the connection that was cut, and so with its COMMIT."""
        assert self._performed.wait(_PATIENCE_S), "the server does not end"

    def _start(self, work: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # bound methods
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            self._start(self._to_server, client, server, self._start(_pass_on, server, client))

    def _to_server(self, client: socket.socket, server: socket.socket, answers: threading.Thread) -> None:
        is_cut = False
        with contextlib.suppress(OSError):
            while sent := client.recv(_MOST_AT_ONCE):
                if self.armed and _COMMIT in sent:
                    self.armed, is_cut = False, True
                    self.swallowed += 1
                    self._performed.clear()
                    # The client hears nothing any more; the server still gets and performs what was sent.
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(sent)
                    break
                server.sendall(sent)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)  # the server finishes what it has, and then closes
        if is_cut:
            answers.join(_PATIENCE_S)
            self._performed.set()


def _pass_on(server: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError), server, client:
        while told := server.recv(_MOST_AT_ONCE):
            with contextlib.suppress(OSError):
                client.sendall(told)
