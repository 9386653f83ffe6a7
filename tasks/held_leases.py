"""A short lease of what may take long: it is renewed while this process lives, and over soon when it does not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy.orm import Session

from engine.clock import monotonic
from tasks.services import Services

RENEWED_EVERY_S = 10.0
"""A third of the leases: one renewal may come late, or fail."""
LONGEST_S = 300.0
"""Whoever is at one and the same thing for so long hangs, and others may have their turn."""

_logger = logging.getLogger(__name__)


@contextmanager
def held(services: Services, renew: Callable[[Session], object]) -> Iterator[Callable[[], None]]:
    """Call ``renew`` every few seconds, each time in a transaction of its own, until the block ends.

    For at most LONGEST_S after the last call of what is given: it says that something was done.
    """
    ended, done_at = Event(), [monotonic()]

    def keep() -> None:
        while not ended.wait(RENEWED_EVERY_S):
            if monotonic() - done_at[0] > LONGEST_S:
                return
            try:
                with services.database.write() as session:
                    renew(session)
            except Exception:
                _logger.exception("A lease is not renewed")

    def get_on() -> None:
        done_at[0] = monotonic()

    keeper = Thread(target=keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield get_on
    finally:
        ended.set()
        keeper.join()
