"""A group with a name is a stage: the steps whose centre lies inside its frame belong to it."""

from __future__ import annotations

from engine.bpmn.reading.drawing import Box
from engine.bpmn.reading.elements import MODEL, attribute, children, short_reference, text_of
from engine.bpmn.reading.structure import Document


def read_groups(document: Document) -> None:
    """Give every node the names of the groups around it, largest first."""
    values = {
        attribute(value, "id"): attribute(value, "value")
        for value in document.definitions.iter(f"{{{MODEL}}}categoryValue")
    }
    by_reference: dict[str, list[str]] = {}
    frames: list[tuple[float, str, Box]] = []
    for group in document.definitions.iter(f"{{{MODEL}}}group"):
        reference = short_reference(attribute(group, "categoryValueRef"))
        name = values.get(reference, "") or attribute(group, "name")
        if not name:
            continue
        by_reference.setdefault(reference, []).append(name)
        box = document.drawing.boxes.get(attribute(group, "id"))
        if box is not None:
            frames.append((box.width * box.height, name, box))
    frames.sort(key=lambda frame: -frame[0])
    for node, element in document.elements.items():
        box = document.drawing.boxes.get(node.source_id)
        drawn = [name for _, name, frame in frames if box is not None and frame.holds_centre_of(box)]
        listed = [
            name
            for reference in children(element, "categoryValueRef")
            for name in by_reference.get(short_reference(text_of(reference)), ())
        ]
        node.groups = tuple(dict.fromkeys((*drawn, *listed)))
