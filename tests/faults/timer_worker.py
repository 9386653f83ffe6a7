"""A worker as a process of its own that fires whatever timers are due, batch by batch."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection

from engine.clock import SettableClock
from engine.commands.incidents import perform
from engine.commands.timers import claim_due_timers, fire_timer, fire_timers
from engine.db.session import Database
from engine.policy.permissions import Actor

BATCH = 25


def fire_all(url: str, at: datetime, beats: Connection | None = None) -> None:
    """Fire until nothing unclaimed is due at ``at``; tell how many each time, if anybody listens."""
    database, clock = Database(url), SettableClock(at)
    claimed = [0]
    while claimed:
        with database.write() as session:
            claimed = claim_due_timers(session, clock=clock, limit=BATCH)
        with database.write() as session:
            result = fire_timers(session, claimed, clock=clock)
        for timer_id in result.left:
            fire = partial(fire_timer, timer_id=timer_id, clock=clock)
            perform(database, fire, actor=Actor.system(), clock=clock)
        if beats is not None:
            beats.send_bytes(b"." * len(claimed))
    database.dispose()
