"""The chain of a deal's history: each entry's hash covers its content and the hash of the entry before.

Who changes, removes, inserts or reorders an entry leaves a fault that names its number. The chain proves integrity
against a known head; the signatures are in history_signatures. Texts about people are covered as commitments, so that
they can be erased: see personal_texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson

from engine.events import TextsErased, kind_of
from engine.policy.personal_texts import committed, erased_commitments, resealed

FIRST_PREVIOUS_HASH = ""
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_EXACT = frozenset({str, int, bool, type(None)})
_TEXTS_ERASED = kind_of(TextsErased)
_NOT_OURS = (TypeError, ValueError)  # a float, half a character, salts of other data: nothing that we ever wrote


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One history event of a deal. ``deal`` is the deal's id, ``number`` counts from 1 within the deal.

    ``data`` is JSON without floats: decimals are texts. ``recorded_hash`` is what the store claims the hash to be; it
    is not part of what is hashed. ``salts`` are those of ``personal_texts.salts_of``: none in an entry from before.
    Who only checks may give, instead of them, the stored ``fresh_salt`` that they come from: see personal_texts.
    """

    deal: int
    number: int
    kind: str
    actor_id: int | None
    actor_name: str
    work_item_id: int | None
    at: datetime
    data: Mapping[str, Any]
    previous_hash: str
    recorded_hash: str = ""
    salts: Mapping[str, str] = field(default_factory=dict)
    fresh_salt: str = ""


class ChainFaultReason(StrEnum):
    ALTERED = "altered"  # the content does not give the recorded hash
    UNLINKED = "unlinked"  # it does not follow the entry before it: that one was altered, or some were removed
    MISNUMBERED = "misnumbered"  # missing, doubled or moved entries
    HEAD_DIFFERS = "head_differs"  # the last entry is not the one that the deal, or the sheet, names as its head
    MISREPORTED = "misreported"  # a sheet says something else than its entry
    UNREADABLE = "unreadable"  # not even the shape of an entry
    UNSIGNED = "unsigned"  # it has no signature, although later ones have
    NOT_SIGNED_RIGHT = "not_signed_right"  # its signature is not that of this entry
    KEY_UNKNOWN = "key_unknown"  # no known key has signed it
    NOT_SEALED = "not_sealed"  # a sheet on paper was changed after it was sealed, or was never sealed
    UNEXPECTED_PAGE = "unexpected_page"  # what is around the entries is not the page that this version writes
    WITHHELD = "withheld"  # a text is missing although nothing tells of its being erased
    FILE_MISSING = "file_missing"  # the file is not there as it was added, and nothing tells of its being erased
    CHECKPOINT_DIFFERS = "checkpoint_differs"  # the history is not what was published


@dataclass(frozen=True, slots=True)
class ChainFault:
    """``number`` is the entry's; 0 stands for the whole when no single entry is at fault."""

    number: int
    reason: ChainFaultReason


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no blanks, UTF-8. Raises TypeError for floats and non-text keys.

    Floats have several spellings and lose digits on their way through databases; RFC 8785 section 3.2.2 shows the cost
    of keeping them.
    """
    _ensure_exact(value)
    return _spelled(value)


def _spelled(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=_SORTED)
    except orjson.JSONEncodeError:  # whole numbers of more than 64 bits, halves of characters
        return _ENCODER.encode(value).encode()


def moment_text(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds: the spelling that is hashed."""
    return _text_of_utc(at if at.tzinfo is UTC else at.astimezone(UTC))


@lru_cache(maxsize=256)
def _text_of_utc(at: datetime) -> str:
    """Of moments in UTC only: in a zone of its own the hour that comes twice in autumn counts as equal to itself."""
    return f"{at.isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def entry_hash(entry: ChainEntry) -> str:
    """SHA-256 of the entry's content and of the previous hash, in hex.

    Raises TypeError when ``data`` holds a float, ValueError when its ``salts`` are not those of its texts.
    """
    _ensure_exact(entry.data)
    if entry.fresh_salt:
        return sealed_hash(entry, *resealed(entry.kind, entry.data, entry.fresh_salt))
    if not entry.salts:
        return sealed_hash(entry, entry.data, 0)
    return sealed_hash(entry, committed(entry.data, entry.salts), len(entry.salts))


def sealed_hash(entry: ChainEntry, data: Mapping[str, Any], salted: int) -> str:
    """As ``entry_hash``, with an event's data as ``personal_texts.sealed`` gives it and the number of salted texts.

    The number is hashed, too: else a commitment could pass for a text.
    """
    content: dict[str, Any] = {
        "deal": entry.deal,
        "number": entry.number,
        "kind": entry.kind,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "work_item_id": entry.work_item_id,
        "at": moment_text(entry.at),
        "data": data,
        "previous_hash": entry.previous_hash,
    }
    if salted:
        content["salted_texts"] = salted
    return hashlib.sha256(_spelled(content)).hexdigest()


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the data that a person had before them when deciding. Raises TypeError for floats."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def faults(
    entries: Iterable[ChainEntry], *, head_length: int | None = None, head_hash: str | None = None
) -> tuple[ChainFault, ...]:
    """Everything wrong with a whole chain, entries in their stored order, starting with number 1.

    ``head_length`` and ``head_hash`` are the head as known elsewhere; without them a cut tail cannot be noticed.
    """
    found: list[ChainFault] = []
    number, previous = 0, FIRST_PREVIOUS_HASH
    told = Erasures()
    for entry in entries:
        if entry.number != number + 1:
            found.append(ChainFault(entry.number, ChainFaultReason.MISNUMBERED))
        if entry.previous_hash != previous:
            found.append(ChainFault(entry.number, ChainFaultReason.UNLINKED))
        if not is_intact(entry):
            found.append(ChainFault(entry.number, ChainFaultReason.ALTERED))
        told.add(entry, entry.number)
        number, previous = entry.number, entry.recorded_hash
    found += [ChainFault(one, ChainFaultReason.WITHHELD) for one in told.untold()]
    if (head_length is not None and head_length != number) or (head_hash is not None and head_hash != previous):
        found.append(ChainFault(number, ChainFaultReason.HEAD_DIFFERS))
    return tuple(found)


class Erasures:
    """Which texts are missing from entries, and which the entries say to have been erased."""

    def __init__(self) -> None:
        self._missing: dict[str, Any] = {}
        self._told: set[str] = set()

    def add(self, entry: ChainEntry, place: Any) -> None:
        """``place`` is what ``untold`` names where a text is missing from this entry."""
        for one in erased_commitments(entry.salts):
            self._missing.setdefault(one, place)
        if entry.kind == _TEXTS_ERASED:
            texts = entry.data.get("texts")
            self._told.update(one for one in texts if isinstance(one, str)) if isinstance(texts, list | tuple) else None

    def untold(self) -> tuple[Any, ...]:
        """The places from which texts are missing that no entry tells of."""
        return tuple(dict.fromkeys(place for one, place in self._missing.items() if one not in self._told))


def is_intact(entry: ChainEntry) -> bool:
    """Does the entry's content give the recorded hash?"""
    try:
        return entry_hash(entry) == entry.recorded_hash
    except _NOT_OURS:
        return False


def _ensure_exact(value: Any) -> None:
    if type(value) in _EXACT:  # nearly everything is, and an isinstance of Mapping costs more than the encoding
        return
    if isinstance(value, list | tuple):
        for inner in value:
            _ensure_exact(inner)
    elif type(value) is dict or isinstance(value, Mapping):
        for key, inner in value.items():
            if type(key) is not str and not isinstance(key, str):
                raise TypeError("a key of canonical JSON is a text")
            if type(inner) not in _EXACT:
                _ensure_exact(inner)
    elif isinstance(value, float):
        raise TypeError("canonical JSON holds no floats: write a decimal as text")
