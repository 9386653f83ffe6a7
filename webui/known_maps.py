"""Which maps a list of deals can be narrowed to: those that may be started, and those of deals already seen."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Actor
from engine.queries.scopes import visible_deals

_COUNTED = 1_000  # enough to tell which maps are used most, however many deals there are


@dataclass(frozen=True, slots=True)
class KnownMap:
    key: str
    name: str


def known_maps(session: Session, actor: Actor) -> tuple[KnownMap, ...]:
    """The maps of the deals that the actor sees, the most used first, under the name of their newest version."""
    newest = (
        select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
        .group_by(ProcessDefinition.key)
        .subquery()
    )
    seen = (
        select(Deal.id)
        .where(Deal.definition_key == newest.c.key, visible_deals(actor))
        .limit(_COUNTED)
        .correlate(newest)
    )
    deals = select(func.count()).select_from(seen.subquery()).scalar_subquery()
    rows = (
        select(ProcessDefinition.key, ProcessDefinition.name, deals.label("deals"))
        .join(
            newest,
            (ProcessDefinition.key == newest.c.key) & (ProcessDefinition.version == newest.c.version),
        )
        .subquery()
    )
    found = session.execute(
        select(rows.c.key, rows.c.name).where(rows.c.deals > 0).order_by(rows.c.deals.desc(), rows.c.name)
    )
    return tuple(KnownMap(*row) for row in found)
