"""Timers whose time has come."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from engine.commands.timers import claim_due_timers, fire_timer
from tasks.app import task
from tasks.one_by_one import performed
from tasks.services import Services, services

_CLAIMED_AT_ONCE = 100


@task
def fire_due_timers() -> None:
    """Claim the due timers batch by batch and fire each once; a map that fails becomes an incident."""
    given = services()
    while True:
        with given.database.write() as session:
            claimed = claim_due_timers(session, clock=given.clock, limit=_CLAIMED_AT_ONCE)
        for timer_id in claimed:
            performed(given, f"Timer {timer_id}", partial(_fire, given, timer_id))
        if len(claimed) < _CLAIMED_AT_ONCE:
            return


def _fire(services: Services, timer_id: int, session: Session) -> bool:
    return fire_timer(session, timer_id, clock=services.clock)
