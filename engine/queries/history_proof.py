"""Whether the whole history is what was signed: every entry, every signature, every checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.policy.checkpoints import Checkpoint
from engine.policy.history_chain import ChainFault, ChainFaultReason, Erasures, entry_hash
from engine.policy.history_signatures import (
    FIRST_PREVIOUS,
    SigningKey,
    signature_fits,
    statement,
    statement_hash,
    to_sign,
    trusted_keys,
    unintroduced,
)
from engine.policy.merkle import Frontier
from engine.queries.history import CHAIN_COLUMNS, chain_entry
from engine.queries.history_signatures import checkpoints, signing_keys

_READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SignedFault:
    """``deal_number`` is empty for an event of no deal; then ``fault.number`` is the position among all entries."""

    deal_number: str
    fault: ChainFault


@dataclass(slots=True)
class HistoryProof:
    """What was checked: fill it by iterating over ``signed_faults``.

    ``lost_keys`` are ids of keys that no other vouches for, without the first; ``last_signed_at`` is of the newest.
    """

    signed: int = 0
    waiting: int = 0
    checkpoints: int = 0
    keys: tuple[SigningKey, ...] = ()
    lost_keys: list[str] = field(default_factory=list)
    last_signed_at: datetime | None = None


def signed_faults(session: Session, proof: HistoryProof, published: Sequence[Checkpoint] = ()) -> Iterator[SignedFault]:
    """Everything wrong with the signatures, in their order; ``published`` are checkpoints that were kept outside.

    The whole history is read. The chains of the deals are another question: see queries/history.
    """
    proof.keys = signing_keys(session)
    known = trusted_keys(proof.keys)
    proof.lost_keys = unintroduced(proof.keys)[1:]
    if len(known) != len(proof.keys):
        yield SignedFault("", ChainFault(0, ChainFaultReason.KEY_UNKNOWN))
    expected = _by_size((*checkpoints(session), *published))
    position, previous, frontier, told = 0, FIRST_PREVIOUS, Frontier(), Erasures()
    for row in _signed_rows(session):
        if row.position != position + 1:
            yield _fault(row, ChainFaultReason.MISNUMBERED)
        reason = _wrong(row, previous, known, told)
        if reason is not None:
            yield _fault(row, reason)
        position, previous, frontier = row.position, row.hash, frontier.grown((row.hash,))
        proof.last_signed_at = row.signed_at
        for checkpoint in expected.pop(position, ()):
            proof.checkpoints += 1
            if not _agrees(checkpoint, frontier, previous):
                yield _fault(row, ChainFaultReason.CHECKPOINT_DIFFERS)
    proof.signed = frontier.size
    yield from (SignedFault("", ChainFault(one, ChainFaultReason.WITHHELD)) for one in told.untold())
    for size in expected:  # the history is shorter than what was published
        yield SignedFault("", ChainFault(size, ChainFaultReason.CHECKPOINT_DIFFERS))
    recorded = session.scalar(select(func.count()).select_from(HistoryEvent)) or 0
    proof.waiting = recorded - proof.signed


def _by_size(given: Sequence[Checkpoint]) -> dict[int, list[Checkpoint]]:
    by_size: dict[int, list[Checkpoint]] = {}
    for one in given:
        by_size.setdefault(one.size, []).append(one)
    return by_size


def _agrees(given: Checkpoint, frontier: Frontier, head: str) -> bool:
    is_same = (given.root, given.head) == (frontier.root, head)
    return is_same and signature_fits(given.public_key, given.statement(), given.signature)


def _signed_rows(session: Session) -> Iterator[Row[Any]]:
    return iter(
        session.execute(
            select(
                HistorySignature.position,
                HistorySignature.at.label("signed_at"),
                HistorySignature.key_id,
                HistorySignature.hash,
                HistorySignature.signature,
                Deal.number.label("deal_number"),
                *CHAIN_COLUMNS,
            )
            .select_from(HistorySignature)
            .outerjoin(HistoryEvent, HistoryEvent.id == HistorySignature.event_id)
            .outerjoin(Deal, Deal.id == HistoryEvent.deal_id)
            .order_by(HistorySignature.position)
            .execution_options(yield_per=_READ_AT_ONCE)
        )
    )


def _wrong(row: Row[Any], previous: str, known: Mapping[str, str], told: Erasures) -> ChainFaultReason | None:
    """What is wrong with one signature and the entry that it signs; ``told`` learns of the company's own entries."""
    if row.kind is None:
        return ChainFaultReason.MISNUMBERED
    entry = chain_entry(row)
    if row.deal_id is None:  # those of deals are compared with their chains
        told.add(entry, row.position)
    if row.key_id not in known:
        return ChainFaultReason.KEY_UNKNOWN
    try:
        own_hash = entry_hash(entry)
    except (TypeError, ValueError):
        return ChainFaultReason.ALTERED
    stated = statement(
        entry.deal,
        entry.number,
        own_hash,
        position=row.position,
        previous=previous,
        at=row.signed_at,
        key_id=row.key_id,
    )
    if statement_hash(stated) != row.hash:
        return ChainFaultReason.ALTERED
    if not signature_fits(known[row.key_id], to_sign(stated), row.signature.hex()):
        return ChainFaultReason.NOT_SIGNED_RIGHT
    return None


def _fault(row: Row[Any], reason: ChainFaultReason) -> SignedFault:
    if row.deal_number is None:
        return SignedFault("", ChainFault(row.position, reason))
    return SignedFault(row.deal_number, ChainFault(row.number, reason))
