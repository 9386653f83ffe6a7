"""Making a call at once that would be made again by itself later: somebody has mended what it failed at."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.call_results import ensure_waits, lock_call
from engine.commands.calls import tell_worker
from engine.commands.history import record
from engine.events import CallHurried
from engine.policy.permissions import Ability, Actor, ensure_may


def make_call_now(session: Session, call_id: str, *, actor: Actor, clock: Clock) -> bool:
    """Let a call that failed be made now instead of when its turn comes; whether it was not due already.

    The tries that it has left stay. Raises NotFound, NotAllowed, CallOver, DealIsSuspended.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    call, instance = lock_call(session, call_id)
    ensure_waits(call, instance)
    at = clock.now()
    if call.due_at <= at:
        return False
    call.due_at = at
    event = CallHurried(name=call.name, element_id=call.element_id, attempts=call.attempts)
    record(session, event, actor=actor, at=at, deal=instance.deal)
    tell_worker(session, call.id, call.connector, at=at)
    return True
