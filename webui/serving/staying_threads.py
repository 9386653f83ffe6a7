"""gunicorn's threads, which stay a moment with a connection that was just answered.

Without that every request goes from the poller to a thread and back, which costs a tenth of a step: whoever sends one
request after another (a program, a page with its parts) is served by one thread instead.
"""

from __future__ import annotations

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_STAYS_MS = 10


class StayingThreadWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A thread stays only while there is a thread for everybody else who is being served."""

    def handle(self, conn: Any) -> Any:
        """One request after another of ``conn``; whether the connection may be kept, as gunicorn asks."""
        kept = super().handle(conn)
        while kept is True and self.alive and not conn.is_http2 and self._has_spare_threads() and _has_next(conn):
            kept = super().handle(conn)
        return kept

    def _has_spare_threads(self) -> bool:
        served = self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)
        return bool(served < self.cfg.threads)


def _has_next(conn: Any) -> bool:
    """Whether the client sends more within a moment, or has sent it already together with the last request."""
    if conn.parser.unreader.buf.getvalue():
        return True
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(_STAYS_MS))
