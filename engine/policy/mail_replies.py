"""What a person wrote in answer to a letter: their own words without what they quote, and the decision in them.

Words are read generously, because nothing is ever decided by them: they only fill in what the person then confirms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from engine.bpmn.compiled import Outcome, OutcomeKind

LONGEST_TEXT = 20_000
LONGEST_PAGE = 10 * LONGEST_TEXT
"""In characters; the rest of a page is not read."""
LONGEST_COMMENT = 2_000
_DEEPEST = 200

_WORDS = {
    OutcomeKind.APPROVED: (
        "погоджую",
        "погоджено",
        "погодити",
        "погоджуюсь",
        "погоджуюся",
        "схвалюю",
        "так",
        "ок",
        "approve",
        "approved",
        "i approve",
        "agree",
        "agreed",
        "i agree",
        "yes",
        "ok",
    ),
    OutcomeKind.RETURNED: (
        "повернути на доопрацювання",
        "повертаю на доопрацювання",
        "на доопрацювання",
        "повернути",
        "повертаю",
        "повернуто",
        "return for rework",
        "return",
        "returned",
        "i return",
        "rework",
    ),
    OutcomeKind.REJECTED: (
        "відхилити",
        "відхиляю",
        "відхилено",
        "відмовити",
        "відмовляю",
        "reject",
        "rejected",
        "i reject",
        "decline",
        "declined",
    ),
}
_BY_WORD = sorted(((word, kind) for kind, words in _WORDS.items() for word in words), key=lambda one: -len(one[0]))
_QUOTE = re.compile(
    r"^(?:>"  # RFC 3676, and every program since
    r"|-{2,}\s*(?:original message|початкове повідомлення|пересланий лист|forwarded message)"
    r"|_{8,}\s*$"
    r"|(?:from|від|від кого|відправник|de|от):\s+\S.*@"
    r"|(?:on|в|у|пн|вт|ср|чт|пт|сб|нд|mon|tue|wed|thu|fri|sat|sun)\b.{4,200}(?:wrote|пише|писав|писала|написав|написала)\S*:\s*$"
    r"|.{0,200}(?:wrote|пише|писав|писала|написав|написала|пише\(ла\)):\s*$)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(?:--\s*$|—\s*$|(?:sent from|get outlook|надіслано з|відправлено з|завантажте outlook)\b"
    r"|(?:з повагою|best regards|kind regards|regards|sincerely)\b[\s,.!]*$)",
    re.IGNORECASE,
)
_TAG = re.compile(r"(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table"})
_UNREAD = frozenset({"script", "style", "head", "title"})
_QUOTED = "blockquote"
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr"})
_QUOTING = (
    "gmail_quote",
    "gmail_attr",
    "moz-cite",
    "divrplyfwdmsg",
    "yahoo_quoted",
    "protonmail_quote",
    "appendonsend",
)


@dataclass(frozen=True, slots=True)
class ReadDecision:
    """``outcome`` is the id of the button meant; ``comment`` what else the person wrote."""

    outcome: str
    comment: str


def read_decision(text: str, outcomes: Sequence[Outcome]) -> ReadDecision | None:
    """The decision that the first line of somebody's own words names, or None: then a person has to look."""
    own = own_words(text)
    first, _, rest = own.partition("\n")
    line = _plain(first)
    for word, outcome in _choices(outcomes):
        if line == word or (line.startswith(word) and not line[len(word)].isalnum() and line[len(word)] not in "'’-"):
            said = first[len(word) :].lstrip(" \t:;,.!–—-").strip()  # dashes that people type
            return ReadDecision(outcome, "\n".join(part for part in (said, rest.strip()) if part)[:LONGEST_COMMENT])
    return None


def own_words(text: str) -> str:
    """What stands above whatever is quoted, without a signature."""
    own: list[str] = []
    for line in text[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        bare = line.strip()[:400]
        if _QUOTE.match(bare) or _SIGNATURE.match(bare):
            break
        own.append(line.rstrip())
    return "\n".join(own).strip()


def split_quoted(text: str) -> tuple[str, str]:
    """A letter's own words, with its signature, and what it quotes below them.

    Where words stand among what is quoted, all of it is its own: nothing that somebody wrote is folded away.
    """
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    first = next((at for at, line in enumerate(lines) if _QUOTE.match(line.strip()[:400])), len(lines))
    own, quoted = "\n".join(lines[:first]).strip(), "\n".join(lines[first:]).strip()
    marked = [at for at, line in enumerate(lines) if line.lstrip().startswith(">")]
    if marked and any(line.strip() for line in lines[marked[0] :] if not line.lstrip().startswith(">")):
        return text.strip(), ""
    return (own, quoted) if own else (quoted, "")


def text_of_html(html: str) -> str:
    """The words of a page as lines, without what it quotes."""
    return texts_of_html(html)[0]


def texts_of_html(html: str) -> tuple[str, str]:
    """The words of a page as lines, and those that it quotes. It is read once from its beginning to its end."""
    reader = _HtmlReader()
    page = html[:LONGEST_PAGE]
    at = 0
    while at < len(page):
        opens = page.find("<", at)
        reader.read(page[at : opens if opens >= 0 else len(page)])
        if opens < 0:
            break
        closing = "-->" if page.startswith("<!--", opens) else ">"
        closes = page.find(closing, opens)
        if closes < 0:  # a tag that never ends hides the rest, as it does in a browser
            break
        reader.meet(page[opens + 1 : closes])
        at = closes + len(closing)
    return _lines_of(reader.words), _lines_of(reader.quoted)


def _lines_of(words: Sequence[str]) -> str:
    lines = (" ".join(line.split()) for line in unescape("".join(words)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _choices(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Words and the outcomes that they mean: the map's own labels before the usual words, long ones first."""
    labels = sorted(((_plain(one.label), one.id) for one in outcomes if one.label), key=lambda one: -len(one[0]))
    by_kind = {one.kind: one.id for one in reversed(outcomes)}
    return labels + [(word, by_kind[kind]) for word, kind in _BY_WORD if kind in by_kind]


def _plain(line: str) -> str:
    return unicodedata.normalize("NFC", line).casefold()


class _HtmlReader:
    """Gathers text, what stands inside a quotation by itself. What nests too deeply counts as what it stands in."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.quoted: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def read(self, text: str) -> None:
        if any(name in _UNREAD for name, _ in self._open):
            return
        (self.quoted if any(quotes for _, quotes in self._open) else self.words).append(text.replace("\n", " "))

    def meet(self, tag: str) -> None:
        """``tag`` is what stands between the angle brackets."""
        found = _TAG.match(tag)
        if found is None:
            return
        name = found[2].casefold()
        if name in _BREAKS:
            self.words.append("\n")
            self.quoted.append("\n")
        if found[1]:
            self._close(name)
        elif name not in _VOID and not tag.endswith("/") and len(self._open) < _DEEPEST:
            rest = tag[found.end() :][:1000].casefold()
            self._open.append((name, name == _QUOTED or any(mark in rest for mark in _QUOTING)))

    def _close(self, name: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == name:
                del self._open[index:]
                return
