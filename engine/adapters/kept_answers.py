"""Somebody's answer kept for a while, and used longer while they do not answer anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from engine.clock import Clock
from engine.errors import DomainError

FAILED_FOR = timedelta(seconds=10)
"""So long nobody asks again after a failure: who waits for somebody that hangs must not be many."""

T = TypeVar("T")


class KeptAnswer(Generic[T]):
    """One answer, asked for by one thread at a time."""

    def __init__(self, clock: Clock, lasts: timedelta) -> None:
        self._clock = clock
        self._lasts = lasts
        self._asking = Lock()
        self._answer: tuple[T, datetime] | None = None
        self._failure: tuple[DomainError, datetime] | None = None

    def get(self, ask: Callable[[], T]) -> T:
        """The kept answer, or what ``ask`` gives; the old one where that fails. Raises what ``ask`` raises."""
        if (fresh := self._fresh()) is not None:
            return fresh[0]
        with self._asking:
            if (fresh := self._fresh()) is not None:
                return fresh[0]
            return self._asked(ask)

    def forget(self) -> None:
        """Ask again next time."""
        self._answer = None

    def _fresh(self) -> tuple[T, datetime] | None:
        kept = self._answer
        return kept if kept is not None and self._clock.now() - kept[1] < self._lasts else None

    def _asked(self, ask: Callable[[], T]) -> T:
        now = self._clock.now()
        failure = self._failure
        if failure is None or now - failure[1] >= FAILED_FOR:
            try:
                answer = ask()
            except DomainError as failed:
                failure = self._failure = (failed, now)
            else:
                self._answer, self._failure = (answer, now), None
                return answer
        if self._answer is not None:
            return self._answer[0]
        raise failure[0].with_traceback(None)
