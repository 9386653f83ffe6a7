"""Who may read a deal, asked about others than the one who acts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.deal import Deal
from engine.queries.actors import actor_of
from engine.queries.scopes import visible_deals


def sees_deal(session: Session, person_id: int, deal_id: int, at: datetime) -> bool:
    """May the person read the deal at ``at``. Nobody who has left may."""
    try:
        reader = actor_of(session, person_id, at)
    except NotFound:
        return False
    return session.scalar(select(Deal.id).where(Deal.id == deal_id, visible_deals(reader, only=deal_id))) is not None


def readers_of(session: Session, people: Iterable[int], deal_id: int, at: datetime) -> tuple[int, ...]:
    """Those of a few ``people`` who may read the deal."""
    return tuple(one for one in people if sees_deal(session, one, deal_id, at))
