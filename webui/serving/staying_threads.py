"""gunicorn's threads, which stay a moment with a connection that was just answered, and connections shared evenly.

Without the first every request goes from the poller to a thread and back, which costs a tenth of a step: whoever sends
one request after another (a program, a page with its parts) is served by one thread instead.

A connection that is kept open stays with its process. Whoever is faster takes a new one, so without the second one of
two processes often holds three quarters of them, and works while the other has nothing to do.
"""

from __future__ import annotations

import select
from multiprocessing.sharedctypes import RawArray
from time import sleep
from typing import Any, ClassVar

from gunicorn.http.wsgi import create
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

from webui.serving.silent_connections import Impatient
from webui.serving.whole_answers import WholeAnswer

_STAYS_MS = 10
_GIVES_WAY_S = 0.001
_MORE_THAN_ANYBODY = 2**31 - 1


class StayingThreadWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A thread stays only while there is a thread for everybody else who is being served."""

    held: ClassVar[Any] = RawArray("i", 1)
    """How many connections each process holds: memory that they share, made for their number before they fork."""
    place: int | None = None
    """This process's among them."""
    gives_way_at_most = 5
    """How often a new connection is left a millisecond to the processes that hold fewer."""

    @property
    def nr_conns(self) -> int:
        """Gunicorn's count of open connections."""
        return self._open

    @nr_conns.setter
    def nr_conns(self, number: int) -> None:
        self._open = number
        if self.place is not None:
            self.held[self.place] = number

    def accept(self, listener: Any) -> None:
        """Take a new connection, unless a process that holds fewer takes it within a moment."""
        for _ in range(self.gives_way_at_most):
            if self.place is None or self._open <= min(self.held):
                break
            sleep(_GIVES_WAY_S)
        super().accept(Impatient(listener))

    def handle(self, conn: Any) -> Any:
        """One request after another of ``conn``; whether the connection may be kept, as gunicorn asks."""
        kept = super().handle(conn)
        while kept is True and self.alive and not conn.is_http2 and self._has_spare_threads() and _has_next(conn):
            kept = super().handle(conn)
        return kept

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer as gunicorn does, in one piece where it is short; whether the connection may be kept.

        Without gunicorn's hooks around a request, its log of them and its count of them: nothing of it is configured.
        """
        answer, environ = create(req, conn.sock, conn.client, conn.server, self.cfg, response_class=WholeAnswer)
        environ["wsgi.multithread"] = True
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            answer.force_close()
        try:
            pieces = self.wsgi(environ, answer.start_response)
            try:
                if isinstance(pieces, environ["wsgi.file_wrapper"]):
                    answer.write_file(pieces)
                else:
                    for piece in pieces:
                        answer.write(piece)
                answer.close()
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        except OSError:
            raise
        except (Exception, SystemExit) as failure:
            if not answer.has_begun:
                raise
            self.log.exception("Error handling request")
            close_graceful(conn.sock)
            raise StopIteration from failure
        return not answer.should_close()

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Nothing has to be drained of a body that was read to its end: no timeout is set for that, and taken back."""
        if keepalive and _is_read(conn.parser.mesg.body):
            conn.parser.mesg = None  # else it would be looked for anew before the next request is read
            return True
        return bool(super()._keepalive_after(conn, keepalive))

    def _has_spare_threads(self) -> bool:
        served = self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)
        return bool(served < self.cfg.threads)


def give_place(server: Any, worker: Any) -> None:
    """Gunicorn's hook before a fork: the first place that no process has, such as that of one which died.

    A process that was added by a signal may get none: it gives way to nobody.
    """
    taken = {one.place for one in server.WORKERS.values()}
    worker.place = next((place for place in range(len(worker.held)) if place not in taken), None)
    worker.nr_conns = 0


def leave_place(_server: Any, worker: Any) -> None:
    """Gunicorn's hook when a process has ended: nobody gives way to it any more."""
    worker.nr_conns = _MORE_THAN_ANYBODY


def _is_read(body: Any) -> bool:
    """Whether the connection holds nothing more of a body whose length was told."""
    return getattr(body.reader, "length", None) == 0


def _has_next(conn: Any) -> bool:
    """Whether the client sends more within a moment, or has sent it already together with the last request."""
    if conn.parser.unreader.buf.getvalue():
        return True
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(_STAYS_MS))
