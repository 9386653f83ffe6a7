"""The one source of the present moment. Everything else is forbidden to ask the operating system."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

LARGEST_STEP = timedelta(seconds=60)
"""A clock that is put further than this is not believed at once."""

BELIEVED_AFTER = timedelta(minutes=10)
"""How long a clock must have stood by its new time before it is believed."""

_LOOK_EVERY_S = 10.0
_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)
_logger = logging.getLogger(__name__)


class Clock(Protocol):
    """Answers what time it is, as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # this is the one place


class SteadyClock:
    """The time of ``source``, carried on between looks at it by the time since the machine was started.

    A jump of more than LARGEST_STEP is believed only when it has lasted for BELIEVED_AFTER: until then the old course
    goes on, so that a clock put an hour ahead and back again fires, escalates and releases nothing early. While the
    source does not answer, the course goes on as well. ``elapsed`` gives seconds that go on while a machine sleeps.
    """

    def __init__(self, source: Callable[[], datetime], *, elapsed: Callable[[], float] | None = None) -> None:
        self._source = source
        self._elapsed = elapsed or since_boot
        self._looking = Lock()
        self._looked_at = -math.inf
        self._course: float | None = None  # the epoch's seconds less the elapsed ones
        self._doubted: float | None = None
        self._doubted_since = 0.0

    def now(self) -> datetime:
        """Raises whatever ``source`` raises as long as it has never answered."""
        if self._elapsed() - self._looked_at >= _LOOK_EVERY_S and self._looking.acquire(blocking=self._course is None):
            try:
                self._look()
            finally:
                self._looking.release()
        return datetime.fromtimestamp((self._course or 0.0) + self._elapsed(), UTC)

    def _look(self) -> None:
        began = self._elapsed()
        try:
            told = self._source()
        except Exception as failure:
            if self._course is None:
                raise
            _logger.warning("The clock does not answer, its time is carried on: %s", failure)
            self._looked_at = began
            return
        self._looked_at = self._elapsed()
        course = told.timestamp() - (began + self._looked_at) / 2
        if self._course is None or _is_near(course, self._course):
            self._course, self._doubted = course, None
        elif self._doubted is None or not _is_near(course, self._doubted):
            self._doubted, self._doubted_since = course, self._looked_at
            _logger.warning("The clock jumped by %.0f s; it is believed if it stays there.", course - self._course)
        elif self._looked_at - self._doubted_since >= BELIEVED_AFTER.total_seconds():
            _logger.warning("The clock stayed where it jumped to, by %.0f s: it is believed.", course - self._course)
            self._course, self._doubted = course, None


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= LARGEST_STEP.total_seconds()


class SettableClock:
    """A clock that stands still until it is moved: for tests, practice runs and the demo company."""

    def __init__(self, at: datetime) -> None:
        self._now = as_utc(at)

    def now(self) -> datetime:
        return self._now

    def set(self, at: datetime) -> None:
        self._now = as_utc(at)

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        return self._now


def as_utc(moment: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive datetime: it names no instant."""
    if moment.tzinfo is None:
        msg = "a naive datetime names no instant"
        raise ValueError(msg)
    return moment.astimezone(UTC)


def monotonic() -> float:
    """Seconds that never run backwards; only differences mean anything."""
    return time.monotonic()


def since_boot() -> float:
    """Seconds since the machine was started, also those in which it slept, where the system counts them."""
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
