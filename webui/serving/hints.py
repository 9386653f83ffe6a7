"""The schedule as a process of its own, for an installation with Redis."""

from __future__ import annotations

import logging

from celery.apps.beat import Beat

from engine.settings import Settings
from tasks.app import app, configure


class HintsByName(Beat):  # type: ignore[misc]  # celery has no types
    """Sends each hint by the name of its task, which only a worker has to know: none of them is imported here."""

    def init_loader(self) -> None:
        self.app.finalize()


def run_beat(settings: Settings) -> None:
    """Give the schedule's hints until stopped."""
    configure(settings)
    HintsByName(app=app, loglevel=logging.WARNING, quiet=True).run()
