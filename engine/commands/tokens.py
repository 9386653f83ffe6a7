"""API tokens: create and revoke. engine/queries/accounts.py recognises them."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.access_letters import AccessChange, tell_of_access
from engine.commands.history import record
from engine.commands.idempotency import already_performed
from engine.errors import NotFound
from engine.events import TokenCreated, TokenRevoked
from engine.model.api_token import ApiToken, token_hash
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may, may

_PREFIX = "rgl_"
_BYTES = 32


def create_token(
    session: Session,
    person_id: int,
    name: str,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    secret: str | None = None,
) -> str:
    """A new token with 256 random bits, told once. For oneself, or for others by the administrator.

    Whose it is gets a letter about it. Only its hash is kept: who repeats the command under its ``command_id`` gives
    the same ``secret`` (43 characters of base64) with it, and hears the same token. Raises NotFound, NotAllowed,
    KeyReused, and NotFound where it was revoked since.
    """
    if actor.person_id != person_id:
        ensure_may(actor, Ability.MANAGE_PEOPLE)
    person = session.get(Person, person_id)
    if person is None or not person.is_active:
        raise NotFound
    at, about = clock.now(), name.strip()
    token = _PREFIX + (secret or secrets.token_urlsafe(_BYTES))
    told = {"person_id": person_id, "name": about}
    if already_performed(session, command_id, "create_token", told, actor=actor, at=at) is not None:
        made = session.scalar(select(ApiToken).where(ApiToken.token_hash == token_hash(token)))
        if made is None or made.revoked_at is not None:
            raise NotFound
        return token
    session.add(ApiToken(person_id=person_id, name=about, token_hash=token_hash(token), created_at=at))
    record(session, TokenCreated(person_id=person_id, name=about), actor=actor, at=at)
    tell_of_access(session, person, AccessChange.TOKEN_CREATED, to=person.email, actor=actor, at=at, name=about)
    return token


def revoke_token(session: Session, token_id: int, *, actor: Actor, clock: Clock) -> None:
    """Raises NotFound for a token that is not one's own, unless one administers people."""
    token = session.get(ApiToken, token_id, with_for_update=True)
    if token is None or not (token.person_id == actor.person_id or may(actor, Ability.MANAGE_PEOPLE)):
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        record(session, TokenRevoked(person_id=token.person_id, token_id=token.id), actor=actor, at=clock.now())
