"""Hints at new jobs, given after the commit by a thread of its own: no request waits for a broker."""

from __future__ import annotations

import logging
import threading
from queue import SimpleQueue

from engine.clock import monotonic
from engine.db import outbox
from tasks.jobs import run_job

PAUSE_S = 5.0
"""How long nothing is hinted after the broker refused: the sweep finds what was not told."""

_logger = logging.getLogger(__name__)


class Relay:
    """One thread per process, started by its first job, so that a forked process has its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[str | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_registered = False
        self._is_listening = False

    def listen(self) -> None:
        """Hint at every job that this process enqueues from now on."""
        with self._lock:
            self._is_listening = True
            if not self._is_registered:
                outbox.listen(self.tell)
                self._is_registered = True

    def stop(self) -> None:
        """Hint at nothing more, and leave no thread behind."""
        with self._lock:
            self._is_listening = False
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join(timeout=PAUSE_S)

    def tell(self, job_id: str) -> None:
        """Returns at once and never raises."""
        with self._lock:
            if not self._is_listening:
                return
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._pass_on, name="relay", daemon=True)
                self._thread.start()
        self._jobs.put(job_id)

    def _pass_on(self) -> None:
        silent_until = 0.0
        while (job_id := self._jobs.get()) is not None:
            if monotonic() < silent_until:
                continue
            try:
                run_job.delay(job_id)
            except Exception as failure:  # noqa: BLE001  # every broker library has its own
                silent_until = monotonic() + PAUSE_S
                _logger.warning("The broker does not answer; the sweep finds what was not told: %s", failure)


relay = Relay()
