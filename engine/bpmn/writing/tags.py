"""The elements of an XML text with the places where they stand in it, so that single ones can be rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from engine.bpmn.safe_xml import namespace_of_prefix

_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_START_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
_NOT_NEWLINE = re.compile(rb"[^\n]")
_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"

Span = tuple[int, int]


@dataclass(slots=True, eq=False)
class Tag:
    """An element by the byte offsets of its start tag, its content and its end.

    ``prefixes`` are the namespaces declared where it stands; ``line`` is the line on which its start tag ends, from 1,
    which is the line that the reading of a map gives an element.
    """

    name: str  # with its prefix
    attributes: Mapping[str, str]
    prefixes: Mapping[str, str]
    parent: Tag | None
    start: int
    inside: int  # just behind the start tag
    line: int
    content_end: int = 0
    end: int = 0
    self_closing: bool = False
    children: list[Tag] = field(default_factory=list)

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        return self.name.rpartition(":")[0]

    @property
    def namespace(self) -> str:
        return self.resolve(self.prefix) if self.prefix else self.prefixes.get("", "")

    def resolve(self, prefix: str) -> str:
        return self.prefixes.get(prefix) or namespace_of_prefix(prefix)

    def attributes_of(self, namespace: str) -> Iterator[tuple[str, str]]:
        """The attributes that carry a prefix of ``namespace``: local name, and name as written."""
        for name in self.attributes:
            prefix, colon, local = name.partition(":")
            if colon and prefix != "xmlns" and self.resolve(prefix) == namespace:
                yield local, name


def read_tags(source: bytes) -> list[Tag]:
    """All elements of a harmless UTF-8 text in document order."""
    reader = _Reader(source)
    parser = reader.parser
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.finish
    # What is declared there is the encoding of the file, which this text no longer has.
    blank = _DECLARATION.sub(lambda found: _NOT_NEWLINE.sub(b" ", found.group()), source, count=1)
    parser.Parse(blank, True)  # noqa: FBT003  # expat takes no keywords
    return reader.tags


def attribute_spans(source: bytes, tag: Tag) -> dict[str, tuple[Span, Span]]:
    """Per attribute as written: where it stands with the space before it, and where its value with the quotes."""
    return {
        found.group(1).decode(): (found.span(), found.span(2))
        for found in _ATTRIBUTE.finditer(source, tag.start, tag.inside)
    }


def space_before(source: bytes, tag: Tag) -> bytes:
    """The line break and the indentation in front of an element; empty where other text stands before it."""
    begin = tag.start
    while begin and source[begin - 1 : begin].isspace():
        begin -= 1
    space = source[begin : tag.start]
    return space if b"\n" in space else b""


class _Reader:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.tags: list[Tag] = []
        self.open: list[Tag] = []
        self.parser = expat.ParserCreate("utf-8")
        self.lines_at, self.lines = 0, 1

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        parent = self.open[-1] if self.open else None
        prefixes = parent.prefixes if parent else {"xml": _XML_NAMESPACE}
        declared = {
            key.partition(":")[2]: value for key, value in attributes.items() if key.partition(":")[0] == "xmlns"
        }
        start = self.parser.CurrentByteIndex
        found = _START_TAG.match(self.source, start)
        inside = found.end() if found else self.source.index(b">", start) + 1
        self.lines += self.source.count(b"\n", self.lines_at, inside)
        self.lines_at = inside
        tag = Tag(
            name=name,
            attributes=attributes,
            prefixes={**prefixes, **declared} if declared else prefixes,
            parent=parent,
            start=start,
            inside=inside,
            line=self.lines,
            self_closing=self.source[inside - 2 : inside] == b"/>",
        )
        if parent:
            parent.children.append(tag)
        self.tags.append(tag)
        self.open.append(tag)

    def finish(self, _name: str) -> None:
        tag = self.open.pop()
        if tag.self_closing:
            tag.content_end = tag.end = tag.inside
        else:
            tag.content_end = self.parser.CurrentByteIndex
            tag.end = self.source.index(b">", tag.content_end) + 1
