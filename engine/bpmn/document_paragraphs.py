"""Paragraphs of office documents as the text that people see, however many runs it is split over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from lxml import etree

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_WORD = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_OTHER_TEXT = frozenset({f"{_TEXT}p", f"{_TEXT}h", f"{_TEXT}note", f"{_OFFICE}annotation", f"{_DRAW}frame"})


class _Slot(Protocol):
    """A place of the tree that holds a piece of the text."""

    text: str

    def write(self, text: str) -> None:
        """Put ``text`` there; a line feed in it is a break of the line."""


class Paragraph:
    def __init__(self, slots: Sequence[_Slot]) -> None:
        self._slots = slots
        self.text = "".join(slot.text for slot in slots)

    def replace(self, pieces: Sequence[tuple[int, int, str]]) -> None:
        """Put texts in place of the pieces from a start to an end, in their order: in the look of where each starts."""
        texts = [slot.text for slot in self._slots]
        starts = [0, *accumulate(len(text) for text in texts)]
        for start, end, value in reversed(pieces):
            first = next(number for number in range(len(texts)) if starts[number + 1] > start)
            last = next(number for number in range(first, len(texts)) if starts[number + 1] >= end)
            behind = texts[last][end - starts[last] :]
            head = texts[first][: start - starts[first]] + value
            for number in range(first + 1, last + 1):
                texts[number] = behind if number == last else ""
            texts[first] = head + behind if first == last else head
        for slot, text in zip(self._slots, texts, strict=True):
            if text != slot.text:
                slot.write(text)


class ParagraphsOf(Protocol):
    """Gives the paragraphs of a part of a document."""

    def __call__(self, root: etree._Element) -> Iterator[Paragraph]: ...


class _WordText:
    """A ``w:t`` of a run; its line breaks are elements beside it."""

    def __init__(self, element: etree._Element, namespace: str) -> None:
        self._element, self._namespace = element, namespace
        self.text = _on_one_line(element.text)

    def write(self, text: str) -> None:
        first, *lines = text.split("\n")
        self._element.text = first
        self._element.set(_SPACE, "preserve")
        run = self._element.getparent()
        if run is None:
            return
        at = run.index(self._element)
        for line in lines:
            further = etree.Element(f"{self._namespace}t", {_SPACE: "preserve"})
            further.text = line
            run.insert(at + 1, etree.Element(f"{self._namespace}br"))
            run.insert(at + 2, further)
            at += 2


class _Piece:
    """The text at the beginning of an element, or behind it."""

    def __init__(self, element: etree._Element, *, behind: bool) -> None:
        self._element, self._behind = element, behind
        self.text = _on_one_line(element.tail if behind else element.text)

    def write(self, text: str) -> None:
        first, *lines = text.split("\n")
        parent = self._element.getparent() if self._behind else self._element
        if self._behind:
            self._element.tail = first
        else:
            self._element.text = first
        if parent is None:
            return
        at = parent.index(self._element) + 1 if self._behind else 0
        for number, line in enumerate(lines):
            line_break = etree.Element(f"{_TEXT}line-break")
            line_break.tail = line
            parent.insert(at + number, line_break)


def _on_one_line(text: str | None) -> str:
    """A break in the file is a space to people; those of the document are elements."""
    return (text or "").replace("\r", "").replace("\n", " ")


def word_paragraphs(root: etree._Element) -> Iterator[Paragraph]:
    """The paragraphs of a part of a DOCX; those in a text box are paragraphs of their own."""
    for namespace in (_WORD, _STRICT_WORD):
        of_paragraph: dict[etree._Element, list[_Slot]] = {}
        for element in root.iter(f"{namespace}t"):
            paragraph = next(element.iterancestors(f"{namespace}p"), None)
            if paragraph is not None:
                of_paragraph.setdefault(paragraph, []).append(_WordText(element, namespace))
        yield from (Paragraph(slots) for slots in of_paragraph.values())


def text_document_paragraphs(root: etree._Element) -> Iterator[Paragraph]:
    """The paragraphs and headings of a part of an ODT; those of notes and frames are paragraphs of their own."""
    for element in root.iter(f"{_TEXT}p", f"{_TEXT}h"):
        yield Paragraph(list(_pieces(element)))


def _pieces(element: etree._Element) -> Iterator[_Slot]:
    yield _Piece(element, behind=False)
    for child in element:
        if child.tag not in _OTHER_TEXT:
            yield from _pieces(child)
        yield _Piece(child, behind=True)
