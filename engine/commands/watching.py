"""Watching a deal: who watches is told what happens in it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_deal
from engine.events import WatchEnded, WatchStarted
from engine.model.deal import Deal
from engine.model.watch import Watch
from engine.policy.permissions import Actor


def watch_deal(session: Session, deal_id: int, *, actor: Actor, clock: Clock) -> Deal:
    """Let the actor be told of what matters in a deal that they see. Again changes nothing. Raises NotFound."""
    deal, _ = lock_deal(session, deal_id, actor)
    if session.get(Watch, (deal.id, actor.person_id)) is None:
        session.add(Watch(deal_id=deal.id, person_id=actor.person_id, since=clock.now()))
        deal.watchers += 1
        # Who watches is nothing that happened in the deal: it stands in the company's log, not in the deal's chain.
        record(session, WatchStarted(deal_id=deal.id, deal_number=deal.number), actor=actor, at=clock.now())
    return deal


def unwatch_deal(session: Session, deal_id: int, *, actor: Actor, clock: Clock) -> Deal:
    """Raises NotFound."""
    deal, _ = lock_deal(session, deal_id, actor)
    watch = session.get(Watch, (deal.id, actor.person_id))
    if watch is not None:
        session.delete(watch)
        deal.watchers -= 1
        record(session, WatchEnded(deal_id=deal.id, deal_number=deal.number), actor=actor, at=clock.now())
    return deal
