"""The signed side of the history: keys, the signatures of a deal's entries, and whether all of it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistoryCheckpoint, HistoryKey, HistorySignature
from engine.policy.checkpoints import Checkpoint
from engine.policy.history_signatures import FIRST_PREVIOUS, EntrySignature, SigningKey
from engine.policy.merkle import Frontier

LOOKS_BACK = 2_000
"""Entries of transactions that took long get their numbers before those of quick ones and appear after them."""

_READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SigningState:
    """``signed`` and ``waiting`` count entries; ``waiting`` have no signature yet. None where there is none yet."""

    key: SigningKey | None
    signed: int
    waiting: int
    checkpoint_at: datetime | None
    checkpoint_size: int


def latest_key(session: Session) -> HistoryKey | None:
    """The key that signs now."""
    return session.scalar(select(HistoryKey).order_by(HistoryKey.id.desc()).limit(1))


def signing_keys(session: Session) -> tuple[SigningKey, ...]:
    """All public keys, in the order of their use."""
    return tuple(_public(one) for one in session.scalars(select(HistoryKey).order_by(HistoryKey.id)))


def is_unsigned(after: int) -> ColumnElement[bool]:
    """A condition on entries behind the number ``after``: they have no signature yet.

    The signatures are limited by the same number: else PostgreSQL reads all there are.
    """
    signed = exists().where(HistorySignature.event_id == HistoryEvent.id, HistorySignature.event_id > after)
    return and_(HistoryEvent.id > after, ~signed)


def signatures_of_deal(session: Session, deal_id: int) -> dict[int, EntrySignature]:
    """By the number of the entry; entries that wait for theirs are absent."""
    before = aliased(HistorySignature)
    rows = session.execute(
        select(HistoryEvent.number, HistorySignature, before.hash)
        .join(HistorySignature, HistorySignature.event_id == HistoryEvent.id)
        .outerjoin(before, before.position == HistorySignature.position - 1)
        .where(HistoryEvent.deal_id == deal_id, HistoryEvent.number.is_not(None))
    )
    return {number: entry_signature(signature, previous) for number, signature, previous in rows if number is not None}


def entry_signature(row: HistorySignature, previous: str | None) -> EntrySignature:
    return EntrySignature(
        position=row.position,
        previous=previous or FIRST_PREVIOUS,
        at=row.at,
        key_id=row.key_id,
        hash=row.hash,
        signature=row.signature.hex(),
    )


def signing_state(session: Session) -> SigningState:
    keys: Sequence[SigningKey] = signing_keys(session)
    newest = last_signature(session)
    waiting = session.scalar(
        select(func.count())
        .select_from(HistoryEvent)
        .where(is_unsigned(newest.event_id - LOOKS_BACK if newest is not None else 0))
    )
    last = last_checkpoint(session)
    return SigningState(
        key=keys[-1] if keys else None,
        signed=newest.position if newest is not None else 0,
        waiting=waiting or 0,
        checkpoint_at=last.at if last is not None else None,
        checkpoint_size=last.size if last is not None else 0,
    )


def _public(row: HistoryKey) -> SigningKey:
    return SigningKey(row.key_id, row.public_key, row.since, row.introduced_by, row.signature)


def last_signature(session: Session) -> HistorySignature | None:
    return session.scalar(select(HistorySignature).order_by(HistorySignature.position.desc()).limit(1))


def last_checkpoint(session: Session) -> HistoryCheckpoint | None:
    return session.scalar(select(HistoryCheckpoint).order_by(HistoryCheckpoint.size.desc()).limit(1))


def grown_frontier(session: Session, last: HistoryCheckpoint | None) -> tuple[Frontier, str] | None:
    """The Merkle frontier over all statements and the hash of the last; None when none came after ``last``."""
    frontier = Frontier(last.size, tuple(last.peaks.split())) if last is not None else Frontier()
    head = ""
    hashes = session.scalars(
        select(HistorySignature.hash)
        .where(HistorySignature.position > frontier.size)
        .order_by(HistorySignature.position)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for one in hashes:
        frontier, head = frontier.grown((one,)), one
    return (frontier, head) if head else None


def checkpoint(session: Session, size: int) -> Checkpoint:
    """The stored checkpoint over ``size`` statements. Raises NotFound."""
    found = next((one for one in checkpoints(session) if one.size == size), None)
    if found is None:
        raise NotFound
    return found


def checkpoints(session: Session) -> tuple[Checkpoint, ...]:
    """All stored ones, the oldest first."""
    rows = session.execute(
        select(HistoryCheckpoint, HistoryKey.public_key)
        .join(HistoryKey, HistoryKey.key_id == HistoryCheckpoint.key_id)
        .order_by(HistoryCheckpoint.size)
    )
    return tuple(Checkpoint(row.size, row.root, row.head, row.at, key, row.signature) for row, key in rows)
