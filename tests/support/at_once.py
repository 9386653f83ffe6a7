"""Two transactions at one moment, on PostgreSQL: a file database has one writer at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session
from support.waiting import somebody_waits

from engine.db.session import Database


def at_once(database: Database, first: Callable[[Session], object], second: Callable[[Session], object]) -> None:
    """Commit what the first has written when the second waits for it, or has not had to.

    Raises what the second raises.
    """

    def follow() -> None:
        with database.write() as session:
            second(session)

    with ThreadPoolExecutor(1) as others:
        with database.write() as session:
            first(session)
            session.flush()
            following = others.submit(follow)
            while not following.done() and not somebody_waits(database):
                pass
        following.result()
