"""Heartbeats: the machinery says that it is alive."""

from __future__ import annotations

from sqlalchemy import CursorResult, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.model.heartbeat import Heartbeat


def beat_heart(session: Session, name: str, *, clock: Clock) -> None:
    """Remember that ``name`` is alive now."""
    at = clock.now()
    beaten = session.execute(update(Heartbeat).where(Heartbeat.name == name).values(beaten_at=at))
    if isinstance(beaten, CursorResult) and beaten.rowcount == 0:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(Heartbeat).values(name=name, beaten_at=at).on_conflict_do_nothing())
