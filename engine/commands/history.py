"""Recording what happened: append-only, chained per deal inside the transaction of the command itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.events import Event
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.policy.history_chain import ChainEntry, entry_hash
from engine.policy.permissions import Actor


def record(
    session: Session,
    event: Event,
    *,
    actor: Actor,
    at: datetime,
    deal: Deal | None = None,
    work_item_id: int | None = None,
) -> HistoryEvent:
    """Append ``event``. With a deal, the caller holds the lock of the deal's instance: it orders the chain."""
    row = HistoryEvent(
        deal_id=None,
        number=None,
        kind=event.kind,
        work_item_id=work_item_id,
        actor_id=actor.recorded_id,
        actor_name=actor.full_name,
        at=at,
        data=event.data,
    )
    if deal is not None:
        row.deal_id, row.number, row.previous_hash = deal.id, deal.history_length + 1, deal.history_hash
        row.entry_hash = entry_hash(
            ChainEntry(
                deal=row.deal_id,
                number=row.number,
                kind=row.kind,
                actor_id=row.actor_id,
                actor_name=row.actor_name,
                work_item_id=row.work_item_id,
                at=row.at,
                data=row.data,
                previous_hash=row.previous_hash,
            )
        )
        deal.history_length, deal.history_hash = row.number, row.entry_hash
    session.add(row)
    return row
