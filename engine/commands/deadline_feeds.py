"""The secret address at which one's own calendar fetches one's deadlines: made, replaced, withdrawn."""

from __future__ import annotations

import secrets

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.errors import NotFound
from engine.events import DeadlineFeedMade, DeadlineFeedWithdrawn
from engine.model.api_token import token_hash
from engine.model.deadline_feed import DeadlineFeed
from engine.model.person import Person
from engine.policy.permissions import Actor

_BYTES = 32


def make_deadline_feed(session: Session, *, actor: Actor, clock: Clock) -> str:
    """The secret part of one's own address, told once; an address from before is over. Raises NotFound."""
    at = clock.now()
    person = session.get(Person, actor.person_id, with_for_update=True)
    if person is None or not person.is_active:
        raise NotFound
    token = secrets.token_urlsafe(_BYTES)
    session.execute(delete(DeadlineFeed).where(DeadlineFeed.person_id == person.id))
    session.add(DeadlineFeed(person_id=person.id, token_hash=token_hash(token), created_at=at))
    record(session, DeadlineFeedMade(person_id=person.id), actor=actor, at=at)
    return token


def withdraw_deadline_feed(session: Session, *, actor: Actor, clock: Clock) -> None:
    """Whoever asks at one's own address finds nothing from now on. Without an address, nothing happens."""
    gone = session.execute(delete(DeadlineFeed).where(DeadlineFeed.person_id == actor.person_id))
    if gone.rowcount:  # type: ignore[attr-defined]  # a CursorResult
        record(session, DeadlineFeedWithdrawn(person_id=actor.person_id), actor=actor, at=clock.now())
