"""Small questions to lxml elements, and the namespaces that the import layer knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lxml import etree

from engine.bpmn.reading.html_text import plain_text

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DRAWING = "http://www.omg.org/spec/BPMN/20100524/DI"
REGLAMENT = "https://reglament.app/schema/bpmn/1.0"  # a name, nothing is fetched from there
XML_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

_ANY = ("*",)
_VENDORS = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://operaton.org/schema/1.0/bpmn": "camunda",
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "spiffworkflow",
    "http://www.signavio.com": "signavio",
    "http://www.jboss.org/drools": "drools",
    "http://processmaker.com/BPMN/2.0/Schema.xsd": "processmaker",
    REGLAMENT: "reglament",
}


def local(element: etree._Element) -> str:
    """The name without its namespace; empty for a comment."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    tag = element.tag
    return tag[1:].split("}", 1)[0] if isinstance(tag, str) and tag.startswith("{") else ""


def vendor(uri: str) -> str:
    """The usual prefix of a vendor's namespace, or the namespace itself."""
    return _VENDORS.get(uri, uri)


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The BPMN children, of the given local names if there are any."""
    yield from element.iterchildren(*(f"{{{MODEL}}}{name}" for name in names or _ANY))


def child(element: etree._Element, name: str) -> etree._Element | None:
    return next(children(element, name), None)


def attribute(element: etree._Element, name: str) -> str:
    return (element.get(name) or "").strip()


def text_of(element: etree._Element | None) -> str:
    """The whole text below an element, trimmed."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def name_of(element: etree._Element) -> str:
    """The name in one line, without the markup that some tools keep in it."""
    return " ".join(plain_text(element.get("name") or "").split())


def is_true(text: str | None) -> bool:
    return (text or "").strip().lower() in ("true", "1")


def line_of(element: etree._Element) -> int | None:
    return cast("int | None", element.sourceline)


def short_reference(reference: str) -> str:
    """A QName without its prefix: tools write both forms."""
    return reference.rsplit(":", 1)[-1]


def extensions(element: etree._Element) -> Iterator[etree._Element]:
    """The children of extensionElements."""
    holder = child(element, "extensionElements")
    if holder is not None:
        yield from (extension for extension in holder if isinstance(extension.tag, str))
