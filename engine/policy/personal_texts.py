"""Texts of history entries that may be about a person: hashed as salted commitments, so that they can be erased.

In what an entry's hash covers, each such text is replaced by the SHA-256 of a salt of its own and the text. Who has
text and salt can prove the text; without the salt nobody can find it by guessing. Erasing a text with its salt leaves
the commitment, and with it the entry's hash, the chain, every signature and every sheet that was handed out.

Which texts these are is part of the hash, and is written down with each entry: ``VERSION``. What an earlier version
covers never changes; another choice is another version. Entries from before have none: their texts are hashed as such.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_sha256 = hashlib.sha256

ERASED = "[стерто · erased]"
"""What stands where a text was. Everybody may read it anywhere, so it is in both languages."""

VERSION = "1"

_SALT_BYTES, _SEED_BYTES = 16, 16
_AT_ONCE = 32 * _SALT_BYTES
_ERASED_MARK = "="
_ITEM = re.compile(rf"[0-9a-f]{{{2 * _SALT_BYTES}}}|{_ERASED_MARK}[0-9a-f]{{64}}")
_FRESH = re.compile(rf"{VERSION}[0-9a-f]{{{2 * _SEED_BYTES}}}")
_SHORT = 4
"""Figures up to this length are not salted: discounts, quantities, days. Empty texts are not, either."""

_NAMES = frozenset(
    {
        "answer",
        "changes",
        "client",
        "comment",
        "content",
        "content_hash",  # of a content that can be guessed it would give the texts away
        "error",
        "inputs",
        "needed",
        "outputs",
        "params",
        "question",
        "reason",
        "signer",
        "text",
        "title",
        "values",
    }
)
_OF_LETTERS = _NAMES | {"files", "sender", "subject", "to"}
_OF_KIND: Mapping[str, frozenset[str]] = {
    "client_added": _NAMES | {"name"},
    "client_letter_held_back": _OF_LETTERS,
    "client_letter_received": _OF_LETTERS,
    "client_letter_returned": _OF_LETTERS,
    "client_letter_sent": _OF_LETTERS,
    "client_letter_sent_again": _OF_LETTERS,
    "client_letter_written": _OF_LETTERS,
    "commented": _NAMES | {"files"},
    "contact_added": _NAMES | {"name"},
    "contact_changed": _NAMES | {"name"},
    "file_added": _NAMES | {"name"},
    "file_hidden": _NAMES | {"name"},
    "file_shown": _NAMES | {"name"},
    "signature_attached": _NAMES | {"name"},
}
_OPEN = frozenset({"amount", "currency", "close_date", "sha256"})
"""Names whose texts stay as they are, wherever they stand: never a person's, and of use to who checks an old sheet."""


def sealed(kind: str, data: Mapping[str, Any]) -> tuple[Mapping[str, Any], int, str]:
    """What is hashed in place of an event's data, how many texts are salted in it, and the salt to store beside it.

    The salt is empty where nothing is salted.
    """
    names = _OF_KIND.get(kind, _NAMES)
    if names.isdisjoint(data):
        return data, 0, ""
    seed = os.urandom(_SEED_BYTES)
    commitments = _Commitments(seed)
    hashed = dict(data)
    for name in sorted(names.intersection(data)):
        hashed[name] = commitments.instead_of(data[name])
    return (hashed, commitments.count, VERSION + seed.hex()) if commitments.count else (data, 0, "")


def resealed(kind: str, data: Mapping[str, Any], salt: str) -> tuple[Mapping[str, Any], int]:
    """As ``sealed``, with a stored salt that ``is_fresh``. Raises ValueError where ``data`` holds no text to salt."""
    names = _OF_KIND.get(kind, _NAMES)
    commitments = _Commitments(bytes.fromhex(salt[len(VERSION) :]))
    hashed = {name: commitments.instead_of(data[name]) if name in names else data[name] for name in sorted(data)}
    if not commitments.count:
        raise ValueError(salt)
    return hashed, commitments.count


def is_fresh(salt: str) -> bool:
    """Whether a stored salt is as ``sealed`` gave it: nothing of its entry was erased."""
    return _FRESH.fullmatch(salt) is not None


def salts_of(kind: str, data: Mapping[str, Any], salt: str) -> dict[str, str]:
    """By the place of each salted text (JSON Pointer, RFC 6901): its salt in hex, or ``=`` and the commitment of an
    erased one. ``salt`` is what was stored.
    """
    if not salt:
        return {}
    places = list(_places(kind, data))
    if is_fresh(salt):
        salts = _salts(bytes.fromhex(salt[len(VERSION) :]))
        items = [next(salts).hex() for _ in places]
    else:
        items = salt.split(" ")[1:]
    return dict(zip(places, items, strict=False)) or {"": ""}  # an altered entry: no hash fits these


def erased(kind: str, data: Mapping[str, Any], salt: str, places: Collection[str]) -> tuple[dict[str, Any], str]:
    """The data and the stored salt without the texts at ``places``."""
    items = salts_of(kind, data, salt)
    for place in places:
        if not items[place].startswith(_ERASED_MARK):
            items[place] = _ERASED_MARK + commitment(items[place], text_at(data, place))
    return with_texts(data, dict.fromkeys(places, ERASED)), " ".join((salt[: len(VERSION)], *items.values()))


def committed(data: Mapping[str, Any], salts: Mapping[str, str]) -> dict[str, Any]:
    """What is hashed in place of ``data``. Raises ValueError where ``salts`` are not those of ``data``."""
    return with_texts(data, {place: _commitment_at(data, place, item) for place, item in salts.items()})


def erased_commitments(salts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(item[len(_ERASED_MARK) :] for item in salts.values() if item.startswith(_ERASED_MARK))


def erased_places(salts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(place for place, item in salts.items() if item.startswith(_ERASED_MARK))


def commitment(salt: str, text: str) -> str:
    """``salt`` is in hex."""
    return _sha256(bytes.fromhex(salt) + text.encode("utf-8", "surrogatepass")).hexdigest()


def text_at(data: Any, place: str) -> str:
    """The text at a JSON Pointer. Raises ValueError where there is none."""
    value = data
    for key in _keys(place):
        try:
            value = value[_index(key)] if isinstance(value, list | tuple) else value[key]
        except (KeyError, IndexError, TypeError) as failure:
            raise ValueError(place) from failure
    if not isinstance(value, str):
        raise ValueError(place)  # noqa: TRY004  # a file may hold anything there
    return value


def with_texts(data: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """A copy of ``data`` with other texts at the places that ``texts`` names; each of them holds one already."""
    made = _copied(data)
    for place, text in texts.items():
        *way, last = _keys(place)
        holder = made
        for key in way:
            holder = holder[_index(key)] if isinstance(holder, list) else holder[key]
        holder[_index(last) if isinstance(holder, list) else last] = text
    return dict(made)


def _commitment_at(data: Mapping[str, Any], place: str, item: str) -> str:
    if not _ITEM.fullmatch(item):
        raise ValueError(place)
    text = text_at(data, place)
    if not item.startswith(_ERASED_MARK):
        return commitment(item, text)
    if text != ERASED:
        raise ValueError(place)
    return item[len(_ERASED_MARK) :]


class _Commitments:
    """Puts commitments in place of texts, one salt after the other, in the order of sorted names.

    A completed step waits for this: ``type`` instead of ``isinstance``, and nothing done twice.
    """

    __slots__ = ("_salts", "count")

    def __init__(self, seed: bytes) -> None:
        self._salts, self.count = _salts(seed), 0

    def instead_of(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._of(value) if value and (len(value) > _SHORT or not value.isdigit()) else value
        if kind is dict:
            instead_of = self.instead_of
            return {key: value[key] if key in _OPEN else instead_of(value[key]) for key in sorted(value)}
        return [self.instead_of(one) for one in value] if kind is list else value

    def _of(self, text: str) -> str:
        self.count += 1
        return _sha256(next(self._salts) + text.encode("utf-8", "surrogatepass")).hexdigest()


def _places(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Where the salted texts are, in the order of ``sealed``."""
    names = _OF_KIND.get(kind, _NAMES)
    for name in sorted(data):
        if name in names:
            yield from _places_in(data[name], f"/{_escaped(name)}")


def _places_in(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str):
        if value and (len(value) > _SHORT or not value.isdigit()):
            yield place
    elif isinstance(value, Mapping):
        for key in sorted(value):
            if key not in _OPEN:
                yield from _places_in(value[key], f"{place}/{_escaped(key)}")
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value):
            yield from _places_in(one, f"{place}/{at}")


def _salts(seed: bytes) -> Iterator[bytes]:
    """As many salts as are asked for: whoever has one of them cannot tell the others, or the seed."""
    made, given, size = hashlib.shake_128(seed), 0, _AT_ONCE
    while True:
        stream = made.digest(size)
        for at in range(given, size, _SALT_BYTES):
            yield stream[at : at + _SALT_BYTES]
        given, size = size, size * 4


def _keys(place: str) -> list[str]:
    """Raises ValueError."""
    first, *keys = place.split("/")
    if first or not keys:
        raise ValueError(place)
    read = [key.replace("~1", "/").replace("~0", "~") for key in keys]
    if [_escaped(key) for key in read] != keys:
        raise ValueError(place)
    return read


def _index(key: str) -> int:
    """Raises ValueError, also for another spelling of a number."""
    if str(int(key)) != key or key.startswith("-"):
        raise ValueError(key)
    return int(key)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(one) for one in value]
    return value
