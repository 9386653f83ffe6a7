"""How names and numbers are made comparable, for the one search box and for names written in maps.

Text is folded the same way when it is stored and when it is asked for: NFKC, case folded, one apostrophe, single
spaces. A phone is stored beside its spelling as the digits of its international form, of which the usual national
spellings are parts: ``380671234567`` contains ``0671234567`` and ``80671234567``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from engine.policy.phone_numbers import normalise_phone

_APOSTROPHES = str.maketrans(dict.fromkeys("ʼ’‘`´′＇\u02b9", "'"))
_NUMBER_WITH_SEPARATORS = re.compile(r"(?:\+ ?)?\(?\d(?:[\d\s().\-–/]{0,28}\d)?")
_ONLY_NUMBER = re.compile(r"\+?[\d\s().\-–/]+")
_NOT_DIGIT = re.compile(r"\D")
_MOST_TERMS = 12
_SHORTEST_NUMBER = 5  # digits; shorter groups are found as they are typed
_PARTIAL_RUSSIAN_PHONE = 7  # digits from which a leading 8 is taken for the trunk prefix
_UKRAINE = "+38"  # what stands before the national form, trunk zero included


def fold(text: str) -> str:
    """The form in which two spellings of the same words are equal."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_APOSTROPHES).split())


def fold_in_place(text: str) -> str | None:
    """``text`` folded character by character, its spaces as they are; None where one would not stay one.

    Folding never takes a character away from what is normalised: where the length stays, so does each place.
    """
    if not unicodedata.is_normalized("NFKC", text):
        return None
    folded = text.casefold()
    if len(folded) != len(text) or not unicodedata.is_normalized("NFKC", folded):
        return None
    return folded.translate(_APOSTROPHES)


@lru_cache(maxsize=4096)
def fold_character(character: str) -> str:
    """One character, with what is combined with it, as ``fold`` folds it within a text."""
    return " " if character.isspace() else fold(character)


def search_text(*parts: str | None) -> str:
    """What is stored to find a record by any part of ``parts``; numbers also without separators, phones canonically."""
    keys: dict[str, None] = {}
    for part in parts:
        keys |= dict.fromkeys(_kept_keys_of(part or ""))
    return " ".join(keys)


def long_search_text(*parts: str) -> str:
    """The same of what somebody wrote, which does not come again."""
    keys: dict[str, None] = {}
    for part in parts:
        keys |= dict.fromkeys(_keys_of(part))
    return " ".join(keys)


@lru_cache(maxsize=4096)  # the names of a map's steps, and of a deal and its client, come again with each step
def _kept_keys_of(part: str) -> tuple[str, ...]:
    return _keys_of(part)


def _keys_of(part: str) -> tuple[str, ...]:
    folded = fold(part)
    if not folded:
        return ()
    keys = [folded]
    for number in _NUMBER_WITH_SEPARATORS.findall(folded):
        digits = _NOT_DIGIT.sub("", number)
        if len(digits) < _SHORTEST_NUMBER:
            continue
        if digits not in folded:
            keys.append(digits)
        phone = normalise_phone(number)
        if phone is not None:
            keys.append(phone.removeprefix("+"))
    return tuple(keys)


def query_terms(query: str) -> tuple[str, ...]:
    """The parts that a record's search text must contain, all of them; empty for an empty query."""
    folded = fold(query)
    digits = _NOT_DIGIT.sub("", folded)
    if len(digits) >= _SHORTEST_NUMBER and _ONLY_NUMBER.fullmatch(folded):
        return (_number_term(folded, digits),)
    return tuple(dict.fromkeys(folded.split()))[:_MOST_TERMS]


def _number_term(folded: str, digits: str) -> str:
    phone = normalise_phone(folded)
    if phone is not None:
        # The national form is contained in the international one, and in a tax number that looks like a phone.
        return phone.removeprefix(_UKRAINE).removeprefix("+")
    if len(digits) >= _PARTIAL_RUSSIAN_PHONE and digits[0] == "8" and digits[1] != "0":
        return digits[1:]
    return digits
