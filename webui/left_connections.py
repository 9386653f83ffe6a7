"""Whether the browser at the other end of a connection has gone, long before something is written to it."""

from __future__ import annotations

import select
import socket


def has_left(connection: socket.socket | None) -> bool:
    """Whether the other side has closed ``connection``; nothing is taken out of it.

    Without a connection, as under a server that does not show it, nobody is known to have left.
    """
    if connection is None:
        return False
    waiting = select.poll()  # select() itself cannot look at connections of a high number
    try:
        waiting.register(connection, select.POLLIN)
        return bool(waiting.poll(0)) and not connection.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):  # broken off, or closed on this side as well
        return True
