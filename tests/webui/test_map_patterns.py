"""How the patterns that a new map begins with are drawn."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flask import Flask
from flask_babel import force_locale
from lxml import etree

from webui.map_patterns import drawn_pattern, patterns

_NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
}
_NARROWEST_LETTER = 6
"""In pixels, on average, as bpmn-js writes the words of an arrow: 11 pixels high."""

Box = tuple[float, float, float, float]


def _found(tree: etree._Element, path: str) -> list[etree._Element]:
    found = tree.xpath(path, namespaces=_NAMESPACES)
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, etree._Element)]


def _box(bounds: etree._Element) -> Box:
    x, y, width, height = (float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _lines(tree: etree._Element) -> list[Box]:
    found = []
    for edge in _found(tree, "//bpmndi:BPMNEdge"):
        points = [(float(point.get("x", "")), float(point.get("y", ""))) for point in _found(edge, "di:waypoint")]
        found += [(min(x, u), min(y, v), max(x, u), max(y, v)) for (x, y), (u, v) in pairwise(points)]
    return found


def _touch(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("pattern", [one.key for one in patterns()])
def test_the_words_of_an_arrow_stand_whole_and_beside_everything_drawn(
    speaking_app: Flask, pattern: str, language: str
) -> None:
    with speaking_app.test_request_context(), force_locale(language):
        tree = etree.fromstring(drawn_pattern(pattern, "map", "Map"))
    drawn = [_box(one) for one in _found(tree, "//bpmndi:BPMNShape/dc:Bounds")] + _lines(tree)
    for flow in _found(tree, "//bpmn:sequenceFlow[@name]"):
        place = f"//bpmndi:BPMNEdge[@bpmnElement='{flow.get('id')}']/bpmndi:BPMNLabel/dc:Bounds"
        (label,) = [_box(one) for one in _found(tree, place)]
        assert label[2] - label[0] >= _NARROWEST_LETTER * len(flow.get("name", ""))
        assert not [one for one in drawn if _touch(label, one)], flow.get("name")
