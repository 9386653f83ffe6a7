"""The small signs in events, gateways and steps, drawn in a square from -1 to 1.

A part of a sign is a "line" through its points, an "area" inside them, or a "circle": its centre, and a point whose
first number is its radius.
"""

from __future__ import annotations

import math

from engine.bpmn.reading.drawing import Point

Sign = tuple[tuple[str, tuple[Point, ...]], ...]

_ENVELOPE: Sign = (
    ("area", ((-1, -0.7), (1, -0.7), (1, 0.7), (-1, 0.7), (-1, -0.7))),
    ("line", ((-1, -0.7), (0, 0.1), (1, -0.7))),
)
_PLUS: Sign = (("line", ((-1, 0), (1, 0))), ("line", ((0, -1), (0, 1))))
_CROSS: Sign = (("line", ((-0.8, -0.8), (0.8, 0.8))), ("line", ((-0.8, 0.8), (0.8, -0.8))))
_PENTAGON: Sign = (
    (
        "area",
        tuple((math.sin(2 * math.pi * turn / 5) * 0.9, -math.cos(2 * math.pi * turn / 5) * 0.9) for turn in range(6)),
    ),
)
_PERSON: Sign = (
    ("circle", ((0, -0.45), (0.42, 0))),
    ("line", ((-0.85, 0.9), (-0.7, 0.35), (-0.3, 0.1), (0.3, 0.1), (0.7, 0.35), (0.85, 0.9), (-0.85, 0.9))),
)
_SHEET: Sign = (
    ("area", ((-0.8, -1), (0.8, -1), (0.8, 1), (-0.8, 1), (-0.8, -1))),
    ("line", ((-0.5, -0.4), (0.5, -0.4))),
    ("line", ((-0.5, 0.2), (0.5, 0.2))),
)

_EVENTS: dict[str, Sign] = {
    "timer": (("circle", ((0, 0), (1, 0))), ("line", ((0, -0.7), (0, 0), (0.5, 0.2)))),
    "message": _ENVELOPE,
    "signal": (("area", ((0, -0.95), (0.95, 0.75), (-0.95, 0.75), (0, -0.95))),),
    "error": (
        ("area", ((-0.9, 0.9), (-0.35, -0.6), (0.25, 0.2), (0.9, -0.9), (0.35, 0.6), (-0.25, -0.15), (-0.9, 0.9))),
    ),
    "escalation": (("area", ((0, -0.95), (0.75, 0.9), (0, 0.25), (-0.75, 0.9), (0, -0.95))),),
    "conditional": _SHEET,
    "compensate": (
        ("area", ((-0.95, 0), (0, -0.7), (0, 0.7), (-0.95, 0))),
        ("area", ((0, 0), (0.95, -0.7), (0.95, 0.7), (0, 0))),
    ),
    "cancel": _CROSS,
    "link": (
        (
            "area",
            (
                (-0.95, -0.35),
                (0.2, -0.35),
                (0.2, -0.8),
                (0.95, 0),
                (0.2, 0.8),
                (0.2, 0.35),
                (-0.95, 0.35),
                (-0.95, -0.35),
            ),
        ),
    ),
    "multiple": _PENTAGON,
}
_GATEWAYS: dict[str, Sign] = {
    "exclusiveGateway": _CROSS,
    "parallelGateway": _PLUS,
    "inclusiveGateway": (("circle", ((0, 0), (1, 0))),),
    "eventBasedGateway": (("circle", ((0, 0), (1.25, 0))), *_PENTAGON),
    "complexGateway": (*_PLUS, *_CROSS),
}
_TASKS: dict[str, Sign] = {
    "userTask": _PERSON,
    "sendTask": _ENVELOPE,
    "receiveTask": _ENVELOPE,
    "scriptTask": _SHEET,
    "businessRuleTask": _SHEET,
    "serviceTask": (("circle", ((0, 0), (0.9, 0))), ("circle", ((0, 0), (0.35, 0)))),
}
_REPEATS: dict[str, Sign] = {
    "multiple": tuple(("line", ((x, -1.0), (x, 1.0))) for x in (-0.7, 0.0, 0.7)),
    "sequence": tuple(("line", ((-1.0, y), (1.0, y))) for y in (-0.7, 0.0, 0.7)),
    "loop": (
        (
            "line",
            tuple((math.cos(turn * math.pi / 6) * 0.9, math.sin(turn * math.pi / 6) * 0.9) for turn in range(3, 13)),
        ),
        ("line", ((-0.5, 1.0), (0, 0.9), (-0.2, 0.4))),
    ),
}


def event_sign(event: str) -> Sign:
    return _EVENTS.get(event, ())


def gateway_sign(kind: str) -> Sign:
    return _GATEWAYS.get(kind, ())


def task_sign(kind: str) -> Sign:
    return _TASKS.get(kind, ())


def repeat_sign(repeats: str) -> Sign:
    return _REPEATS.get(repeats, ())
