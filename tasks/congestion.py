"""Systems that answer slowly, or not at all, must not keep a worker from deadlines, letters and other systems."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from engine.clock import monotonic
from tasks.happening import NotNow

AT_ONCE = 1
"""How many requests one process makes at once: embedded, its other thread is for timers and reminders."""
SILENCE_S = 15.0
"""How long a host that did not answer is left alone."""
_SHORTLY = timedelta(seconds=2)


class SlowHosts:
    """What this process knows of the hosts that it calls."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._silent_until: dict[str, float] = {}

    @contextmanager
    def calling(self, host: str) -> Iterator[None]:
        """Hold a place for a request to ``host``. Raises NotNow when none is free, or the host is left alone."""
        left = self._silent_until.get(host, 0.0) - monotonic()
        if left > 0:
            raise NotNow(timedelta(seconds=left))
        if not self._places.acquire(blocking=False):
            raise NotNow(_SHORTLY)
        try:
            yield
        finally:
            self._places.release()

    def is_silent(self, host: str) -> None:
        """The host did not answer: it is left alone for a while."""
        self.rest(host, SILENCE_S)

    def rest(self, host: str, seconds: float) -> None:
        """The host asked for it: it is left alone for so long."""
        self._silent_until[host] = monotonic() + seconds

    def forget(self) -> None:
        """Call every host again at once."""
        self._silent_until.clear()
