"""Which maps a list of deals can be narrowed to: those that may be started, and those of deals already seen."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Actor
from engine.queries.scopes import visible_deals


@dataclass(frozen=True, slots=True)
class KnownMap:
    key: str
    name: str
    deals: int


def known_maps(session: Session, actor: Actor) -> tuple[KnownMap, ...]:
    """The maps of the deals that the actor sees, the most used first, under the name of their newest version."""
    newest = (
        select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
        .group_by(ProcessDefinition.key)
        .subquery()
    )
    rows = session.execute(
        select(Deal.definition_key, ProcessDefinition.name, func.count())
        .select_from(Deal)
        .join(newest, newest.c.key == Deal.definition_key)
        .join(
            ProcessDefinition,
            (ProcessDefinition.key == newest.c.key) & (ProcessDefinition.version == newest.c.version),
        )
        .where(visible_deals(actor))
        .group_by(Deal.definition_key, ProcessDefinition.name)
        .order_by(func.count().desc(), ProcessDefinition.name)
    )
    return tuple(KnownMap(*row) for row in rows)
