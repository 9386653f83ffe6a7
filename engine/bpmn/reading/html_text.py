"""What people wrote in a tool that keeps descriptions as HTML: the words and the lines, without the markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from engine.bpmn.reading.legible_text import legible

_MARKUP = re.compile(
    r"</?(?:p|br|div|span|b|i|u|em|strong|ul|ol|li|h[1-6]|html|body|head|font|a|table|tr|td|style)\b[^<>]{0,2000}/?>",
    re.IGNORECASE,
)
_LONGEST_PARSED = 4_000  # letters: the parser of the library takes far longer than twice for twice as many open tags
_NEW_LINE = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"})
_NOT_SHOWN = frozenset({"style", "script", "head", "title"})


def plain_text(text: str) -> str:
    """What a reader of ``text`` sees: ``text`` itself, or what it shows if it is HTML."""
    text = legible(text)
    if not _MARKUP.search(text):
        return text
    if len(text) > _LONGEST_PARSED:
        return "\n".join(line for part in _MARKUP.sub("\n", text).splitlines() if (line := " ".join(part.split())))
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).splitlines())
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # of the base
        if tag in _NOT_SHOWN:
            self._hidden += 1
        if tag in _NEW_LINE:
            self.words.append("\n")
        if tag == "li":
            self.words.append("• ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _NOT_SHOWN and self._hidden:
            self._hidden -= 1
        if tag in _NEW_LINE:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(re.sub(r"\s+", " ", data))
