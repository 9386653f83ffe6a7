"""Property bags: name and value pairs that tools let people put on an element."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.map_model import Said
from engine.bpmn.map_properties import Property
from engine.bpmn.reading.elements import REGLAMENT, extensions, local, namespace, vendor
from engine.bpmn.reading.legible_text import legible
from engine.bpmn.reading.property_keys import property_named

NAME_ATTRIBUTES = ("name", "metaKey", "key", "id")
VALUE_ATTRIBUTES = ("value", "metaValue")
# Their pairs describe a form's field or a call, not the step.
OTHER_HOLDERS = frozenset(
    {
        "formData",
        "formField",
        "formProperty",
        "field",
        "connector",
        "ioMapping",
        "inputOutput",
        "taskHeaders",
        "message",
    }
)
DEEPEST = 4
_SIGNAVIO_OWN = "meta-"  # before the name of an attribute that the company has defined itself

Pair = tuple[Property, Said]


def own_properties(element: etree._Element) -> Iterator[Pair]:
    """What the owner said in the product's own namespace: attributes of the element, and its own extensions."""
    yield from _attributes(element)
    for extension in extensions(element):
        if namespace(extension) != REGLAMENT or local(extension) in OTHER_HOLDERS:
            continue
        yield from _plain_attributes(extension)
        yield from _pairs(extension, "reglament", 0)


def foreign_properties(element: etree._Element) -> Iterator[Pair]:
    """What stands in the bags of other tools."""
    for extension in extensions(element):
        uri = namespace(extension)
        if uri != REGLAMENT and local(extension) not in OTHER_HOLDERS:
            yield from _pairs(extension, f"{vendor(uri)}:properties", 0)


def _attributes(element: etree._Element) -> Iterator[Pair]:
    prefix = "{" + REGLAMENT + "}"
    for key, value in element.attrib.items():
        if str(key).startswith(prefix):
            found = property_named(str(key).removeprefix(prefix))
            if found is not None and str(value).strip():
                yield found, Said(legible(str(value)).strip(), "reglament")


def _plain_attributes(extension: etree._Element) -> Iterator[Pair]:
    if local(extension) == "property":
        return
    for key, value in extension.attrib.items():
        found = property_named(str(key))
        if found is not None and str(value).strip():
            yield found, Said(legible(str(value)).strip(), "reglament")


def _pairs(element: etree._Element, source: str, depth: int) -> Iterator[Pair]:
    name = next((element.get(key) for key in NAME_ATTRIBUTES if element.get(key)), None)
    value = next((element.get(key) for key in VALUE_ATTRIBUTES if element.get(key) is not None), None)
    if value is None and name:
        value = (element.text or "").strip() or None
    if name and value and value.strip():
        found = property_named(name.removeprefix(_SIGNAVIO_OWN))
        if found is not None:
            yield found, Said(legible(value).strip(), source)
    if depth < DEEPEST:
        for part in element:
            if isinstance(part.tag, str) and local(part) not in OTHER_HOLDERS:
                yield from _pairs(part, source, depth + 1)
