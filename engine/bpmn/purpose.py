"""What the owner says about a map as a whole: the documentation of its process."""

from __future__ import annotations

from engine.bpmn.reading.elements import attribute, child, local, text_of
from engine.bpmn.safe_xml import XmlRefused, read_xml


def purpose_of(data: bytes, key: str) -> str:
    """The documentation of the process that ``key`` names; empty where there is none."""
    try:
        root = read_xml(data).root
    except XmlRefused:
        return ""
    for element in root.iter():
        if local(element) == "process" and attribute(element, "id") == key:
            return text_of(child(element, "documentation"))
    return ""
