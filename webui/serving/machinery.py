"""The worker as a process of its own, for an installation with Redis."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from celery.platforms import SecurityWarning
from celery.signals import worker_process_init, worker_ready

from engine.settings import Settings
from tasks.app import app, configure
from tasks.jobs import sweep
from tasks.relay import relay
from tasks.upkeep import beat_heart_of_worker


def run_worker(settings: Settings, *, concurrency: int) -> int:
    """Perform tasks until stopped by SIGTERM or Ctrl-C; the exit status."""
    configure(settings)
    worker_process_init.connect(_listen)
    worker_ready.connect(_begin)
    # SQLite has one writer at a time: threads wait for it in memory, processes by its file.
    pool = "threads" if settings.uses_sqlite else "prefork"
    warnings.simplefilter("ignore", SecurityWarning)  # it is about pickle, which we do not accept
    worker = app.Worker(
        pool=pool,
        concurrency=concurrency,
        loglevel=logging.WARNING,
        quiet=True,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    if pool == "threads":
        relay.listen()
    worker.start()
    return int(worker.exitcode or 0)


def _listen(**_: Any) -> None:
    relay.listen()


def _begin(**_: Any) -> None:
    """Whatever waited while no worker was there begins at once."""
    beat_heart_of_worker.delay()
    sweep.delay()
