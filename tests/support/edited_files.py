"""What is compared of a map's file before and after its owner edited it."""

from __future__ import annotations

import re
from collections.abc import Container
from xml.etree import ElementTree as ET

from engine.bpmn.reading.elements import REGLAMENT
from engine.bpmn.safe_xml import read_text

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
_EMPTY = re.compile(r"\s*<(?:\w+:)?extensionElements></(?:\w+:)?extensionElements>")


def text_of(content: bytes) -> str:
    text = read_text(content).text.removeprefix("\ufeff").lstrip()
    return text.partition("?>")[2].strip() if text.startswith("<?xml") else text


def canonical(content: bytes) -> str:
    """An empty block of extensions says nothing: it may go with what was in it."""
    return _EMPTY.sub("", ET.canonicalize(text_of(content), with_comments=True))


def without_extensions(content: bytes, steps: Container[str]) -> str:
    """The canonical form without the two blocks that are edited, and without the space between elements."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314  # read safely before
    root = ET.fromstring(text_of(content), parser)  # noqa: S314  # as before
    for element in root.iter():
        if element.get("id") in steps:
            for holder in element.findall("{*}extensionElements"):
                for bag in (*holder.findall(f"{{{REGLAMENT}}}properties"), *holder.findall(f"{{{CAMUNDA}}}properties")):
                    holder.remove(bag)
                if not len(holder):
                    element.remove(holder)
    return ET.canonicalize(ET.tostring(root, encoding="unicode"), with_comments=True, strip_text=True)
