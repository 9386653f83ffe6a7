"""Handing out what is held about a client: who took it, and when, stays in the journal."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.events import ClientDataTaken
from engine.policy.permissions import Actor
from engine.queries.client_data import ensure_may_take


def note_client_data_taken(session: Session, client_id: int, *, actor: Actor, clock: Clock) -> int:
    """Say that the actor takes out what is held about a client; the client's id. Raises NotFound, NotAllowed."""
    ensure_may_take(session, client_id, actor)
    record(session, ClientDataTaken(client_id), actor=actor, at=clock.now())
    return client_id
