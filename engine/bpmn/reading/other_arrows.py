"""Arrows of another kind than the standard has for the order of steps, drawn by people where it has to be followed."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.map_model import ACTIVITIES, GATEWAYS, Flow, Node, NodeType, Place, SalesMap
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.elements import MODEL, attribute, line_of, name_of, short_reference
from engine.bpmn.reading.structure import Document

_FOLLOWED = ("messageFlow", "association")
_IN_A_PATH = ACTIVITIES | GATEWAYS | {NodeType.START, NodeType.END, NodeType.CATCH, NodeType.THROW}


def follow_other_arrows(document: Document, sales_map: SalesMap, noticed: Noticed) -> None:
    """A message or a dotted arrow between two steps of one pool, where nothing else leads on, is taken for an arrow."""
    for name in _FOLLOWED:
        for element in document.definitions.iter(f"{{{MODEL}}}{name}"):
            source = _end(document, element, "sourceRef")
            target = _end(document, element, "targetRef")
            if source is not None and target is not None and _leads_on(source, target):
                place = Place(attribute(element, "id"), name_of(element), line_of(element), document.file)
                noticed.warning("OTHER_ARROW_FOLLOWED", place, source=source.title, target=target.title)
                flow = sales_map.connect(source, target)
                flow.source_id, flow.name, flow.line = place.source_id, place.name, place.line


def leave_out_doubled_arrows(document: Document, noticed: Noticed) -> None:
    """Two arrows between the same two elements that say the same are one: a step would run twice."""
    for node in document.elements:
        seen: dict[tuple[Node, str, str], Flow] = {}
        for flow in tuple(node.outgoing):
            first = seen.setdefault((flow.target, flow.name, flow.condition_text), flow)
            if first is not flow:
                noticed.info("ARROW_DOUBLED", flow, source=node.title, target=flow.target.title)
                kept = first if flow.is_default else node.default
                node.outgoing.remove(flow)
                flow.target.incoming.remove(flow)
                node.default = kept


def _end(document: Document, element: etree._Element, name: str) -> Node | None:
    reference = attribute(element, name)
    return document.find_node(reference) or document.find_node(short_reference(reference))


def _leads_on(source: Node, target: Node) -> bool:
    """Whether the order of steps breaks off on both sides of the arrow: behind its source and before its target."""
    return (
        source is not target
        and source.scope is target.scope
        and {source.type, target.type} <= _IN_A_PATH
        and source.type is not NodeType.END
        and target.type is not NodeType.START
        and not source.outgoing
        and not target.incoming
        and not (source.for_compensation or target.for_compensation)
        and not (source.triggered_by_event or target.triggered_by_event)
    )
