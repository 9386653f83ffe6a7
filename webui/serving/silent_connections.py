"""Connections of whoever neither sends nor takes anything for a minute are given up, as proxies do.

Nothing says that a laptop was closed or a network is gone. Without a limit its thread would wait for the rest of a
request for good, and for a quarter of an hour to get rid of an answer.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_SILENCE_S = 60


def _or_given_up(
    method: Callable[Concatenate[socket.socket, P], R],
) -> Callable[Concatenate[socket.socket, P], R]:
    """A silence that was too long is told as a reset connection: gunicorn knows that one, and logs no failure."""

    @wraps(method)
    def given_up(self: socket.socket, /, *arguments: P.args, **more: P.kwargs) -> R:
        try:
            return method(self, *arguments, **more)
        except (BlockingIOError, TimeoutError) as silent:
            if not self.getblocking():
                raise
            raise ConnectionResetError(errno.ECONNRESET, "silent for too long") from silent

    return given_up


class ImpatientSocket(socket.socket):
    """A connection whose calls that wait end after a silence of ``LONGEST_SILENCE_S``. Raises ConnectionResetError."""

    @classmethod
    def instead_of(cls, connection: socket.socket) -> ImpatientSocket:
        """The same connection; ``connection`` itself is of no use afterwards."""
        impatient = cls(fileno=connection.detach())
        # The system's own limit counts in the waiting call alone: what gunicorn sets for itself stays as it is.
        impatient.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", LONGEST_SILENCE_S, 0))
        impatient.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LONGEST_SILENCE_S * 1000)
        return impatient

    def settimeout(self, value: float | None, /) -> None:
        """Python tells the system each time, also what it knows."""
        if value != self.gettimeout():
            super().settimeout(value)

    def setblocking(self, flag: bool, /) -> None:
        self.settimeout(None if flag else 0.0)

    recv = _or_given_up(socket.socket.recv)
    recv_into = _or_given_up(socket.socket.recv_into)
    send = _or_given_up(socket.socket.send)
    sendall = _or_given_up(socket.socket.sendall)
    sendfile = _or_given_up(socket.socket.sendfile)


class Impatient:
    """A listener whose connections are impatient."""

    def __init__(self, listener: Any) -> None:
        self._listener = listener

    def accept(self) -> tuple[ImpatientSocket, Any]:
        connection, address = self._listener.accept()
        return ImpatientSocket.instead_of(connection), address

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)
