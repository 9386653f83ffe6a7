"""The drawing in an owner's file: its shapes and arrows where the owner put them, with their words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from statistics import median

from lxml import etree

from engine.bpmn.reading.drawing import Box, Point
from engine.bpmn.reading.elements import attribute, is_true, local, name_of, short_reference, text_of
from engine.bpmn.safe_xml import XmlRefused, read_xml

_EVENT = "EventDefinition"
_CONTAINERS = ("participant", "lane", "subProcess", "transaction", "adHocSubProcess", "group")
_LOOPS = {"standardLoopCharacteristics": "loop", "multiInstanceLoopCharacteristics": "multiple"}
_ENDS = 2
_FARTHEST = 100_000.0  # of a coordinate: beyond that nothing is drawn by hand
_LONGEST_WORDS = 400  # letters in a box; nobody reads more there
_MOST_DRAWN = 6_000  # shapes and arrows of a drawing
_MOST_POINTS = 200  # of an arrow
_SAME_PLACE = 4.0  # pixels: a hand that lets go elsewhere moved nothing


@dataclass(frozen=True, slots=True)
class Shape:
    """``id`` and ``kind`` (BPMN name) are of the element shown. ``event`` is what an event waits for or throws.

    ``words`` stand in the box of a ``label`` where the tool placed one. ``repeats`` is empty, "loop", "multiple" or
    "sequence"; ``is_open``: a sub-process that shows what is in it.
    """

    id: str
    kind: str
    words: str
    box: Box
    label: Box | None = None
    event: str = ""
    repeats: str = ""
    is_open: bool = False
    is_horizontal: bool = True
    is_interrupting: bool = True

    @property
    def is_container(self) -> bool:
        return self.kind in _CONTAINERS


@dataclass(frozen=True, slots=True)
class Arrow:
    """A sequence flow, message flow or association through its ``points``, first to last."""

    id: str
    kind: str
    words: str
    points: tuple[Point, ...]
    label: Box | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes that hold others come first. Empty for a file without a drawing."""

    shapes: tuple[Shape, ...] = ()
    arrows: tuple[Arrow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.shapes)

    def words_by_id(self) -> dict[str, str]:
        """What stands on every shape and arrow."""
        return {one.id: one.words for one in self.shapes} | {one.id: one.words for one in self.arrows}


def read_picture(data: bytes) -> Picture:
    """The drawing of a map's file, the largest where there are several; empty for a file that cannot be read."""
    try:
        root = read_xml(data).root
    except XmlRefused:
        return Picture()
    elements: dict[str, etree._Element] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and not local(element).startswith("BPMN"):
            elements.setdefault(attribute(element, "id"), element)
    elements.pop("", None)
    planes = [one for one in root.iter() if local(one) == "BPMNPlane"]
    pictures = (_picture(plane, elements) for plane in planes)
    return max(pictures, key=lambda one: len(one.shapes), default=Picture())


def moved_elements(before: Picture, now: Picture) -> frozenset[str]:
    """The ids of what stands elsewhere now. A drawing that was shifted as a whole moved nothing."""
    old = {one.id: one.box for one in before.shapes if not one.is_container}
    both = [(one.id, old[one.id], one.box) for one in now.shapes if one.id in old]
    if not both:
        return frozenset()
    dx = median(after.x - first.x for _, first, after in both)
    dy = median(after.y - first.y for _, first, after in both)
    return frozenset(
        element_id
        for element_id, first, after in both
        if max(abs(after.x - first.x - dx), abs(after.y - first.y - dy)) > _SAME_PLACE
    )


def _picture(plane: etree._Element, elements: Mapping[str, etree._Element]) -> Picture:
    shapes, arrows = [], []
    defaults = {attribute(one, "default") for one in elements.values()} - {""}
    for drawn in islice(plane, _MOST_DRAWN):
        element = elements.get(short_reference(attribute(drawn, "bpmnElement")))
        if element is None:
            continue
        if local(drawn) == "BPMNShape":
            box = _bounds(drawn)
            if box is not None:
                shapes.append(_shape(drawn, element, box, elements))
        elif local(drawn) == "BPMNEdge":
            found = (point for one in _named(drawn, "waypoint") if (point := _point(one)) is not None)
            points = tuple(islice(found, _MOST_POINTS))
            if len(points) >= _ENDS:
                arrow_id = attribute(element, "id")
                arrows.append(
                    Arrow(
                        id=arrow_id,
                        kind=local(element),
                        words=name_of(element)[:_LONGEST_WORDS],
                        points=points,
                        label=_label(drawn),
                        is_default=arrow_id in defaults,
                    )
                )
    shapes.sort(key=lambda one: (not one.is_container, -one.box.width * one.box.height if one.is_container else 0.0))
    return Picture(tuple(shapes), tuple(arrows))


def _shape(drawn: etree._Element, element: etree._Element, box: Box, elements: Mapping[str, etree._Element]) -> Shape:
    kind = local(element)
    horizontal = drawn.get("isHorizontal")
    return Shape(
        id=attribute(element, "id"),
        kind=kind,
        words=_words(element, kind, elements)[:_LONGEST_WORDS],
        box=box,
        label=_label(drawn),
        event=_event(element),
        repeats=_repeats(element),
        is_open=is_true(drawn.get("isExpanded")),
        is_horizontal=box.width >= box.height if horizontal is None else is_true(horizontal),
        is_interrupting=all(
            element.get(name) is None or is_true(element.get(name)) for name in ("cancelActivity", "isInterrupting")
        ),
    )


def _words(element: etree._Element, kind: str, elements: Mapping[str, etree._Element]) -> str:
    if kind == "textAnnotation":
        return " ".join(text_of(next(_named(element, "text"), None)).split())
    if kind == "group":
        value = elements.get(short_reference(attribute(element, "categoryValueRef")))
        return attribute(value, "value") if value is not None else name_of(element)
    return name_of(element)


def _event(element: etree._Element) -> str:
    kinds = [local(one).removesuffix(_EVENT) for one in element if local(one).endswith(_EVENT)]
    return "multiple" if len(kinds) > 1 else kinds[0] if kinds else ""


def _repeats(element: etree._Element) -> str:
    for one in element:
        kind = _LOOPS.get(local(one), "")
        if kind:
            return "sequence" if kind == "multiple" and is_true(one.get("isSequential")) else kind
    return ""


def _label(drawn: etree._Element) -> Box | None:
    label = next(_named(drawn, "BPMNLabel"), None)
    return _bounds(label) if label is not None else None


def _bounds(holder: etree._Element) -> Box | None:
    bounds = next(_named(holder, "Bounds"), None)
    if bounds is None:
        return None
    numbers = [_number(bounds, name) for name in ("x", "y", "width", "height")]
    x, y, width, height = (one if one is not None else math.nan for one in numbers)
    return Box(x, y, width, height) if width > 0 and height > 0 and not math.isnan(x + y) else None


def _point(waypoint: etree._Element) -> Point | None:
    x, y = _number(waypoint, "x"), _number(waypoint, "y")
    return (x, y) if x is not None and y is not None else None


def _number(element: etree._Element, name: str) -> float | None:
    try:
        number = float(attribute(element, name))
    except ValueError:
        return None
    return number if abs(number) <= _FARTHEST else None


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return (element for element in parent if local(element) == name)
