"""The part of a text in which the sought words stand, and where in it they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.policy.search_keys import fold_character, fold_in_place

_BEFORE = 60  # characters that stand before the first found word
_MOST_MARKS = 200  # in one text; more are not looked at
_BETWEEN_DIGITS = r"[\s().\-–/+]*"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an excerpt. ``is_found``: it is one of the sought words."""

    text: str
    is_found: bool = False


def excerpt(text: str, terms: Sequence[str], most: int = 220) -> tuple[Piece, ...]:
    """Some ``most`` characters of ``text`` where most of the ``terms`` (see query_terms) stand, in one line.

    Without any of them, the beginning, in one piece.
    """
    line = " ".join(text.split())
    marks = _marks(line, terms)
    start = _best_start(line, marks, most)
    end = _end_of_word(line, start + most) if start + most < len(line) else len(line)
    pieces = [Piece("… ")] if start else []
    at = start
    for first, last in _joined((one.first, one.last) for one in marks if start <= one.first < end):
        if at < first:
            pieces.append(Piece(line[at:first]))
        pieces.append(Piece(line[first:last], is_found=True))
        at = last
    if at < end:
        pieces.append(Piece(line[at:end]))
    if max(at, end) < len(line):
        pieces.append(Piece(" …"))
    return tuple(pieces)


@dataclass(frozen=True, slots=True)
class _Mark:
    first: int
    last: int
    term: str


def _marks(line: str, terms: Sequence[str]) -> list[_Mark]:
    """Where the terms stand, in the order of the text."""
    folded, places = _folded(line)
    found = []
    for term in terms:
        sought = re.escape(term) if not term.isdigit() else _BETWEEN_DIGITS.join(term)
        for count, match in enumerate(re.finditer(sought, folded)):
            if count == _MOST_MARKS:
                break
            first, last = match.span()
            found.append(
                _Mark(first, last, term)
                if places is None
                else _Mark(places[first][0], max(end for _, end in places[first:last]), term)
            )
    return sorted(found, key=lambda one: (one.first, one.last))


def _folded(line: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The text as it is compared, and of which part of ``line`` each of its characters comes; None: of the same one."""
    folded = fold_in_place(line)
    if folded is not None:
        return folded, None
    told: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in _characters(line):
        one = fold_character(line[start:end])
        told.append(one)
        places += [(start, end)] * len(one)
    return "".join(told), places


def _characters(line: str) -> Iterator[tuple[int, int]]:
    """Each character with the marks that are combined with it."""
    start = 0
    for at in range(1, len(line) + 1):
        if at == len(line) or not unicodedata.combining(line[at]):
            yield start, at
            start = at


def _best_start(line: str, marks: Sequence[_Mark], most: int) -> int:
    """Before the first mark from which on the most different terms stand together."""
    best, most_terms = 0, 0
    for index, mark in enumerate(marks):
        together = {mark.term}
        for other in marks[index + 1 :]:
            if other.last > mark.first + most - _BEFORE:
                break
            together.add(other.term)
        if len(together) > most_terms:
            best, most_terms = mark.first, len(together)
    if best <= _BEFORE:
        return 0
    space = line.find(" ", best - _BEFORE, best)
    return space + 1 if space >= 0 else _between_characters(line, best - _BEFORE)


def _end_of_word(line: str, end: int) -> int:
    space = line.rfind(" ", max(0, end - _BEFORE), end)
    return space if space >= 0 else _between_characters(line, end)


def _between_characters(line: str, at: int) -> int:
    """``at``, or behind the marks there, which are combined with the character before."""
    while at < len(line) and unicodedata.combining(line[at]):
        at += 1
    return at


def _joined(ranges: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges that touch or overlap are one."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
