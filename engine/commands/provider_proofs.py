"""Proofs of who one is that the provider of the company's accounts gave: kept, used once, given back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, delete, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.db.session import UNSYNCHRONISED
from engine.model.provider_proof import ProviderProof
from engine.policy.permissions import Actor
from engine.policy.reauthentication import VALID_FOR
from engine.queries.mail_links import hash_of_token

_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class HeldProof:
    """What a session holds: ``token`` for the step ``work_item_id``; ``stamp`` is that of the session.

    Without a step it serves a change of one's own access.
    """

    token: str
    work_item_id: int | None
    stamp: str


def keep_provider_proof(session: Session, work_item_id: int | None, stamp: str, *, actor: Actor, clock: Clock) -> str:
    """``actor`` has just signed in anew at the provider. The token of the proof; it is nowhere but in the answer."""
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    session.add(
        ProviderProof(
            token_hash=hash_of_token(token),
            person_id=actor.person_id,
            work_item_id=work_item_id,
            session_stamp=stamp,
            proved_at=clock.now(),
            used_at=None,
        )
    )
    return token


def proved_at(session: Session, held: HeldProof, *, actor: Actor, at: datetime) -> datetime | None:
    """When the proof was given that still serves at ``at``; None for one that does not."""
    return session.scalar(select(ProviderProof.proved_at).where(*_serves(held, actor, at)))


def use_provider_proof(session: Session, held: HeldProof, *, actor: Actor, clock: Clock) -> datetime | None:
    """Use a proof up: of two that try, one gets it. When it was given; None where it serves no more."""
    at = clock.now()
    given = proved_at(session, held, actor=actor, at=at)
    use = update(ProviderProof).where(*_serves(held, actor, at)).values(used_at=at)
    used = session.execute(use, execution_options=UNSYNCHRONISED).rowcount  # type: ignore[attr-defined]  # CursorResult
    return given if used else None


def give_back_provider_proof(session: Session, held: HeldProof, *, actor: Actor) -> None:
    """What it was used for was refused, so nothing is decided by it: the same person tries again with it."""
    theirs = ProviderProof.token_hash == hash_of_token(held.token), ProviderProof.person_id == actor.person_id
    session.execute(update(ProviderProof).where(*theirs).values(used_at=None), execution_options=UNSYNCHRONISED)


def old_proofs(at: datetime) -> Delete:
    """What removes the proofs that serve no more."""
    return delete(ProviderProof).where(ProviderProof.proved_at < at - VALID_FOR)


def _serves(held: HeldProof, actor: Actor, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ProviderProof.token_hash == hash_of_token(held.token),
        ProviderProof.person_id == actor.person_id,
        ProviderProof.work_item_id == held.work_item_id,
        ProviderProof.session_stamp == held.stamp,
        ProviderProof.used_at.is_(None),
        ProviderProof.proved_at > at - VALID_FOR,
    )
