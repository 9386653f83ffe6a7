"""Replacements in a text, collected and then made at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


class Splices:
    """Replacements of spans of ``source``; insertions at one place keep their order.

    A replacement inside of a span that goes as a whole goes with it.
    """

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._splices: list[_Splice] = []

    def replace(self, start: int, end: int, text: str = "") -> None:
        """Put ``text`` where the bytes from ``start`` to ``end`` are."""
        self._splices.append(_Splice(start, end, text))

    def made(self, *, ascii_only: bool) -> bytes:
        """The text with all replacements; ``ascii_only`` writes new letters as character references."""
        parts, at = [], 0
        for splice in sorted(self._splices, key=lambda one: (one.start, one.end)):
            if splice.start < at:
                continue
            parts += [self.source[at : splice.start], _encoded(splice.text, ascii_only=ascii_only)]
            at = splice.end
        return b"".join((*parts, self.source[at:]))


def _encoded(text: str, *, ascii_only: bool) -> bytes:
    return text.encode("ascii", "xmlcharrefreplace") if ascii_only else text.encode()
