"""Somebody has a map open for drawing: a heartbeat that their page sends while it is open."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.heartbeats import beat_heart
from engine.model.heartbeat import Heartbeat
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.map_editors import EDITING, editing_name

_KEPT = timedelta(days=1)


def note_editing(session: Session, definition_id: int, *, actor: Actor, clock: Clock) -> None:
    """Remember that the actor has the version open now. No fact of the company's history. Raises NotAllowed."""
    ensure_may(actor, Ability.DEPLOY_MAP)
    session.execute(
        delete(Heartbeat).where(Heartbeat.name.startswith(f"{EDITING}-"), Heartbeat.beaten_at < clock.now() - _KEPT)
    )
    beat_heart(session, editing_name(definition_id, actor.person_id), clock=clock)
