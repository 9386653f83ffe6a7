"""The parts of an effect: what is read for it, what is written with its claim, what happens, what came of it.

What happens outside stands between two transactions, because no connection may wait for a mail server. The first claims
the job and keeps whatever has to be known before; the second keeps what came of it and ends the job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from engine.db.job import Job
from engine.db.outbox import LEASE, keep_held
from tasks.services import Services

Settle = Callable[[Session], object]
"""Keeps what came of it, in the transaction that ends the job."""
Happening = Callable[[], Settle | None]
"""Does it, outside of any transaction. Raises whatever went wrong."""
Begin = Callable[[Session], Happening | None]
"""Writes what has to be known before it happens, with the claim; None where nothing is left to be done outside."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An effect that may begin. ``lease`` is how long it may take before another worker begins it anew."""

    begin: Begin
    lease: timedelta = LEASE


Prepare = Callable[[Services, Session, Job], Prepared]
"""Reads what an effect needs, in the one snapshot of a transaction that only reads and in which its job was free."""


class NotDone(Exception):
    """It failed with ``failure`` and is tried again later; ``settle`` keeps what is to be known of it.

    ``is_first``: a part of it was done before, so that the tries are counted anew.
    """

    def __init__(self, failure: Exception, settle: Settle, *, is_first: bool = False) -> None:
        super().__init__(failure)
        self.failure, self.settle, self.is_first = failure, settle, is_first


class NotNow(Exception):
    """The job's turn comes again ``after`` a while; nothing was tried. ``settle`` takes back what was begun."""

    def __init__(self, after: timedelta, settle: Settle | None = None) -> None:
        super().__init__(after)
        self.after, self.settle = after, settle


def by_itself(effect: Callable[[Services, Job], Settle | None]) -> Prepare:
    """An effect that reads and writes in transactions of its own while it is under way."""

    def prepare(services: Services, _session: Session, job: Job) -> Prepared:
        return Prepared(lambda _session: partial(effect, services, job))

    return prepare


def by_whoever_holds(job: Job, settle: Settle) -> Settle:
    """``settle`` in the transaction that ends the claimed job, by the worker whose try still counts.

    It leaves what is left over to another job: of a worker that stood still for longer than its lease and the one that
    began anew meanwhile, both would, and each of the two would go on to the end.
    """

    def settled(session: Session) -> None:
        settle(session)
        keep_held(session, job)

    return settled
