"""Who has a map open for drawing: told to each other, so that two people do not draw the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.heartbeat import Heartbeat
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees

SEEN_WITHIN = timedelta(seconds=45)
"""An open page is heard of every 15 seconds; after three missed times it counts as closed."""

EDITING = "editing"


def editing_of(definition_id: int) -> str:
    """How the names of all heartbeats at one map's version begin."""
    return f"{EDITING}-{definition_id}-"


def editing_name(definition_id: int, person_id: int) -> str:
    """The name of the heartbeat of one person at one map's version."""
    return f"{editing_of(definition_id)}{person_id}"


@dataclass(frozen=True, slots=True)
class OpenMap:
    """A version as it stands on the server, for somebody who has it open.

    ``others`` are the full names of all but the actor who have it open, too.
    """

    others: tuple[str, ...]
    revision: int
    amended_at: datetime | None
    amended_by: str


def open_map(session: Session, actor: Actor, definition_id: int, now: datetime) -> OpenMap:
    """Who else draws on the version, and who saved it last. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    found = session.execute(
        select(ProcessDefinition.revision, ProcessDefinition.amended_at, Person.full_name)
        .outerjoin(Person, Person.id == ProcessDefinition.amended_by_id)
        .where(ProcessDefinition.id == definition_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return OpenMap(_others(session, actor, definition_id, now), found[0], found[1], found[2] or "")


def _others(session: Session, actor: Actor, definition_id: int, now: datetime) -> tuple[str, ...]:
    prefix = editing_of(definition_id)
    names = session.scalars(
        select(Heartbeat.name).where(
            Heartbeat.name.startswith(prefix, autoescape=True), Heartbeat.beaten_at > now - SEEN_WITHIN
        )
    )
    ids = {int(name.removeprefix(prefix)) for name in names} - {actor.person_id}
    return tuple(
        session.scalars(select(Person.full_name).where(Person.id.in_(ids)).order_by(Person.sort_key, Person.id))
    )
