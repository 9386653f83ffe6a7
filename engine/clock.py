"""The one source of the present moment. Everything else is forbidden to ask the operating system."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Answers what time it is, as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # this is the one place


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
