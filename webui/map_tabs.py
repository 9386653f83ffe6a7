"""The pages of one version of a map, in the order in which an owner goes through them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import N_
from engine.policy.permissions import Ability, may
from webui.request_context import actor


@dataclass(frozen=True, slots=True)
class MapTab:
    """``section`` is the blueprint whose pages light the tab up; ``needs_run`` hides it while errors stand."""

    endpoint: str
    section: str
    label: str
    ability: Ability = Ability.SEE_MAPS
    needs_run: bool = False


_TABS = (
    MapTab("maps.show", "maps", N_("Map")),
    MapTab("map_questions.show", "map_questions", N_("Questions")),
    MapTab("practice.begin", "practice", N_("Try the map"), Ability.DEPLOY_MAP, needs_run=True),
    MapTab("map_ways.show", "map_ways", N_("All ways"), needs_run=True),
    MapTab("map_rules.list_rules", "map_rules", N_("Rules")),
    MapTab("map_facts.show", "map_facts", N_("In work"), needs_run=True),
    MapTab("map_versions.compare", "map_versions", N_("Compare versions")),
    MapTab("handbooks.show", "handbooks", N_("Handbook")),
)


def map_tabs(*, can_run: bool) -> tuple[MapTab, ...]:
    """Those that are open to who asks, of a version that ``can_run`` or cannot yet."""
    return tuple(tab for tab in _TABS if may(actor(), tab.ability) and (can_run or not tab.needs_run))
