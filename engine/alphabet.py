"""The order of names in Ukrainian: one key for the database's lists and for those that are sorted here.

The order is CLDR's for Ukrainian: signs, digits, Cyrillic (г before ґ, е before є, и і ї й), then Latin. Case, accents,
apostrophes and quotation marks do not count, so that «Альфа» stands where Альфа does. Keys are compared by code point,
which SQLite does by itself and PostgreSQL under the collation "C": both databases give the same order.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LONGEST_KEY = 300

_CYRILLIC = "абвгґдеёєжзиіїйклмнопрстуфхцчшщъыьэюя"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_FIRST_LETTER = 0x41  # above all digits; the signs among these code points are put below the digits
_IGNORED = frozenset("'’‘ʼʹ`´′＇\"«»“”„‟‹›")
_OTHER_SIGN = "!"
_LETTERS = {letter: chr(_FIRST_LETTER + place) for place, letter in enumerate(_CYRILLIC + _LATIN)}


@lru_cache(maxsize=4096)
def sort_key(text: str) -> str:
    """What a name is sorted by, at most LONGEST_KEY characters. Two names may share a key: sort by it and by an id."""
    composed = unicodedata.normalize("NFC", text.casefold())
    key = "".join(_place(one) for letter in composed for one in _parts(letter))
    return " ".join(key.split())[:LONGEST_KEY]


def _parts(letter: str) -> str:
    """A letter of the alphabet is itself (й is no и); of others the accents are taken off."""
    return letter if letter in _LETTERS else unicodedata.normalize("NFKD", letter).casefold()


def _place(letter: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    if letter in _IGNORED or unicodedata.combining(letter):
        return ""
    if letter.isspace():
        return " "
    if letter.isdigit() and letter.isascii():
        return letter
    # Letters of other scripts come after Latin, in the order of Unicode.
    return letter if letter.isalpha() else _OTHER_SIGN
