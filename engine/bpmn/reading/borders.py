"""Events on the border of a step: which step that is, by what the file says, else by where the event is drawn."""

from __future__ import annotations

from engine.bpmn.map_model import ACTIVITIES, EventKind, Node, NodeType, Scope
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.drawing import Box
from engine.bpmn.reading.structure import Document

_NEAR = 12.0  # pixels between the centre of an event and the border that it is still meant to sit on
Drawn = list[tuple[Node, Box]]  # the steps that can have events on their border, and their frames

_NEVER_ON_BORDERS = frozenset({EventKind.LINK, EventKind.TERMINATE})


def attach_boundaries(document: Document, noticed: Noticed) -> None:
    """Give every event on a border its host; an event that is only drawn on a border is put there."""
    drawn = [
        (node, box)
        for node in document.elements
        if node.type in ACTIVITIES
        and not node.triggered_by_event
        and (box := document.drawing.boxes.get(node.source_id)) is not None
    ]
    for node in tuple(document.elements):
        if node.type is NodeType.BOUNDARY:
            host = document.find_node(node.host_reference, node.scope.process)
            if host is None:
                host = _drawn_on(document, node, drawn)
                if host is not None:
                    noticed.warning("BORDER_BY_DRAWING", node, step=host.title)
        elif node.type is NodeType.CATCH and node.events and not node.incoming:
            host = _left_loose(document, node, drawn, noticed)
        else:
            continue
        if host is not None:
            _attach(node, host, noticed)


def _left_loose(document: Document, node: Node, drawn: Drawn, noticed: Noticed) -> Node | None:
    """The step on whose border a lonely event is meant to be: tools export it without saying so."""
    if any(event.kind in _NEVER_ON_BORDERS for event in node.events):
        return None
    around = node.scope.owner
    leaves = around is not None and any(flow.target.scope is around.scope for flow in node.outgoing)
    host = around if leaves and around is not None else _drawn_on(document, node, drawn)
    if host is not None:
        noticed.warning("BORDER_BY_DRAWING", node, step=host.title)
    return host


def _attach(node: Node, host: Node, noticed: Noticed) -> None:
    """What is on the border of a step belongs to the level of that step."""
    if host.type in ACTIVITIES and node.scope is not host.scope:
        noticed.info("BORDER_EVENT_MOVED", node, step=host.title)
        _move(node, host.scope)
    node.type, node.host = NodeType.BOUNDARY, host
    host.boundaries.append(node)


def _move(node: Node, scope: Scope) -> None:
    node.scope.nodes.remove(node)
    node.scope = scope
    scope.nodes.append(node)


def _drawn_on(document: Document, event: Node, drawn: Drawn) -> Node | None:
    """The only step whose border the event is drawn on."""
    box = document.drawing.boxes.get(event.source_id)
    if box is None:
        return None
    centre = (box.x + box.width / 2, box.y + box.height / 2)
    process = event.scope.process
    near = [node for node, around in drawn if node.scope.process is process and _on_border(around, centre)]
    return near[0] if len(near) == 1 else None


def _on_border(box: Box, point: tuple[float, float]) -> bool:
    if box.distance(point) > _NEAR:
        return False
    x, y = point
    inside = min(x - box.x, box.x + box.width - x, y - box.y, box.y + box.height - y)
    return inside <= _NEAR
