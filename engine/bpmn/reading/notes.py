"""Notes: what they say of the step that they hang on, or that they are drawn beside where nothing ties them."""

from __future__ import annotations

import math

from engine.bpmn.map_model import ACTIVITIES, Node, Place
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.drawing import Box
from engine.bpmn.reading.elements import MODEL, attribute, child, line_of, text_of
from engine.bpmn.reading.html_text import plain_text
from engine.bpmn.reading.plain_text import spoken_properties
from engine.bpmn.reading.structure import Document

_BESIDE = 50.0  # pixels between the frames of a note and of the step that it is still meant for
_CLEARLY_NEARER = 20.0  # pixels by which that step must beat the next


def read_notes(document: Document, noticed: Noticed) -> dict[str, list[str]]:
    """The texts of notes by the id of the element that they hang on, or are drawn beside."""
    elements = {attribute(note, "id"): note for note in document.definitions.iter(f"{{{MODEL}}}textAnnotation")}
    texts = {note_id: plain_text(text_of(child(note, "text"))) for note_id, note in elements.items()}
    notes: dict[str, list[str]] = {}
    tied: set[str] = set()
    for association in document.definitions.iter(f"{{{MODEL}}}association"):
        one, other = attribute(association, "sourceRef"), attribute(association, "targetRef")
        for note, element in ((one, other), (other, one)):
            if texts.get(note):
                notes.setdefault(element, []).append(texts[note])
                if document.find_node(element) is not None:
                    tied.add(note)
    for note_id, text in texts.items():
        if note_id in tied or next(spoken_properties(text, "note"), None) is None:
            continue
        place = Place(note_id, "", line_of(elements[note_id]), document.file)
        step = _beside(document, document.drawing.boxes.get(note_id))
        if step is None or not step.source_id:
            noticed.warning("NOTE_UNTIED", place, text=text)
        else:
            noticed.warning("NOTE_BY_DRAWING", place, text=text, step=step.title)
            notes.setdefault(step.source_id, []).append(text)
    return notes


def _beside(document: Document, note: Box | None) -> Node | None:
    """The step that is much nearer to the note than any other."""
    if note is None:
        return None
    boxes = [(node, document.drawing.boxes.get(node.source_id)) for node in document.elements]
    near = sorted(
        ((_gap(note, box), node.id, node) for node, box in boxes if box is not None and node.type in ACTIVITIES),
        key=lambda found: found[:2],
    )
    if not near or near[0][0] > _BESIDE or (len(near) > 1 and near[1][0] - near[0][0] < _CLEARLY_NEARER):
        return None
    return near[0][2]


def _gap(one: Box, other: Box) -> float:
    dx = max(one.x - other.x - other.width, other.x - one.x - one.width, 0.0)
    dy = max(one.y - other.y - other.height, other.y - one.y - one.height, 0.0)
    return math.hypot(dx, dy)
