"""A command with an id is performed once: its repetition is answered with what the first one did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import orjson
from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.db.session import UNSYNCHRONISED
from engine.db.work_session import postpone
from engine.errors import N_, Conflict
from engine.events import plain
from engine.model.performed_command import PerformedCommand
from engine.policy.permissions import Actor

_LONGEST_KEY = 200
_INSERT_INTO_POSTGRESQL = postgresql.insert(PerformedCommand).on_conflict_do_nothing()
_INSERT_INTO_SQLITE = sqlite.insert(PerformedCommand).on_conflict_do_nothing()


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
    fingerprint = _fingerprint(name, arguments)
    key = _kept(command_id)
    inserted = session.scalar(
        _insertion(session)
        .values(
            actor_id=actor.person_id,
            key=key,
            name=name,
            fingerprint=fingerprint,
            result={},
            performed_at=at,
        )
        .returning(PerformedCommand.key)
    )
    if inserted is not None:
        return None
    first = session.get(PerformedCommand, (actor.person_id, key), populate_existing=True)
    if first is None or first.fingerprint != fingerprint:
        raise KeyReused
    return first.result


def performed_before(
    session: Session, command_id: str | None, name: str, arguments: Mapping[str, Any], *, actor: Actor
) -> Mapping[str, Any] | None:
    """What the command with this id did, or None; nothing is written. One that is still at work has done nothing yet.

    Raises KeyReused.
    """
    if command_id is None:
        return None
    first = session.get(PerformedCommand, (actor.person_id, _kept(command_id)), populate_existing=True)
    if first is None:
        return None
    if first.fingerprint != _fingerprint(name, arguments):
        raise KeyReused
    return first.result


@dataclass(frozen=True, slots=True)
class Once:
    """A command that locks what it changes before it looks whether it was performed: its id is written at its end.

    It costs no statement of its own before there is something to write. Two at once with the same id wait for each
    other at the lock, or at the latest on the primary key.
    """

    command_id: str | None
    name: str
    arguments: Mapping[str, Any]
    actor: Actor
    at: datetime

    def was_performed(self, session: Session) -> bool:
        """Whether this very command was performed before. Raises KeyReused."""
        first = performed_before(session, self.command_id, self.name, self.arguments, actor=self.actor)
        return first is not None

    def remember(self, session: Session, result: Mapping[str, Any]) -> None:
        """Write the id with the rest of the transaction; if it is there already, nothing is written: KeyReused."""
        if self.command_id is None:
            return
        values = {
            "actor_id": self.actor.person_id,
            "key": _kept(self.command_id),
            "name": self.name,
            "fingerprint": _fingerprint(self.name, self.arguments),
            "result": dict(result),
            "performed_at": self.at,
        }
        postpone(session, _insertion(session), values, otherwise=KeyReused)


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


def _insertion(session: Session) -> postgresql.Insert | sqlite.Insert:
    return _INSERT_INTO_POSTGRESQL if session.get_bind().dialect.name == "postgresql" else _INSERT_INTO_SQLITE


def _fingerprint(name: str, arguments: Mapping[str, Any]) -> str:
    told = orjson.dumps({"name": name, "arguments": plain(arguments)}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(told).hexdigest()


def _kept(command_id: str) -> str:
    """The id as it is stored. A long one is hashed, not cut: two that differ only in their ends are two commands."""
    if len(command_id) <= _LONGEST_KEY:
        return command_id
    return hashlib.sha256(command_id.encode()).hexdigest()
