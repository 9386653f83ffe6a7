"""Worker and schedule inside the server's own process, for an installation without Redis."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from celery.beat import Service

from engine.clock import monotonic
from tasks.app import SCHEDULER, app, configure
from tasks.jobs import sweep
from tasks.relay import relay
from tasks.services import Services, use
from tasks.upkeep import beat_heart_of_worker

_THREADS = 4
_THREADS_ON_SQLITE = 2  # one writer at a time: a second thread is for letters that wait for their server
_STOP_TIMEOUT_S = 5.0

_logger = logging.getLogger(__name__)


class EmbeddedMachinery:
    """A Celery worker with its own threads and a schedule, on a broker in memory.

    When one of the two ends by itself, the process ends too: its supervisor starts another.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping, self._is_ready = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._worker: Any = None
        self._beat: Any = None

    def start(self) -> None:
        configure(self._services.settings)
        use(self._services)
        relay.listen()
        app.finalize(auto=True)
        self._worker = app.WorkController(
            pool="threads",
            concurrency=_THREADS_ON_SQLITE if self._services.database.is_sqlite else _THREADS,
            hostname="embedded@local",
            loglevel=logging.WARNING,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=lambda _consumer: self._is_ready.set(),
        )
        self._beat = Service(app, max_interval=1, scheduler_cls=SCHEDULER, remote_control=False)
        beat_heart_of_worker.delay()
        sweep.delay()
        self._start_thread("worker", self._worker.start)
        self._start_thread("schedule", self._beat.start)

    def stop(self) -> None:
        """End both, letting what is being performed end; at most a few seconds.

        Celery takes a worker that is still starting for stopped, and it would go on: it is waited for.
        """
        until = monotonic() + _STOP_TIMEOUT_S
        self._stopping.set()
        relay.stop()
        self._beat.stop()
        self._is_ready.wait(_STOP_TIMEOUT_S)
        self._worker.stop()
        for thread in self._threads:
            thread.join(timeout=max(0.0, until - monotonic()))

    def _start_thread(self, name: str, work: Callable[[], object]) -> None:
        thread = threading.Thread(target=self._work_until_stopped, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work_until_stopped(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            _logger.exception("The %s failed", name)
        if not self._stopping.is_set():
            _logger.critical("The %s ended by itself; the server process ends to be started again", name)
            os.kill(os.getpid(), signal.SIGTERM)
