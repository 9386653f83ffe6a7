"""The owner's file as a drawing tool in the browser can read it."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.safe_xml import XmlRefused, read_xml


def drawing_as_utf8(data: bytes) -> bytes:
    """``data`` itself where it is UTF-8 and complete; else the same document, read as safely as at its upload.

    A drawing that cannot be read that way comes back as it is: the browser says that it cannot show it.
    """
    try:
        data.decode("utf-8-sig")
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    except (UnicodeDecodeError, etree.XMLSyntaxError, ValueError):
        return _mended(data)
    return data


def _mended(data: bytes) -> bytes:
    try:
        return etree.tostring(read_xml(data).root, encoding="utf-8")
    except XmlRefused:
        return data
