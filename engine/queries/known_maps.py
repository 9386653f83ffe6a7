"""Which maps a list of deals can be narrowed to: those that may be started, and those of deals already seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, Actor, may
from engine.queries.scopes import some_visible_deals, visible_deals

_COUNTED = 1_000  # enough to tell which maps are used most, however many deals there are
_SAMPLED = 300  # of each reason for seeing a deal: as above


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
    some = select(Deal.id).where(Deal.definition_key == newest.c.key).limit(_COUNTED).correlate(newest)
    deals = select(func.count()).select_from(some.subquery()).scalar_subquery()
    maps = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.name, deals.label("deals")).join(
            newest, (ProcessDefinition.key == newest.c.key) & (ProcessDefinition.version == newest.c.version)
        )
    ).all()
    used = {row.key: row.deals for row in maps if row.deals}
    if not may(actor, Ability.SEE_ALL_DEALS):
        used = _seen(session, actor, used)
    seen = [row for row in maps if row.key in used]
    return tuple(
        KnownMap(row.key, row.name) for row in sorted(seen, key=lambda row: (-used[row.key], sort_key(row.name)))
    )


def _seen(session: Session, actor: Actor, keys: Collection[str]) -> Counter[str]:
    """How many deals of each map are among some that the actor sees; all are looked through for a map without any."""
    some = some_visible_deals(actor, _SAMPLED).subquery()
    counted = select(Deal.definition_key, func.count()).join(some, some.c.id == Deal.id).group_by(Deal.definition_key)
    seen = Counter({key: count for key, count in session.execute(counted) if key in keys})
    if rare := set(keys) - set(seen):
        others = select(Deal.definition_key).where(Deal.definition_key.in_(rare), visible_deals(actor)).distinct()
        seen.update(session.scalars(others))
    return seen
