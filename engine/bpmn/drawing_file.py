"""The owner's file as a drawing tool in the browser can read it."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.element_ids import free_id
from engine.bpmn.safe_xml import XmlRefused, read_xml


def drawing_as_utf8(data: bytes) -> bytes:
    """``data`` itself where it is UTF-8, complete and clear; else the same document, read as safely as at its upload.

    A drawing tool leaves out what has the id of the file as a whole: then the file gets another one, and nothing names
    it. A drawing that cannot be read that way comes back as it is: the browser says that it cannot show it.
    """
    try:
        data.decode("utf-8-sig")
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    except (UnicodeDecodeError, etree.XMLSyntaxError, ValueError):
        return _mended(data)
    return data if _own_id(root) is None else _mended(data)


def _mended(data: bytes) -> bytes:
    try:
        root = read_xml(data).root
    except XmlRefused:
        return data
    shared = _own_id(root)
    if shared is not None:
        root.set("id", free_id(f"{shared}_file", {one.get("id", "") for one in root.iter("{*}*")})[0])
    return etree.tostring(root, encoding="utf-8")


def _own_id(root: etree._Element) -> str | None:
    """The id of the file as a whole, where an element in it has the same."""
    own = root.get("id")
    return own if own and any(one.get("id") == own for one in root.iterdescendants("{*}*")) else None
