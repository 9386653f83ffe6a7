"""Signing the history: behind the commands, so that no step waits for it, and in one order over the whole company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.adapters.history_keys import HistoryKeys, SigningKeyMissing
from engine.clock import Clock
from engine.commands.history import record
from engine.db.session import Database, after_commit
from engine.db.work_session import append
from engine.events import HistoryKeyChanged
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistoryKey, HistorySignature
from engine.policy.history_chain import entry_hash
from engine.policy.history_signatures import (
    FIRST_PREVIOUS,
    SigningKey,
    key_id_of,
    statement,
    statement_hash,
    to_sign,
)
from engine.policy.permissions import Actor
from engine.queries.history import CHAIN_COLUMNS, chain_entry
from engine.queries.history_signatures import LOOKS_BACK, is_unsigned, last_signature, latest_key
from engine.queries.step_news import last_settled

AT_ONCE = LOOKS_BACK // 2
"""How many entries are read at once. Fewer make more readings, each of which looks back over what is signed; as many
as it looks back over would leave no entry time to be committed behind later ones."""

_WRITTEN_AT_ONCE = 200
"""How many entries one transaction signs: a file database has one writer, and steps must not wait for this one."""

_MAKING_KEYS = 7_239_003  # any constant: the name of the lock


@dataclass
class SignedSoFar:
    """Every entry with a number up to ``up_to`` has its signature, and none can appear there any more."""

    up_to: int = 0


def sign_new_entries(
    database: Database,
    keys: HistoryKeys,
    *,
    clock: Clock,
    whole: bool = False,
    so_far: SignedSoFar | None = None,
    between: Callable[[], None] = lambda: None,
) -> int:
    """Sign up to ``AT_ONCE`` entries that have no signature yet, oldest first; how many were signed.

    ``whole`` looks through the entire history instead of its end. ``so_far`` is what the caller's last call of it left
    there: the look begins behind it. ``between`` is called after each transaction. Raises SigningKeyMissing.
    """
    with database.read(snapshot=False) as session:
        settled = last_settled(session)  # before the entries are read: what is committed meanwhile may be missed
        key, last = latest_key(session), last_signature(session)
        behind = so_far.up_to if so_far is not None and so_far.up_to <= settled else 0  # else a backup was restored
        after = 0 if whole or last is None else max(behind, last.event_id - LOOKS_BACK)
        rows = _unsigned(session, after=after, limit=AT_ONCE)
    if key is None:
        with database.write() as session:
            key = first_key(session, keys, clock=clock)
    private = keys.opened(key.key_id)
    at = clock.now()
    position, previous = (last.position, last.hash) if last is not None else (0, FIRST_PREVIOUS)
    for first in range(0, len(rows), _WRITTEN_AT_ONCE):
        some = rows[first : first + _WRITTEN_AT_ONCE]
        signed = _signed(some, private, key.key_id, position=position + first, previous=previous, at=at)
        try:
            with database.write() as session:
                for one in signed:
                    append(session, HistorySignature, **one)
        except IntegrityError:  # another worker was faster: it has signed the same entries
            return first
        previous = signed[-1]["hash"]
        between()
    if so_far is not None and len(rows) < AT_ONCE:
        so_far.up_to = settled
    return len(rows)


def first_key(session: Session, keys: HistoryKeys, *, clock: Clock) -> HistoryKey:
    """The company's first key, unless another process has just made one."""
    _take_turn(session)
    return latest_key(session) or _introduce(session, keys.make(), None, keys, at=clock.now())


def change_key(session: Session, keys: HistoryKeys, *, clock: Clock, actor: Actor, lost: bool = False) -> HistoryKey:
    """Sign with a new key from now on: the present one introduces it and is destroyed.

    With ``lost``, nobody introduces it, and every check will say so. Raises SigningKeyMissing.
    """
    _take_turn(session)
    present = latest_key(session)
    if present is None:
        return first_key(session, keys, clock=clock)
    introducer = None if lost else present
    if introducer is not None and not keys.has(introducer.key_id):
        keys.opened(introducer.key_id)
    new = _introduce(session, keys.make(), introducer, keys, at=clock.now())
    event = HistoryKeyChanged(key=new.key_id, previous=present.key_id, is_introduced=not lost)
    record(session, event, actor=actor, at=clock.now())
    after_commit(session, lambda: keys.destroy(present.key_id))
    return new


def _take_turn(session: Session) -> None:
    """One key after another: of two that were made at once, one would stand there as the successor of a lost one.

    On SQLite there is one writer; on PostgreSQL an advisory lock of the transaction orders those who make keys.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_MAKING_KEYS)))


def _introduce(
    session: Session, public_key: str, introducer: HistoryKey | None, keys: HistoryKeys, *, at: datetime
) -> HistoryKey:
    key_id = key_id_of(public_key)
    introduced_by = introducer.key_id if introducer is not None else ""
    said = SigningKey(key_id, public_key, at, introduced_by, "").statement()
    signature = keys.opened(introduced_by or key_id).sign(said).hex()
    key = HistoryKey(key_id=key_id, public_key=public_key, since=at, introduced_by=introduced_by, signature=signature)
    session.add(key)
    session.flush()
    return key


@dataclass(frozen=True, slots=True)
class _Entry:
    """Of an entry what is signed; of no deal are deal 0 and number 0."""

    id: int
    deal: int
    number: int
    hash: str


def _unsigned(session: Session, *, after: int, limit: int) -> Sequence[_Entry]:
    """Without their contents: to read these for a whole batch costs more than to sign it."""
    rows = session.execute(
        select(HistoryEvent.id, HistoryEvent.deal_id, HistoryEvent.number, HistoryEvent.entry_hash)
        .where(is_unsigned(after))
        .order_by(HistoryEvent.id)
        .limit(limit)
    ).all()
    made_now = _hashes_of_contents(session, [row.id for row in rows if not row.entry_hash])
    # What was recorded is signed, not what it would be now: an entry altered meanwhile must not be made good.
    return [_Entry(row.id, row.deal_id or 0, row.number or 0, row.entry_hash or made_now[row.id]) for row in rows]


def _hashes_of_contents(session: Session, event_ids: Sequence[int]) -> Mapping[int, str]:
    """By id, the hashes of entries that were recorded without one: those of no deal."""
    if not event_ids:
        return {}
    rows = session.execute(select(HistoryEvent.id, *CHAIN_COLUMNS).where(HistoryEvent.id.in_(event_ids)))
    return {row.id: entry_hash(chain_entry(row)) for row in rows}


def _signed(
    entries: Sequence[_Entry],
    private: Ed25519PrivateKey,
    key_id: str,
    *,
    position: int,
    previous: str,
    at: datetime,
) -> list[dict[str, Any]]:
    signed = []
    for place, entry in enumerate(entries, position + 1):
        stated = statement(
            entry.deal, entry.number, entry.hash, position=place, previous=previous, at=at, key_id=key_id
        )
        previous = statement_hash(stated)
        signed.append(
            {
                "position": place,
                "event_id": entry.id,
                "at": at,
                "key_id": key_id,
                "hash": previous,
                "signature": private.sign(to_sign(stated)),
            }
        )
    return signed


__all__ = ["AT_ONCE", "SignedSoFar", "SigningKeyMissing", "change_key", "first_key", "sign_new_entries"]
