"""The project's own documents, as the tests of the documentation read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def documents() -> list[Path]:
    """Every document that a reader may come to: the front pages, docs/ and the shipped maps' own."""
    fronts = (ROOT / name for name in ("README.md", "README.uk.md", "CHANGELOG.md"))
    return sorted([*fronts, *DOCS.rglob("*.md"), *(ROOT / "processes").glob("*/README.md")])


def prose(document: Path) -> str:
    """The text without its blocks of code."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def headings(document: Path) -> list[tuple[int, str]]:
    """Each heading's level and words."""
    return [(len(marks), words.strip()) for marks, words in _HEADING.findall(prose(document))]


def anchors(document: Path) -> set[str]:
    """The names under which a link may point at a heading, as the usual hosts of such documents make them."""
    return {_NOT_IN_ANCHORS.sub("", words.lower()).replace(" ", "-") for _, words in headings(document)}


def links(document: Path) -> list[str]:
    return _LINK.findall(prose(document))


def pictures(document: Path) -> list[tuple[str, str]]:
    """What each picture is said to show, and where it lies."""
    return _PICTURE.findall(prose(document))
