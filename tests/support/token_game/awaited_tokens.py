"""What an inclusive or a complex join waits for: the tokens elsewhere that can still reach it (13.4.3, 13.4.5)."""

from __future__ import annotations

from typing import Any

from support.token_game.maps import Flow, Graph, Node
from support.token_game.waits import Area


def is_awaited(area: Area, gateway: Node, arrived: set[Flow]) -> bool:
    """Whether a token elsewhere can reach another flow than those that count as ``arrived``, and none of these.

    The standard's paths are of sequence flows. Where an event that interrupts nothing sends another token to one
    of ``arrived``, its host's own is still to come.
    """
    for places in _places_of_tokens(area, gateway):
        reached = _reached(area.graph, places, gateway)
        itself = _reached(area.graph, places, gateway, beside=False)
        if reached - arrived and not itself & arrived:
            return True
    return False


def _places_of_tokens(area: Area, gateway: Node) -> list[list[str]]:
    """Where each token elsewhere is; what stands behind one event gateway is one token."""
    places: dict[Any, list[str]] = {}
    for way in area.tokens:
        if way.target != gateway.node_id:
            places["join", len(places)] = [way.target]
    for wait in area.waits:
        if wait.host is None and wait.frame is None and wait.handler is None and wait.undoes_for is None:
            key = ("race", wait.race) if wait.race is not None else ("wait", wait.number)
            places.setdefault(key, []).append(wait.node.node_id)
    return list(places.values())


def _reached(graph: Graph, places: list[str], gateway: Node, *, beside: bool = True) -> set[Flow]:
    """The flows into ``gateway`` that a token at ``places`` can come along, not passing the gateway before.

    ``beside``: also by events that leave it where it is and send another one.
    """
    reached: set[Flow] = set()
    seen: set[str] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place in seen or place == gateway.node_id:
            continue
        seen.add(place)
        waiting += [event.node_id for event in graph.boundary_of(place) if beside or event.interrupting]
        for way in graph.leaving(place):
            if way.target == gateway.node_id:
                reached.add(way)
            else:
                waiting.append(way.target)
    return reached
