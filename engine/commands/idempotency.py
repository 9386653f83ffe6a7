"""A command with an id is performed once: its repetition is answered with what the first one did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import orjson
from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.db.session import UNSYNCHRONISED
from engine.errors import N_, Conflict
from engine.events import plain
from engine.model.performed_command import PerformedCommand
from engine.policy.permissions import Actor

_LONGEST_KEY = 200


class KeyReused(Conflict):
    """The same id came with another command: one of the two callers is mistaken, and neither is guessed at."""

    code: ClassVar[str] = "idempotency_key_reused"
    template: ClassVar[str] = N_("This request's key was already used for another request.")


def already_performed(
    session: Session, command_id: str | None, name: str, arguments: Mapping[str, Any], *, actor: Actor, at: datetime
) -> Mapping[str, Any] | None:
    """Insert the id, or say what the command did when it came first. None means: perform it now.

    The insert is part of the command's transaction, so that an answer lost after the commit is found again and a
    rolled back command leaves no trace. Two at once: the second waits for the first on the primary key.
    Raises KeyReused.
    """
    if command_id is None:
        return None
    fingerprint = hashlib.sha256(
        orjson.dumps({"name": name, "arguments": plain(arguments)}, option=orjson.OPT_SORT_KEYS)
    ).hexdigest()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    key = _kept(command_id)
    inserted = session.scalar(
        dialect.insert(PerformedCommand)
        .values(
            actor_id=actor.person_id,
            key=key,
            name=name,
            fingerprint=fingerprint,
            result={},
            performed_at=at,
        )
        .on_conflict_do_nothing()
        .returning(PerformedCommand.key)
    )
    if inserted is not None:
        return None
    first = session.get(PerformedCommand, (actor.person_id, key), populate_existing=True)
    if first is None or first.fingerprint != fingerprint:
        raise KeyReused
    return first.result


def remember(session: Session, command_id: str | None, result: Mapping[str, Any], *, actor: Actor) -> None:
    """Keep what the command did, for its repetitions."""
    if command_id is None:
        return
    session.execute(
        update(PerformedCommand)
        .where(PerformedCommand.actor_id == actor.person_id, PerformedCommand.key == _kept(command_id))
        .values(result=dict(result)),
        execution_options=UNSYNCHRONISED,
    )


def _kept(command_id: str) -> str:
    """The id as it is stored. A long one is hashed, not cut: two that differ only in their ends are two commands."""
    if len(command_id) <= _LONGEST_KEY:
        return command_id
    return hashlib.sha256(command_id.encode()).hexdigest()
