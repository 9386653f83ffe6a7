"""Where shapes and arrows stand in the drawing: needed for groups, lanes without references and detached arrows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.reading.elements import DRAWING, attribute, local, short_reference

Point = tuple[float, float]
_ENDS = 2


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    def holds_centre_of(self, other: Box) -> bool:
        x, y = other.x + other.width / 2, other.y + other.height / 2
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height

    def distance(self, point: Point) -> float:
        """0 inside, otherwise the way to the border."""
        dx = max(self.x - point[0], 0.0, point[0] - self.x - self.width)
        dy = max(self.y - point[1], 0.0, point[1] - self.y - self.height)
        return math.hypot(dx, dy)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and arrows by the id of the element that they show."""

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: dict[str, tuple[Point, Point]] = field(default_factory=dict)  # where it begins and where it ends


def read_drawing(definitions: etree._Element) -> Drawing:
    drawing = Drawing()
    for shape in definitions.iter(f"{{{DRAWING}}}BPMNShape"):
        bounds = next(_named(shape, "Bounds"), None)
        box = _box(bounds) if bounds is not None else None
        if box is not None:
            drawing.boxes.setdefault(short_reference(attribute(shape, "bpmnElement")), box)
    for edge in definitions.iter(f"{{{DRAWING}}}BPMNEdge"):
        points = [point for waypoint in _named(edge, "waypoint") if (point := _point(waypoint)) is not None]
        if len(points) >= _ENDS:
            drawing.arrows.setdefault(short_reference(attribute(edge, "bpmnElement")), (points[0], points[-1]))
    return drawing


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return (element for element in parent if local(element) == name)


def _number(element: etree._Element, name: str) -> float:
    number = float(attribute(element, name) or "nan")
    if not math.isfinite(number):
        raise ValueError(name)
    return number


def _box(bounds: etree._Element) -> Box | None:
    try:
        return Box(*(_number(bounds, name) for name in ("x", "y", "width", "height")))
    except ValueError:
        return None


def _point(waypoint: etree._Element) -> Point | None:
    try:
        return _number(waypoint, "x"), _number(waypoint, "y")
    except ValueError:
        return None
