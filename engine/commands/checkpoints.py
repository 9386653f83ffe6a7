"""The daily checkpoint of the history: signed, kept, and sent outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.adapters.history_keys import HistoryKeys
from engine.clock import Clock
from engine.db.outbox import enqueue
from engine.db.session import Database
from engine.model.history_signature import HistoryCheckpoint
from engine.policy.checkpoints import Checkpoint
from engine.queries.history_signatures import grown_frontier, last_checkpoint, latest_key

CHECKPOINT: Final = "checkpoint"
"""The kind of the job that publishes one; its payload names the ``size``."""


def write_checkpoint(database: Database, keys: HistoryKeys, *, clock: Clock) -> Checkpoint | None:
    """Sign what the history is now and queue its publication; None when today has one or nothing was added.

    The day is that of UTC. Raises SigningKeyMissing.
    """
    at = clock.now()
    with database.read() as session:
        last, key = last_checkpoint(session), latest_key(session)
        if key is None or (last is not None and last.at.date() >= at.date()):
            return None
        grown = grown_frontier(session, last)
    if grown is None:
        return None
    frontier, head = grown
    unsigned = Checkpoint(frontier.size, frontier.root, head, at, key.public_key)
    signed = replace(unsigned, signature=keys.opened(key.key_id).sign(unsigned.statement()).hex())
    with database.write() as session:
        if session.get(HistoryCheckpoint, signed.size) is not None:  # another worker was faster
            return None
        session.add(
            HistoryCheckpoint(
                size=signed.size,
                root=signed.root,
                head=head,
                peaks=" ".join(frontier.peaks),
                at=at,
                key_id=key.key_id,
                signature=signed.signature,
            )
        )
        enqueue(session, CHECKPOINT, {"size": signed.size}, at=at)
    return signed
