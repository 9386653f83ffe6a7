"""Which maps a list of deals can be narrowed to: those that may be started, and those of deals already seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import CTE, func, select
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
    used_keys = _keys_of_deals()
    some = select(Deal.id).where(Deal.definition_key == used_keys.c.key).limit(_COUNTED).correlate(used_keys)
    deals = select(func.count()).select_from(some.subquery()).scalar_subquery()
    newest = (
        select(ProcessDefinition.name)
        .where(ProcessDefinition.key == used_keys.c.key)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
        .correlate(used_keys)
        .scalar_subquery()
    )
    named = select(used_keys.c.key, newest.label("name"), deals.label("deals")).where(used_keys.c.key.is_not(None))
    maps = [row for row in session.execute(named) if row.name is not None]
    used = {row.key: row.deals for row in maps}
    if not may(actor, Ability.SEE_ALL_DEALS):
        used = _seen(session, actor, used)
    seen = [row for row in maps if row.key in used]
    return tuple(
        KnownMap(row.key, row.name) for row in sorted(seen, key=lambda row: (-used[row.key], sort_key(row.name)))
    )


def _keys_of_deals() -> CTE:
    """The maps that deals follow, each found in an index behind the one before: no deal is read, and no version."""
    keys = select(func.min(Deal.definition_key).label("key")).cte("used_keys", recursive=True)
    following = select(func.min(Deal.definition_key)).where(Deal.definition_key > keys.c.key).correlate(keys)
    return keys.union_all(select(following.scalar_subquery()).where(keys.c.key.is_not(None)))


def _seen(session: Session, actor: Actor, keys: Collection[str]) -> Counter[str]:
    """How many deals of each map are among some that the actor sees; all are looked through for a map without any."""
    some = some_visible_deals(actor, _SAMPLED).subquery()
    counted = select(Deal.definition_key, func.count()).join(some, some.c.id == Deal.id).group_by(Deal.definition_key)
    seen = Counter({key: count for key, count in session.execute(counted) if key in keys})
    if rare := set(keys) - set(seen):
        others = select(Deal.definition_key).where(Deal.definition_key.in_(rare), visible_deals(actor)).distinct()
        seen.update(session.scalars(others))
    return seen
