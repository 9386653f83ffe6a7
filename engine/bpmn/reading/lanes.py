"""Lanes are who does the steps in them; a pool without lanes is who does all of its steps."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.map_model import Node, Place, Process
from engine.bpmn.map_properties import ANSWERS
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.drawing import Box
from engine.bpmn.reading.elements import MODEL, attribute, children, line_of, name_of, text_of
from engine.bpmn.reading.properties import foreign_properties, own_properties
from engine.bpmn.reading.structure import Document


def read_lanes(document: Document) -> None:
    """Give every node the names of the lanes around it, outermost first."""
    processes = {element: process for process, element in document.process_elements.items()}
    for lane_set in document.definitions.iter(f"{{{MODEL}}}laneSet"):
        process = next((processes[around] for around in lane_set.iterancestors() if around in processes), None)
        for lane in children(lane_set, "lane"):
            _read_lane(document, lane, process, ())
    _spread_inwards(document)
    _by_geometry(document)


def say_lanes_unheard(document: Document, noticed: Noticed) -> None:
    """A lane or a pool says by its name who does its steps; a property of it counts for none of them."""
    for drawn in document.definitions.iter(f"{{{MODEL}}}lane", f"{{{MODEL}}}participant"):
        place = Place(attribute(drawn, "id"), name_of(drawn), line_of(drawn), document.file)
        for key, said in {**dict(foreign_properties(drawn)), **dict(own_properties(drawn))}.items():
            if key not in ANSWERS:
                noticed.warning("PROPERTY_UNUSED", place, property=key.value, text=said.text)


def _read_lane(document: Document, lane: etree._Element, process: Process | None, around: tuple[str, ...]) -> None:
    path = (*around, name_of(lane)) if name_of(lane) else around
    for reference in children(lane, "flowNodeRef"):
        node = document.find_node(text_of(reference), process)
        if node is not None and len(path) > len(node.lanes):
            node.lanes = path
    for inner in children(lane, "childLaneSet"):
        for part in children(inner, "lane"):
            _read_lane(document, part, process, path)


def _spread_inwards(document: Document) -> None:
    """The steps of a sub-process are done where the sub-process stands, unless they have lanes of their own."""
    for node in document.elements:
        if not node.lanes:
            owner = node.scope.owner if node.host is None else node.host
            while owner is not None and not owner.lanes:
                owner = owner.scope.owner
            if owner is not None:
                node.lanes = owner.lanes


def _by_geometry(document: Document) -> None:
    """Some tools draw lanes without saying which steps are in them."""
    frames: list[tuple[float, str, Box]] = []
    for lane in document.definitions.iter(f"{{{MODEL}}}lane"):
        box = document.drawing.boxes.get(attribute(lane, "id"))
        if box is not None and name_of(lane):
            frames.append((box.width * box.height, name_of(lane), box))
    frames.sort(key=lambda frame: -frame[0])
    for node in document.elements:
        if not node.lanes:
            node.lanes = _lanes_around(document, node, frames)


def _lanes_around(document: Document, node: Node, frames: list[tuple[float, str, Box]]) -> tuple[str, ...]:
    box = document.drawing.boxes.get(node.source_id)
    if box is None:
        return ()
    return tuple(name for _, name, frame in frames if frame.holds_centre_of(box))
