"""What the owner of a map says about its elements."""

from __future__ import annotations

from engine.bpmn.map_model import Node, Said
from engine.bpmn.map_properties import Property

_DRAWN_SOURCES = frozenset({"lane", "pool", "group"})  # said by where the element stands, not by its owner


def is_drawn(said: Said) -> bool:
    """Whether it is said by where the element stands, and not by the map's owner in words."""
    return said.source in _DRAWN_SOURCES


def said_of(node: Node | None, key: Property) -> str:
    """What the owner says about ``node``; about one that was not drawn, what is said about its origin."""
    while node is not None:
        said = node.annotation.said.get(key)
        if said is not None and (node.like is None or not is_drawn(said)):
            return "" if is_drawn(said) else said.text
        node = node.like
    return ""
