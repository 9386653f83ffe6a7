"""Trying again all that failed alike: which they are is settled once, then each has a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.idempotency import already_performed, remember
from engine.commands.incident_retries import IncidentOver, RetryResult, retry_many
from engine.commands.incidents import perform
from engine.db.session import Database
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.incidents import alike_incidents

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """``error_code`` is empty where it worked. ``is_under_way``: a call is made anew, and its answer is awaited."""

    incident_id: int
    error_code: str = ""
    is_under_way: bool = False

    @classmethod
    def of(cls, result: RetryResult) -> TriedAgain:
        return cls(result.incident_id, result.error.code if result.error is not None else "", result.is_under_way)


@dataclass(frozen=True, slots=True)
class AlikeRetry:
    """The oldest that failed alike, and how many more did."""

    tried: tuple[TriedAgain, ...]
    left: int


def retry_alike(
    database: Database, incident_id: int, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> AlikeRetry:
    """Try again what failed as this incident did, the oldest MOST_AT_ONCE of it, each in a transaction of its own.

    One that fails again holds no other back. A repetition with the same ``command_id`` tries no other failure, and none
    again: it is told what became of them; where the first one was cut off, it tries those that were not over by then.
    Raises NotFound, NotAllowed, IncidentOver where nothing alike is open, KeyReused.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)

    def begin(session: Session) -> Mapping[str, Any]:
        arguments = {"id": incident_id}
        done = already_performed(session, command_id, "retry_alike", arguments, actor=actor, at=clock.now())
        if done is not None:
            return done
        alike = alike_incidents(session, actor, incident_id, limit=MOST_AT_ONCE)
        if not alike.ids:
            raise IncidentOver
        chosen = {"ids": list(alike.ids), "left": alike.total - len(alike.ids)}
        remember(session, command_id, chosen, actor=actor)
        return chosen

    begun = perform(database, begin, actor=actor, clock=clock)
    if "tried" in begun:
        return AlikeRetry(tuple(TriedAgain(*one) for one in begun["tried"]), begun["left"])
    results = retry_many(database, begun["ids"], actor=actor, clock=clock, command_id=command_id)
    tried = tuple(map(TriedAgain.of, results))
    with database.write() as session:
        remember(session, command_id, {**begun, "tried": _kept(tried)}, actor=actor)
    return AlikeRetry(tried, begun["left"])


def _kept(tried: Sequence[TriedAgain]) -> list[list[Any]]:
    return [[one.incident_id, one.error_code, one.is_under_way] for one in tried]
