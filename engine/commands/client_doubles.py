"""Telling clients apart who look alike: they are offered as doubles no more."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.client_merging import NothingToMerge
from engine.commands.history import record
from engine.commands.locks import lock_client
from engine.errors import N_, DomainError
from engine.events import ClientsToldApart
from engine.model.client_merge import NotDouble
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.client_doubles import MOST_SHARING


class TooManyToTellApart(DomainError):
    code = "too_many_to_tell_apart"
    template = N_("At most %(clients)s clients can be told apart at once.")


def tell_apart(session: Session, client_ids: Sequence[int], *, actor: Actor, clock: Clock) -> None:
    """Remember that none of these clients is another of them; again is nothing new.

    Raises NotFound, NotAllowed, NothingToMerge, TooManyToTellApart.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    ids = sorted(set(client_ids))
    if len(ids) <= 1:
        raise NothingToMerge
    if len(ids) > MOST_SHARING:
        raise TooManyToTellApart(clients=MOST_SHARING)
    for one in ids:
        lock_client(session, one, actor)
    at, pairs = clock.now(), list(combinations(ids, 2))
    known = select(NotDouble).where(tuple_(NotDouble.low_id, NotDouble.high_id).in_(pairs))
    said = {(one.low_id, one.high_id) for one in session.scalars(known)}
    new = [pair for pair in pairs if pair not in said]
    session.add_all(NotDouble(low_id=low, high_id=high, said_by_id=actor.recorded_id, said_at=at) for low, high in new)
    if new:
        record(session, ClientsToldApart(client_ids=tuple(ids)), actor=actor, at=at)
