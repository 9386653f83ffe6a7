"""Documents made from templates: DOCX, ODT or HTML with ``{{ expressions }}`` in their text.

A template is read at upload, where everything that is wrong with it is said, and again each time that it is filled in:
its places then have the same names. A value is text and nothing else: it becomes no markup and is not read as a
template again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lxml import etree

from engine.bpmn.document_packages import Package, read_package
from engine.bpmn.document_paragraphs import ParagraphsOf, text_document_paragraphs, word_paragraphs
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.safe_xml import XmlRefused, read_xml
from engine.bpmn.template_writing import as_text

MEDIA_TYPES: Mapping[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "html": "text/html",
}
_PARAMETER = "document#"
_MOST_PLACES = 300
_MAX_ELEMENTS = 100_000  # a contract of thirty pages, as word processors write it
_UNREADABLE = frozenset({"XML_NOT_WELLFORMED", "XML_ENCODING", "EMPTY_FILE", "NOT_BPMN_TEXT", "NOT_BPMN_PICTURE"})
_SHOWN = 80
_PLACE = re.compile(r"\{\{(.{0,2000}?)\}\}", re.DOTALL)
_WORD_PART = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9-]{1,40})", re.IGNORECASE)
_MARKUP = re.compile(r"(<!--.*?-->|<style\b.*?</style\s*>|<[^<>]*>)", re.DOTALL | re.IGNORECASE)
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})


class DocumentRefused(ValueError):
    """``code`` is that of the finding; ``params`` say what is wrong."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class DocumentTemplate(Protocol):
    """``expressions`` are the texts of its places by the name of their parameter."""

    @property
    def expressions(self) -> Mapping[str, str]: ...

    def filled(self, values: Mapping[str, Any]) -> bytes:
        """The document with the values of the parameters. To be asked once."""


def kind_of_document(name: str) -> str:
    """``docx``, ``odt`` or ``html`` by the end of the file's name, else empty."""
    ending = name.lower().rpartition(".")[2]
    return "html" if ending == "htm" else ending if ending in MEDIA_TYPES else ""


def read_document(name: str, content: bytes) -> DocumentTemplate:
    """Read a template whose file is called ``name``.

    Raises DocumentRefused with DOCUMENT_TEMPLATE_UNREADABLE, DOCUMENT_TEMPLATE_UNSAFE or DOCUMENT_PLACE.
    """
    match kind_of_document(name):
        case "docx":
            return _Office(_opened(content), _WORD_PART.fullmatch, word_paragraphs, "word/document.xml")
        case "odt":
            read_parts = re.compile(r"content\.xml|styles\.xml").fullmatch
            return _Office(_opened(content), read_parts, text_document_paragraphs, "content.xml")
        case "html":
            return _Html(content)
        case _:
            raise DocumentRefused("DOCUMENT_TEMPLATE_UNREADABLE")


def _opened(content: bytes) -> Package:
    try:
        package = read_package(content)
    except XmlRefused as refused:
        code = "UNREADABLE" if refused.code == "ZIP_DAMAGED" else "UNSAFE"
        raise DocumentRefused(f"DOCUMENT_TEMPLATE_{code}") from None
    if any(path.rpartition("/")[2].lower() == "vbaproject.bin" or "Basic/" in path for path in package.parts):
        raise DocumentRefused("DOCUMENT_TEMPLATE_UNSAFE")
    return package


class _Places:
    """The places of a template: one parameter for each different expression."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    @property
    def expressions(self) -> dict[str, str]:
        return {name: text for text, name in self._names.items()}

    def read(self, text: str, plain: Callable[[str], str] = str) -> None:
        """Learn the places of a piece of text; ``plain`` takes its markup from them.

        Raises DocumentRefused with DOCUMENT_PLACE.
        """
        for found in _PLACE.finditer(text):
            readable = _readable(plain(found.group(1)))
            self._names.setdefault(readable, f"{_PARAMETER}{len(self._names) + 1}")
        left = _PLACE.sub("", text)
        if "{{" in left or len(self._names) > _MOST_PLACES:
            raise DocumentRefused("DOCUMENT_PLACE", text=left[left.find("{{") :][:_SHOWN])

    def value(self, place: str, values: Mapping[str, Any]) -> str:
        """What stands for a place, its lines parted by line feeds."""
        written = as_text(values.get(self._names[_readable(place)]))
        return _NOT_IN_XML.sub("", written.replace("\r\n", "\n"))


def _readable(place: str) -> str:
    """The expression of a place; word processors turn quotation marks into typographic ones."""
    text = place.strip()
    for one in (text, text.translate(_STRAIGHT).strip()):
        try:
            compile_expression(one)
        except ExpressionRefused:
            continue
        return one
    raise DocumentRefused("DOCUMENT_PLACE", text=f"{{{{ {text} }}}}"[:_SHOWN])


class _Office:
    """A DOCX or an ODT: ``main`` is the part without which it is none."""

    def __init__(self, package: Package, is_read: Callable[[str], object], paragraphs: ParagraphsOf, main: str) -> None:
        if main not in package.parts:
            raise DocumentRefused("DOCUMENT_TEMPLATE_UNREADABLE")
        self._package, self._places = package, _Places()
        self._roots = {path: _tree(content) for path, content in package.parts.items() if is_read(path)}
        self._filled = {
            path: [one for one in paragraphs(root) if "{{" in one.text] for path, root in self._roots.items()
        }
        for in_part in self._filled.values():
            for paragraph in in_part:
                self._places.read(paragraph.text)

    @property
    def expressions(self) -> Mapping[str, str]:
        return self._places.expressions

    def filled(self, values: Mapping[str, Any]) -> bytes:
        changed = {}
        for path, in_part in self._filled.items():
            for paragraph in in_part:
                paragraph.replace(
                    [
                        (found.start(), found.end(), self._places.value(found.group(1), values))
                        for found in _PLACE.finditer(paragraph.text)
                    ]
                )
            if in_part:
                root = self._roots[path]
                changed[path] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        return self._package.written(changed)


def _tree(content: bytes) -> etree._Element:
    try:
        return read_xml(content, most_elements=_MAX_ELEMENTS).root
    except XmlRefused as refused:
        code = "UNREADABLE" if refused.code in _UNREADABLE else "UNSAFE"
        raise DocumentRefused(f"DOCUMENT_TEMPLATE_{code}") from None


class _Html:
    """A page. Places stand in its text alone: within tags and styles a value could become more than text."""

    def __init__(self, content: bytes) -> None:
        declared = _CHARSET.search(content[:4096])
        self._codec = "cp1251" if declared and declared.group(1).lower() in (b"windows-1251", b"cp1251") else "utf-8"
        try:
            text = content.decode(self._codec).removeprefix("\ufeff")
        except UnicodeDecodeError:
            raise DocumentRefused("DOCUMENT_TEMPLATE_UNREADABLE") from None
        if not text.strip() or "\x00" in text:
            raise DocumentRefused("DOCUMENT_TEMPLATE_UNREADABLE")
        if "<script" in text.lower():
            raise DocumentRefused("DOCUMENT_TEMPLATE_UNSAFE")
        self._pieces, self._places = _MARKUP.split(text), _Places()
        for number, piece in enumerate(self._pieces):
            if number % 2 == 0:
                self._places.read(piece, html.unescape)
            elif _PLACE.search(piece):
                raise DocumentRefused("DOCUMENT_PLACE", text=piece[:_SHOWN])

    @property
    def expressions(self) -> Mapping[str, str]:
        return self._places.expressions

    def filled(self, values: Mapping[str, Any]) -> bytes:
        def written(found: re.Match[str]) -> str:
            value = self._places.value(html.unescape(found.group(1)), values)
            return html.escape(value).replace("\n", "<br>")

        pieces = [piece if number % 2 else _PLACE.sub(written, piece) for number, piece in enumerate(self._pieces)]
        return "".join(pieces).encode(self._codec, "xmlcharrefreplace")
