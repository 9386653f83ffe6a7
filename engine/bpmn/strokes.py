"""A drawing as strokes of a pen: what a renderer for SVG, PDF or pictures needs, and nothing of BPMN."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.bpmn.picture import Arrow, Picture, Shape
from engine.bpmn.reading.drawing import Box, Point
from engine.bpmn.stroke_signs import event_sign, gateway_sign, repeat_sign, task_sign
from engine.bpmn.stroke_text import fitted, lines_of, width_of

INK, QUIET, PAPER = "#1f2937", "#6b7280", "#ffffff"
_MARGIN = 16.0
_TEXT, _SMALL = 12.0, 11.0
_BAND = 30.0  # of a pool or a lane, for its name
_WIDEST_LABEL = 140.0
_DOUBLE = 8.0  # a shape has to be larger than this for a second line inside its border
_LINE = 1.2  # of a line of text, in its size
_TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "callActivity",
    }
)
_SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})


@dataclass(frozen=True, slots=True)
class Rectangle:
    box: Box
    radius: float = 0.0
    fill: str = PAPER
    ink: str = INK
    width: float = 1.5
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    centre: Point
    radius: float
    fill: str = PAPER
    ink: str = INK
    width: float = 1.5
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Through ``points``; closed and filled where ``fill`` is not empty."""

    points: tuple[Point, ...]
    fill: str = ""
    ink: str = INK
    width: float = 1.5
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """``lines`` one below the other: ``at`` is on the baseline of the first, at its middle or, ``begin``, its start.

    ``is_upright``: read from below to above, around ``at``.
    """

    at: Point
    lines: tuple[str, ...]
    size: float = _TEXT
    anchor: Literal["middle", "begin"] = "middle"
    is_upright: bool = False
    ink: str = INK

    @property
    def pitch(self) -> float:
        """From one baseline to the next."""
        return self.size * _LINE


Stroke: TypeAlias = Rectangle | Circle | Line | Text


@dataclass(frozen=True, slots=True)
class Sheet:
    """Strokes in the order in which they cover each other, on a sheet from (0, 0) to its width and height."""

    width: float
    height: float
    strokes: tuple[Stroke, ...]


def draw(picture: Picture) -> Sheet | None:
    """The picture on a sheet of its own size; None where there is nothing to draw."""
    if not picture:
        return None
    left, top, right, bottom = _extent(picture)
    dx, dy = _MARGIN - left, _MARGIN - top
    shapes = sorted((shape for shape in picture.shapes if shape.is_container), key=lambda one: one.kind == "group")
    others = [shape for shape in picture.shapes if not shape.is_container]
    strokes: list[Stroke] = []
    for shape in shapes:
        strokes += _container(shape, dx, dy)
    for arrow in picture.arrows:
        strokes += _arrow(arrow, dx, dy)
    for shape in others:
        strokes += _shape(shape, dx, dy)
    for shape in others:
        strokes += _name_beside(shape, dx, dy)
    return Sheet(right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN, tuple(strokes))


def _extent(picture: Picture) -> tuple[float, float, float, float]:
    boxes = [one for shape in picture.shapes for one in (shape.box, shape.label) if one is not None]
    boxes += [arrow.label for arrow in picture.arrows if arrow.label is not None]
    points = [point for arrow in picture.arrows for point in arrow.points]
    xs = [one.x for one in boxes] + [one.x + one.width for one in boxes] + [x for x, _ in points]
    ys = [one.y for one in boxes] + [one.y + one.height for one in boxes] + [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _moved(box: Box, dx: float, dy: float) -> Box:
    return Box(box.x + dx, box.y + dy, box.width, box.height)


def _centre(box: Box) -> Point:
    return box.x + box.width / 2, box.y + box.height / 2


# what holds other things ----------------------------------------------------------------------------------------------
def _container(shape: Shape, dx: float, dy: float) -> Iterator[Stroke]:
    box = _moved(shape.box, dx, dy)
    if shape.kind == "group":
        yield Rectangle(box, 8.0, "", QUIET, 1.2, (8.0, 4.0))
        yield from _title(shape.words, box, QUIET)
    elif shape.kind in _SUB_PROCESSES:
        yield Rectangle(box, 8.0, PAPER, INK, 1.5)
        if shape.kind == "transaction" and min(box.width, box.height) > _DOUBLE:
            yield Rectangle(Box(box.x + 3, box.y + 3, box.width - 6, box.height - 6), 6.0, "", INK, 1.0)
        if shape.is_open:
            yield from _title(shape.words, box, INK)
        else:
            yield from _inside(shape.words, box)
            yield from _plus(box)
    else:
        yield Rectangle(box, 0.0, PAPER, INK, 1.2)
        yield from _band(shape, box)


def _title(words: str, box: Box, ink: str) -> Iterator[Stroke]:
    lines = fitted(words, box.width - 12, 1, _SMALL)
    if lines:
        yield Text((box.x + box.width / 2, box.y + _SMALL + 4), lines, _SMALL, ink=ink)


def _band(shape: Shape, box: Box) -> Iterator[Stroke]:
    """The name of a pool or lane at its beginning, along its short side."""
    if shape.is_horizontal:
        if shape.kind == "participant" or shape.words:
            yield Line(((box.x + _BAND, box.y), (box.x + _BAND, box.y + box.height)), width=1.0)
        lines = fitted(shape.words, box.height - 8, 2, _TEXT)
        middle = (box.x + _BAND / 2 + _TEXT * 0.35 - (len(lines) - 1) * _TEXT * _LINE / 2, box.y + box.height / 2)
        if lines:
            yield Text(middle, lines, _TEXT, is_upright=True)
        return
    if shape.kind == "participant" or shape.words:
        yield Line(((box.x, box.y + _BAND), (box.x + box.width, box.y + _BAND)), width=1.0)
    yield from _inside(shape.words, Box(box.x, box.y, box.width, _BAND))


# what people and events are -------------------------------------------------------------------------------------------
def _shape(shape: Shape, dx: float, dy: float) -> Iterator[Stroke]:
    box = _moved(shape.box, dx, dy)
    kind = shape.kind
    if kind in _TASKS:
        yield Rectangle(box, 10.0, PAPER, INK, 3.5 if kind == "callActivity" else 1.5)
        yield from _signed(task_sign(kind), (box.x + 12, box.y + 12), 7.0)
        yield from _inside(shape.words, Box(box.x + 4, box.y + 4, box.width - 8, box.height - 8))
        yield from _repeats(shape, box)
        if kind == "callActivity":
            yield from _plus(box)
    elif kind.endswith("Event"):
        yield from _event(shape, box)
    elif kind.endswith("Gateway"):
        x, y = _centre(box)
        yield Line(((x, box.y), (box.x + box.width, y), (x, box.y + box.height), (box.x, y), (x, box.y)), fill=PAPER)
        yield from _signed(gateway_sign(kind), (x, y), min(box.width, box.height) * 0.22, 2.5)
    elif kind == "textAnnotation":
        yield Line(((box.x + 12, box.y), (box.x, box.y), (box.x, box.y + box.height), (box.x + 12, box.y + box.height)))
        lines = fitted(shape.words, box.width - 12, max(1, int(box.height / (_SMALL * _LINE))), _SMALL)
        if lines:
            yield Text((box.x + 6, box.y + _SMALL + 2), lines, _SMALL, "begin")
    else:
        yield from _data(shape, box)


def _event(shape: Shape, box: Box) -> Iterator[Stroke]:
    centre, radius = _centre(box), min(box.width, box.height) / 2
    dash = None if shape.is_interrupting else (4.0, 3.0)
    yield Circle(centre, radius, PAPER, INK, 3.5 if shape.kind == "endEvent" else 1.5, dash)
    if shape.kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent") and radius > _DOUBLE / 2:
        yield Circle(centre, radius - 3, "", INK, 1.2, dash)
    is_thrown = shape.kind in ("endEvent", "intermediateThrowEvent")
    if shape.event == "terminate":
        yield Circle(centre, radius * 0.6, INK, INK)
    else:
        yield from _signed(event_sign(shape.event), centre, radius * 0.5, fill=INK if is_thrown else "")


def _data(shape: Shape, box: Box) -> Iterator[Stroke]:
    """Data objects, stores, and whatever else a tool draws beside the steps."""
    corner = min(box.width, box.height) * 0.25
    right, bottom = box.x + box.width, box.y + box.height
    if shape.kind.startswith("data"):
        yield Line(
            (
                (box.x, box.y),
                (right - corner, box.y),
                (right, box.y + corner),
                (right, bottom),
                (box.x, bottom),
                (box.x, box.y),
            ),
            fill=PAPER,
            ink=QUIET,
        )
    else:
        yield Rectangle(box, 4.0, PAPER, QUIET, 1.2)
        yield from _inside(shape.words, box)


def _signed(
    sign: Iterable[tuple[str, tuple[Point, ...]]], centre: Point, size: float, width: float = 1.3, fill: str = ""
) -> Iterator[Stroke]:
    """A sign is drawn in a square from -1 to 1 around its centre."""
    for kind, points in sign:
        placed = tuple((centre[0] + x * size, centre[1] + y * size) for x, y in points)
        if kind == "circle":
            yield Circle(placed[0], size * points[1][0], fill, INK, width)
        elif kind == "area":
            yield Line(placed, fill or PAPER, INK, width)
        else:
            yield Line(placed, "", PAPER if fill else INK, width)


def _repeats(shape: Shape, box: Box) -> Iterator[Stroke]:
    yield from _signed(repeat_sign(shape.repeats), (box.x + box.width / 2, box.y + box.height - 9), 5.0)


def _plus(box: Box) -> Iterator[Stroke]:
    x, y = box.x + box.width / 2, box.y + box.height - 9
    yield Rectangle(Box(x - 6, y - 6, 12, 12), 0.0, PAPER, INK, 1.0)
    yield Line(((x - 4, y), (x + 4, y)), width=1.2)
    yield Line(((x, y - 4), (x, y + 4)), width=1.2)


# words ----------------------------------------------------------------------------------------------------------------
def _inside(words: str, box: Box) -> Iterator[Stroke]:
    """In the middle of a box, smaller where there are many."""
    for size in (_TEXT, 10.5, 9.0):
        most = max(1, int(box.height / (size * _LINE)))
        lines = lines_of(words, box.width, size)
        if len(lines) <= most:
            break
    lines = fitted(words, box.width, most, size)
    if not lines:
        return
    x, y = _centre(box)
    yield Text((x, y + size * 0.35 - (len(lines) - 1) * size * _LINE / 2), lines, size)


def _name_beside(shape: Shape, dx: float, dy: float) -> Iterator[Stroke]:
    """Events, gateways and data bear their names outside: where the tool placed them, else below."""
    if not shape.words or (not shape.kind.endswith(("Event", "Gateway")) and not shape.kind.startswith("data")):
        return
    label = shape.label or Box(shape.box.x + shape.box.width / 2 - 55, shape.box.y + shape.box.height + 3, 110, 28)
    yield from _label(shape.words, _moved(label, dx, dy))


def _label(words: str, box: Box) -> Iterator[Stroke]:
    longest = max((width_of(word, _SMALL) for word in words.split()), default=0.0)
    lines = fitted(words, max(box.width + 6, min(longest, _WIDEST_LABEL)), 4, _SMALL)
    if lines:
        yield Text((box.x + box.width / 2, box.y + _SMALL), lines, _SMALL)


# arrows ---------------------------------------------------------------------------------------------------------------
def _arrow(arrow: Arrow, dx: float, dy: float) -> Iterator[Stroke]:
    points = tuple((x + dx, y + dy) for x, y in arrow.points)
    if arrow.kind == "sequenceFlow":
        yield Line(points)
        yield from _head(points[-2], points[-1], INK)
        if arrow.is_default:
            yield from _default_mark(points[0], points[1])
    elif arrow.kind == "messageFlow":
        yield Line(points, dash=(6.0, 4.0))
        yield from _head(points[-2], points[-1], PAPER)
    else:
        yield Line(points, ink=QUIET, width=1.2, dash=(2.0, 3.0))
    if arrow.words:
        label = arrow.label or _beside_middle(arrow.points)
        yield from _label(arrow.words, _moved(label, dx, dy))


def _head(before: Point, end: Point, fill: str) -> Iterator[Stroke]:
    angle = math.atan2(end[1] - before[1], end[0] - before[0])
    sides = tuple((end[0] - 10 * math.cos(angle + turn), end[1] - 10 * math.sin(angle + turn)) for turn in (-0.4, 0.4))
    yield Line((end, *sides, end), fill=fill, width=1.0)


def _default_mark(start: Point, following: Point) -> Iterator[Stroke]:
    angle = math.atan2(following[1] - start[1], following[0] - start[0])
    x, y = start[0] + 10 * math.cos(angle), start[1] + 10 * math.sin(angle)
    slant = angle + math.pi / 3
    yield Line(
        (
            (x - 6 * math.cos(slant), y - 6 * math.sin(slant)),
            (x + 6 * math.cos(slant), y + 6 * math.sin(slant)),
        )
    )


def _beside_middle(points: tuple[Point, ...]) -> Box:
    """Above the middle of the arrow's first part."""
    (x, y), (to_x, to_y) = points[0], points[1]
    return Box((x + to_x) / 2 - 40, (y + to_y) / 2 - 18, 80, 14)
