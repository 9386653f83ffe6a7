"""News of steps for the pages that are open: one look at the history per process, however many people wait for it.

A page either holds a stream of server-sent events, or asks every few seconds whether something has changed for it. Both
are answered from what the process has seen; what a stream says is only that there is something to fetch. A stream
occupies a thread of the server, so there are few seats for them; who finds none asks instead.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Condition, Lock
from typing import cast

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from engine.clock import Clock, monotonic
from engine.db.glance import glance
from engine.db.session import Database
from engine.policy.permissions import Actor
from engine.queries.step_news import LAST_EVENT, StepNews, last_settled, news_after

SEATS = 6
"""Streams per process: a few of the web server's threads, so that pages never wait for streams."""

_NAME = "reglament.news"
_LOOK_EVERY_S = 1.0
_FRESH_S = 0.25  # for who asks once in a while, and not again within a second
_BEAT_EVERY_S = 15.0
_STREAM_S = 240.0
_MOST_KEPT = 1_000
_SLACK = timedelta(seconds=1)  # between the clocks of two processes
_RETRY_MS = 3_000

WhoAsks = Callable[[], Actor | None]


@dataclass(frozen=True, slots=True)
class _Told:
    number: int
    at: datetime
    news: StepNews


class NewsDesk:
    """What happened to steps lately, as this process has seen it. Threads may ask at once.

    ``elapsed`` gives seconds of which only differences mean anything.
    """

    def __init__(self, database: Database, clock: Clock, *, elapsed: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._elapsed = elapsed
        self._seats = BoundedSemaphore(SEATS)
        self._looking = Lock()
        self._arrived = Condition()
        self._told: deque[_Told] = deque(maxlen=_MOST_KEPT)
        self._number = 0
        self._last_id: int | None = None
        self._known_since: datetime | None = None
        self._looked_at: float | None = None
        self._is_stopping: Callable[[], bool] = lambda: False

    def stop_when(self, is_stopping: Callable[[], bool]) -> None:
        """Streams end within a second of ``is_stopping`` being true: a server that stops does not wait for them."""
        self._is_stopping = is_stopping

    def take_seat(self) -> bool:
        """Whether there was one: who takes it must leave it."""
        return self._seats.acquire(blocking=False)

    def leave_seat(self) -> None:
        self._seats.release()

    def has_changed(self, actor: Actor, since: datetime) -> bool:
        """Whether a list that the actor read at ``since`` may look different now. In doubt it may."""
        self._look(_FRESH_S)
        known_since, told = self._known_since, tuple(self._told)
        if known_since is None or since < known_since:
            return True
        return any(one.at >= since - _SLACK and one.news.concerns(actor) for one in told)

    def stream(self, who: WhoAsks, since: datetime, has_left: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Server-sent events, one for each time that lists of whoever asks have changed; it ends by itself.

        ``who`` is asked again with every sign of life: whoever may not sign in any more hears nothing more. A page that
        ``has_left`` gives its seat back within a second: its silence would be noticed after two signs of life.
        """
        yield f"retry: {_RETRY_MS}\n\n"
        ends = self._elapsed() + _STREAM_S * random.uniform(1, 1.5)  # noqa: S311  # so that not all come back at once
        number, said_at, actor = self._number, self._elapsed(), who()
        try:
            if actor is not None and self.has_changed(actor, since):
                yield self._event()
            while actor is not None and self._elapsed() < ends and not (self._is_stopping() or has_left()):
                with self._arrived:
                    self._arrived.wait(_LOOK_EVERY_S)
                self._look(_LOOK_EVERY_S)
                fresh = [one for one in tuple(self._told) if one.number > number]
                number = fresh[-1].number if fresh else number  # not the desk's own: others add to it meanwhile
                if any(one.news.concerns(actor) for one in fresh):
                    said_at = self._elapsed()
                    yield self._event()
                elif self._elapsed() - said_at >= _BEAT_EVERY_S:
                    said_at, actor = self._elapsed(), who()
                    yield ":\n\n"
        except SQLAlchemyError:
            return  # the database is away: the page comes back, and asks meanwhile

    def _event(self) -> str:
        return f"id: {marker(self._clock.now())}\ndata: steps\n\n"

    def _look(self, oldest_s: float) -> None:
        """See what is new, unless somebody has looked so lately; who asks meanwhile waits for the answer."""
        with self._looking:
            at = self._elapsed()
            if self._looked_at is not None and at - self._looked_at < oldest_s:
                return
            news = self._read()
            self._looked_at = at
        if news is not None:
            with self._arrived:
                self._arrived.notify_all()

    def _read(self) -> StepNews | None:
        if self._last_id is None:
            now = self._clock.now()
            with self._database.read(snapshot=False) as session:
                self._last_id = last_settled(session)
            self._known_since = now
            return None
        if glance(self._database, LAST_EVENT) <= self._last_id:
            return None
        with self._database.read(snapshot=False) as session:
            news = news_after(session, self._last_id)
        if news.last_id == self._last_id:
            return None  # it is not settled yet
        if len(self._told) == _MOST_KEPT:
            self._known_since = self._told[0].at
        self._told.append(_Told(self._number + 1, self._clock.now(), news))
        self._number, self._last_id = self._number + 1, news.last_id
        return news


def marker(moment: datetime) -> str:
    """An instant as pages keep it: milliseconds since 1970."""
    return str(int(moment.timestamp() * 1000))


def provide_news(app: Flask, database: Database, clock: Clock) -> None:
    app.extensions[_NAME] = NewsDesk(database, clock)


def news_desk(app: Flask | None = None) -> NewsDesk:
    """That of the application, or of the one that answers the request at hand."""
    return cast("NewsDesk", (app or current_app).extensions[_NAME])
