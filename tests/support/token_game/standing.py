"""Whether an instance of the token game can go on, or stands still while things beside its work may still happen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from support.token_game.maps import Graph, Kind, Node, What
from support.token_game.waits import Area, Wait

if TYPE_CHECKING:
    from support.token_game.game import TokenGame

_FROM_OUTSIDE = (What.MESSAGE, What.SIGNAL)
_WRITERS = frozenset({Kind.STEP, Kind.SERVICE, Kind.SCRIPT, Kind.RULE, Kind.AD_HOC})


def can_go_on(game: TokenGame) -> bool:
    """Whether anything that is awaited frees a token of the work. A condition does not count: steps alone write."""
    standing = list(game.waiting())
    if any(wait.choice or (wait.node.kind in (Kind.STEP, Kind.SERVICE) and not wait.is_frame) for _, wait in standing):
        return True
    awaited = [(area, wait) for area, wait in standing if _is(wait, *_FROM_OUTSIDE, What.TIMER)]
    return any(_frees(game, area, wait, []) for area, wait in awaited)


def _is(wait: Wait, *whats: What) -> bool:
    return wait.event is not None and wait.event.what in whats


def _is_beside(wait: Wait) -> bool:
    return (wait.handler is not None or wait.host is not None) and not wait.node.interrupting


def _frees(game: TokenGame, area: Area, wait: Wait, before: list[Wait]) -> bool:
    """``before``: the events that lead to this one, and free nothing by themselves."""
    if not _is_beside(wait):
        return True
    if wait in before:
        return False
    along = [] if wait.handler is not None else _reached(area.graph, wait.node)
    parts = along if wait.handler is None else [wait.handler]
    touched = [*along, *_inside(parts)]
    joining = {flow.target for flow in area.tokens}
    if any(node.node_id in joining or _throws(node, What.TERMINATE, What.CANCEL) for node in along):
        return True
    brings = _is(wait, *_FROM_OUTSIDE) or any(node.kind in _WRITERS for node in touched)
    if brings and any(_needs_values(place, other) for place, other in [*game.waiting(), *_joining(game)]):
        return True
    if not any(node.kind is Kind.SERVICE or _throws(node, What.ERROR, What.ESCALATION) for node in touched):
        return False
    catching = [(place, one) for place, one in game.waiting() if _is(one, What.ERROR, What.ESCALATION)]
    return any(_frees(game, place, one, [*before, wait]) for place, one in catching)


def _reached(graph: Graph, place: Node) -> list[Node]:
    found: dict[str, Node] = {}
    waiting = [graph.nodes[flow.target] for flow in graph.leaving(place.node_id)]
    while waiting:
        node = waiting.pop()
        if node.node_id not in found:
            found[node.node_id] = node
            waiting += [graph.nodes[flow.target] for flow in graph.leaving(node.node_id)]
            waiting += graph.boundary_of(node.node_id)
    return list(found.values())


def _inside(parts: Iterable[Node]) -> Iterator[Node]:
    return (node for part in parts if part.inner is not None for node in part.inner.everything())


def _throws(node: Node, *whats: What) -> bool:
    return node.kind in (Kind.THROW, Kind.END) and node.event is not None and node.event.what in whats


def _needs_values(area: Area, wait: Wait | None) -> bool:
    """Whether the work waits there for what a condition reads."""
    if wait is not None:
        return _is(wait, What.CONDITION) and not _is_beside(wait)
    gateways = {flow.target for flow in area.tokens}
    rules = [node.enough for node in area.graph.nodes.values() if node.node_id in gateways]
    return any(rule is not None and rule.variable for rule in rules)


def _joining(game: TokenGame) -> list[tuple[Area, None]]:
    return [(area, None) for area in game.areas() if area.tokens]
