"""Finds the lost end of an arrow: in the steps' own lists of arrows, then in the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.map_model import Located, Node, NodeType
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.drawing import Drawing, Point
from engine.bpmn.reading.elements import children, local, text_of

SNAP_DISTANCE = 30.0  # pixels between an arrow's tip and a shape that are still meant to touch
_TOUCHING = 1.0  # pixels of drawing that nobody sees
_CLEARLY_NEARER = 8.0  # pixels by which the nearest shape must beat the next

_NEVER_TARGET = frozenset({NodeType.START, NodeType.BOUNDARY})


class ArrowEnds:
    def __init__(self, drawing: Drawing, nodes: Mapping[str, Node], elements: Mapping[Node, etree._Element]) -> None:
        self._drawing = drawing
        self._nodes = nodes
        self._says_outgoing: dict[str, list[Node]] = {}
        self._says_incoming: dict[str, list[Node]] = {}
        for node, element in elements.items():
            for part in children(element, "outgoing", "incoming"):
                says = self._says_outgoing if local(part) == "outgoing" else self._says_incoming
                says.setdefault(text_of(part), []).append(node)

    def repair(
        self, place: Located, source: Node | None, target: Node | None, noticed: Noticed
    ) -> tuple[Node | None, Node | None]:
        """The ends of the arrow ``place``, completed where that is certain enough."""
        source = source or self._listed(place, self._says_outgoing, noticed)
        target = target or self._listed(place, self._says_incoming, noticed)
        tips = self._drawing.arrows.get(place.source_id)
        if tips is not None and source is None:
            source = self._drawn(place, tips[0], target, noticed, leaves=True)
        if tips is not None and target is None:
            target = self._drawn(place, tips[1], source, noticed, leaves=False)
        return source, target

    def agreed(self) -> Iterator[tuple[str, Node, Node]]:
        """The arrows that exactly one step says it sends, and exactly one that it gets."""
        for flow_id, sources in self._says_outgoing.items():
            targets = self._says_incoming.get(flow_id, [])
            if flow_id and len(sources) == len(targets) == 1:
                yield flow_id, sources[0], targets[0]

    def _listed(self, place: Located, says: dict[str, list[Node]], noticed: Noticed) -> Node | None:
        found = says.get(place.source_id, []) if place.source_id else []
        if len(found) != 1:
            return None
        noticed.info("ARROW_END_REPAIRED", place, step=found[0].title)
        return found[0]

    def _drawn(self, place: Located, tip: Point, other: Node | None, noticed: Noticed, *, leaves: bool) -> Node | None:
        near: list[tuple[float, Node]] = []
        for source_id, node in self._nodes.items():
            box = self._drawing.boxes.get(source_id)
            if box is None or node is other or (other is not None and node.scope is not other.scope):
                continue
            if (node.type is NodeType.END) if leaves else (node.type in _NEVER_TARGET):
                continue
            distance = box.distance(tip)
            if distance <= SNAP_DISTANCE:
                near.append((distance, node))
        near.sort(key=lambda candidate: candidate[0])
        if not near or (len(near) > 1 and not _is_clear(*near[:2])):
            return None
        noticed.warning("ARROW_SNAPPED", place, step=near[0][1].title)
        return near[0][1]


def _is_clear(nearest: tuple[float, Node], second: tuple[float, Node]) -> bool:
    """Whether the nearest shape is meant: it is much nearer, or only it is touched."""
    return second[0] - nearest[0] > _CLEARLY_NEARER or (nearest[0] <= _TOUCHING < second[0])
