"""gunicorn's processes, which Ctrl-C ends cleanly at whatever moment it comes, also while one of them begins.

A terminal sends Ctrl-C to all of them, and the master sends it on. A process that had just forked took the signal for
the master's and lost it, until it was killed; one that was loading met it as an exception in the middle of whatever it
did, and an exception that comes out there as another one told the master that it cannot begin at all.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter

from webui.serving.settled_settings import settle
from webui.serving.staying_threads import StayingThreadWorker

_STOPS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Master(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """Signals that stop wait from the fork until the new process has its own answer to them."""

    def spawn_worker(self) -> Any:
        """The id of the new process; in that process it does not return."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class CleanlyStoppedWorker(StayingThreadWorker):
    """Told to stop while it begins, it begins to the end, and stops then."""

    last_answers_s: ClassVar[int] = 3
    """How long it goes on answering when it is told to stop.

    The master kills it a few seconds later: until then the worker inside it has to end what it has in hand, however
    slowly somebody reads.
    """

    def run(self) -> None:
        """Serve until told to stop."""
        self.cfg.set("graceful_timeout", self.last_answers_s)
        settle(self.cfg)
        super().run()

    def init_signals(self) -> None:
        """From here on it is this process that is told."""
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def handle_quit(self, number: int, frame: FrameType | None) -> None:
        """Stop at once."""
        if self.booted:
            super().handle_quit(number, frame)
        else:
            self.alive = False
