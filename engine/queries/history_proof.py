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
from engine.queries.history import CHAIN_COLUMNS, chain_entry, chain_link
from engine.queries.history_signatures import checkpoints, signing_keys

_READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class HistoryExtent:
    """How far the ids of deals and the positions of signatures go, and how many entries there are; 0 for none."""

    last_deal: int
    last_position: int
    entries: int


@dataclass(frozen=True, slots=True)
class SignedFault:
    """``deal_number`` is empty for an event of no deal; then ``fault.number`` is the position among all entries."""

    deal_number: str
    fault: ChainFault


@dataclass(slots=True)
class HistoryProof:
    """What was checked: fill it by iterating over ``order_faults`` or ``signed_faults``.

    ``lost_keys`` are ids of keys that no other vouches for, without the first; ``last_signed_at`` is of the newest.
    """

    signed: int = 0
    waiting: int = 0
    checkpoints: int = 0
    keys: tuple[SigningKey, ...] = ()
    lost_keys: list[str] = field(default_factory=list)
    last_signed_at: datetime | None = None


def history_extent(session: Session) -> HistoryExtent:
    last_deal = session.scalar(select(func.max(Deal.id)))
    last_position = session.scalar(select(func.max(HistorySignature.position)))
    return HistoryExtent(last_deal or 0, last_position or 0, _recorded(session))


def signed_faults(session: Session, proof: HistoryProof, published: Sequence[Checkpoint] = ()) -> Iterator[SignedFault]:
    """Everything wrong with the signatures; ``published`` are checkpoints that were kept outside.

    The whole history is read. The chains of the deals are another question: see queries/history.
    """
    yield from signature_faults(session)
    yield from order_faults(session, proof, published)


def signature_faults(session: Session, first: int = 1, last: int | None = None) -> Iterator[SignedFault]:
    """What is wrong with single signatures, and with the entries that they sign, in their order.

    Of the positions ``first`` to ``last``, or of all. Each part of the history can be looked at by itself.
    """
    known = trusted_keys(signing_keys(session))
    position, previous = _last_before(session, first)
    for row in _signed_rows(session, first, last):
        if row.position != position + 1:
            yield _fault(row, ChainFaultReason.MISNUMBERED)
        reason = _wrong(row, previous, known)
        if reason is not None:
            yield _fault(row, reason)
        position, previous = row.position, row.hash


def order_faults(session: Session, proof: HistoryProof, published: Sequence[Checkpoint] = ()) -> Iterator[SignedFault]:
    """What is wrong with the whole: its keys, its checkpoints, texts that are missing from entries of no deal.

    Reads the hashes of all signatures, not their entries: see ``signature_faults``.
    """
    proof.keys = signing_keys(session)
    proof.lost_keys = unintroduced(proof.keys)[1:]
    if len(trusted_keys(proof.keys)) != len(proof.keys):
        yield SignedFault("", ChainFault(0, ChainFaultReason.KEY_UNKNOWN))
    expected = _by_size((*checkpoints(session), *published))
    frontier = Frontier()
    for position, signed_hash, proof.last_signed_at in _hashes(session):
        frontier = frontier.grown((signed_hash,))
        for checkpoint in expected.pop(position, ()):
            proof.checkpoints += 1
            if not _agrees(checkpoint, frontier, signed_hash):
                yield from (_fault(row, ChainFaultReason.CHECKPOINT_DIFFERS) for row in _row_at(session, position))
    proof.signed = frontier.size
    yield from (SignedFault("", ChainFault(one, ChainFaultReason.WITHHELD)) for one in _untold(session))
    for size in expected:  # the history is shorter than what was published
        yield SignedFault("", ChainFault(size, ChainFaultReason.CHECKPOINT_DIFFERS))
    proof.waiting = _recorded(session) - proof.signed


def _recorded(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HistoryEvent)) or 0


def _by_size(given: Sequence[Checkpoint]) -> dict[int, list[Checkpoint]]:
    by_size: dict[int, list[Checkpoint]] = {}
    for one in given:
        by_size.setdefault(one.size, []).append(one)
    return by_size


def _agrees(given: Checkpoint, frontier: Frontier, head: str) -> bool:
    is_same = (given.root, given.head) == (frontier.root, head)
    return is_same and signature_fits(given.public_key, given.statement(), given.signature)


def _last_before(session: Session, position: int) -> tuple[int, str]:
    """Position and hash of the signature before that position."""
    row = session.execute(
        select(HistorySignature.position, HistorySignature.hash)
        .where(HistorySignature.position < position)
        .order_by(HistorySignature.position.desc())
        .limit(1)
    ).one_or_none()
    return (row.position, row.hash) if row is not None else (0, FIRST_PREVIOUS)


def _signed_rows(session: Session, first: int, last: int | None) -> Iterator[Row[Any]]:
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
            .where(HistorySignature.position >= first, *(() if last is None else (HistorySignature.position <= last,)))
            .order_by(HistorySignature.position)
            .execution_options(yield_per=_READ_AT_ONCE)
        )
    )


def _row_at(session: Session, position: int) -> Iterator[Row[Any]]:
    return _signed_rows(session, position, position)


def _hashes(session: Session) -> Iterator[Row[int, str, datetime]]:
    return iter(
        session.execute(
            select(HistorySignature.position, HistorySignature.hash, HistorySignature.at)
            .order_by(HistorySignature.position)
            .execution_options(yield_per=_READ_AT_ONCE)
        )
    )


def _untold(session: Session) -> tuple[int, ...]:
    """The positions of entries of no deal from which texts are missing that no such entry tells of.

    Those of deals are compared with their chains.
    """
    told = Erasures()
    rows = session.execute(
        select(HistorySignature.position, *CHAIN_COLUMNS)
        .join(HistoryEvent, HistoryEvent.id == HistorySignature.event_id)
        .where(HistoryEvent.deal_id.is_(None))
        .order_by(HistorySignature.position)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in rows:
        told.add(chain_entry(row), row.position)
    return told.untold()


def _wrong(row: Row[Any], previous: str, known: Mapping[str, str]) -> ChainFaultReason | None:
    """What is wrong with one signature and the entry that it signs."""
    if row.kind is None:
        return ChainFaultReason.MISNUMBERED
    entry = chain_link(row)
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
