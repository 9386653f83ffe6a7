"""Verifies an approval sheet without a database: hashes, chain, signatures, and that it says what its entries say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.policy.approval_sheet import ApprovalDecision, sheet_of
from engine.policy.approval_sheet_file import (
    DECISIONS,
    ENTRIES,
    FORMAT,
    UNSALTED_FORMAT,
    UNSIGNED_FORMAT,
    decision_json,
    entry_json,
    entry_of,
    keys_of,
    line_places,
    sheet_bytes,
    signature_of,
)
from engine.policy.history_chain import (
    ChainEntry,
    ChainFault,
    ChainFaultReason,
    canonical_json,
    content_hash,
    faults,
    is_intact,
)
from engine.policy.history_signatures import EntrySignature, SigningKey, is_signed, trusted_keys
from engine.policy.personal_texts import ERASED

WHOLE_SHEET = 0
_EARLIER = (UNSIGNED_FORMAT, UNSALTED_FORMAT)
_NOT_A_VALUE = (KeyError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class SheetVerdict:
    """``faults`` is empty for an untouched sheet. ``unsigned`` are the numbers of entries without a signature.

    ``keys`` are those that signed: whether they are the company's, only what the company publishes can tell.
    """

    faults: tuple[ChainFault, ...]
    unsigned: tuple[int, ...] = ()
    keys: tuple[SigningKey, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """``places`` are the entries' places in the file, from 1: an altered number must not hide its entry."""

    entries: tuple[ChainEntry, ...]
    signatures: tuple[EntrySignature | None, ...]
    places: tuple[int, ...]


def file_verdict(content: bytes) -> SheetVerdict:
    """The verdict on a file as ``sheet_bytes`` writes it, whatever its bytes are now."""
    try:
        given = json.loads(content.decode())
    except (ValueError, RecursionError):
        return SheetVerdict(_torn(content))
    verdict = sheet_verdict(given)
    if verdict.faults or given.get("format") == UNSIGNED_FORMAT:
        return verdict
    return SheetVerdict(_misspelled(content, sheet_bytes(given)), verdict.unsigned, verdict.keys)


def sheet_faults(given: Mapping[str, Any]) -> tuple[ChainFault, ...]:
    """Everything wrong with a sheet as ``sheet_json`` makes it; number 0 stands for its heading, its form, its end."""
    return sheet_verdict(given).faults


def sheet_verdict(given: Mapping[str, Any]) -> SheetVerdict:
    """The verdict on a sheet as ``sheet_json`` makes it, of this form or an earlier one."""
    try:
        canonical_json(given)
        form = given["format"] if given["format"] in _EARLIER else FORMAT
        entries, decisions = list(given[ENTRIES]), list(given[DECISIONS])
        keys = keys_of(given["keys"]) if form != UNSIGNED_FORMAT else ()
        head_number, head_hash = given["head"]["number"], given["head"]["hash"]
    except _NOT_A_VALUE:
        return SheetVerdict((ChainFault(WHOLE_SHEET, ChainFaultReason.UNREADABLE),))
    read, found = _entries_read(entries, form)
    found += faults(read.entries, head_length=head_number, head_hash=head_hash)
    found += [
        ChainFault(place, ChainFaultReason.ALTERED)
        for place, entry in zip(read.places, read.entries, strict=True)
        if not is_intact(entry)
    ]
    found += [
        ChainFault(place, ChainFaultReason.MISREPORTED)
        for place, entry in zip(read.places, read.entries, strict=True)
        if entry.deal != given.get("deal")
    ]
    if form != UNSIGNED_FORMAT:
        found += _signature_faults(read, keys)
    found += _misreported(given, read.entries, decisions, form)
    signed = [one for one in read.signatures if one is not None]
    used = {one.key_id for one in signed}
    unsigned = tuple(one.number for one, by in zip(read.entries, read.signatures, strict=True) if by is None)
    return SheetVerdict(tuple(dict.fromkeys(found)), unsigned, tuple(one for one in keys if one.key_id in used))


def _entries_read(given_entries: Sequence[Any], form: str) -> tuple[_Read, list[ChainFault]]:
    read: list[tuple[ChainEntry, EntrySignature | None, int]] = []
    found = []
    for place, given in enumerate(given_entries, start=1):
        try:
            entry = entry_of(given, form=form)
            signature = signature_of(given["signature"]) if form != UNSIGNED_FORMAT else None
            # Exactly as we spell entries: another spelling could hide from the hash.
            if canonical_json(entry_json(entry, signature, form=form)) != canonical_json(given):
                raise ValueError(place)
        except _NOT_A_VALUE:
            found.append(ChainFault(place, ChainFaultReason.UNREADABLE))
        else:
            read.append((entry, signature, place))
    return _Read(*(tuple(one[index] for one in read) for index in range(3))), found  # type: ignore[arg-type]  # three kinds of column


def _signature_faults(read: _Read, keys: Sequence[SigningKey]) -> list[ChainFault]:
    known = trusted_keys(keys)
    found = [ChainFault(WHOLE_SHEET, ChainFaultReason.KEY_UNKNOWN)] if len(known) != len(keys) else []
    last_signed = max((place for place, one in zip(read.places, read.signatures, strict=True) if one), default=0)
    before: EntrySignature | None = None
    for entry, signature, place in zip(read.entries, read.signatures, read.places, strict=True):
        if signature is None:
            if place < last_signed:
                found.append(ChainFault(place, ChainFaultReason.UNSIGNED))
            continue
        if signature.key_id not in known:
            found.append(ChainFault(place, ChainFaultReason.KEY_UNKNOWN))
        elif not _fits(entry, signature, known):
            found.append(ChainFault(place, ChainFaultReason.NOT_SIGNED_RIGHT))
        if before is not None and not _follows(signature, before):
            found.append(ChainFault(place, ChainFaultReason.UNLINKED))
        before = signature
    return found


def _fits(entry: ChainEntry, signature: EntrySignature, known: Mapping[str, str]) -> bool:
    try:
        return is_signed(entry, entry.recorded_hash, signature, known)
    except (TypeError, UnicodeEncodeError):
        return False


def _follows(signature: EntrySignature, before: EntrySignature) -> bool:
    """Between two entries of a deal stand those of others; without any between, one names the other."""
    if signature.position <= before.position:
        return False
    return signature.position > before.position + 1 or signature.previous == before.hash


def _misreported(
    given: Mapping[str, Any], entries: Sequence[ChainEntry], given_decisions: list[Any], form: str
) -> list[ChainFault]:
    try:
        derived = sheet_of(entries[0].deal if entries else given["deal"], entries)
        right = {one.number: canonical_json(decision_json(one, form=form)) for one in derived.decisions}
    except (*_NOT_A_VALUE, AttributeError):  # an altered entry, already named by its hash
        return []
    found = [
        ChainFault(decision.number, ChainFaultReason.ALTERED)
        for decision in derived.decisions
        if not _content_is_intact(decision)
    ]
    shown = [_number_of(one) for one in given_decisions]
    found += [
        ChainFault(number, ChainFaultReason.MISREPORTED)
        for number, one in zip(shown, given_decisions, strict=True)
        if right.get(number) != canonical_json(one)
    ]
    found += [ChainFault(number, ChainFaultReason.MISREPORTED) for number in right if shown.count(number) != 1]
    rest = {name: value for name, value in given.items() if name not in {ENTRIES, DECISIONS, "keys"}}
    expected = {
        "format": form,
        "deal": derived.deal,
        "number": derived.number,
        "title": derived.title,
        "client": derived.client,
        "head": {"number": derived.head_number, "hash": derived.head_hash},
    }
    keys = given.get("keys", [])
    told = [one.as_json() for one in keys_of(keys)] if form != UNSIGNED_FORMAT else []
    if (
        canonical_json(rest) != canonical_json(expected)
        or canonical_json(told) != canonical_json(keys)
        or shown != sorted(shown)
    ):
        found.append(ChainFault(WHOLE_SHEET, ChainFaultReason.MISREPORTED))
    return found


def _content_is_intact(decision: ApprovalDecision) -> bool:
    if decision.content_hash == ERASED:  # with a text of the content: its commitment is covered by the entry's hash
        return True
    return content_hash(decision.content) == decision.content_hash


def _number_of(given: Any) -> int:
    number = given.get("number") if isinstance(given, Mapping) else None
    return number if type(number) is int else WHOLE_SHEET


def _torn(content: bytes) -> tuple[ChainFault, ...]:
    """A file that is no JSON any more: the entries whose lines cannot be read, else the whole."""
    places, lines = line_places(content), content.split(b"\n")
    unreadable = [
        index for index, _place in places.items() if not _is_json(lines[index].removesuffix(b","), last=lines[index])
    ]
    named = _named(unreadable, places, lines)
    return named or (ChainFault(WHOLE_SHEET, ChainFaultReason.UNREADABLE),)


def _misspelled(content: bytes, right: bytes) -> tuple[ChainFault, ...]:
    """The same values in another spelling than ours: nobody but us writes sheets, so somebody has been at it."""
    if content == right:
        return ()
    lines, expected = content.split(b"\n"), right.split(b"\n")
    differing = [index for index, pair in enumerate(zip(lines, expected, strict=False)) if pair[0] != pair[1]]
    named = _named(differing, line_places(content), lines)
    return named or (ChainFault(WHOLE_SHEET, ChainFaultReason.MISREPORTED),)


def _named(
    indices: Sequence[int], places: Mapping[int, tuple[str, int]], lines: Sequence[bytes]
) -> tuple[ChainFault, ...]:
    """The entries that those lines tell of. A decision's line is named after its entry by the order of decisions."""
    numbers = []
    for index in indices:
        name, place = places.get(index, ("", 0))
        if name == ENTRIES:
            numbers.append(place)
        elif name == DECISIONS:
            numbers.append(_entry_of_decision(place, places, lines))
    return tuple(ChainFault(number, ChainFaultReason.UNREADABLE) for number in dict.fromkeys(numbers))


def _entry_of_decision(place: int, places: Mapping[int, tuple[str, int]], lines: Sequence[bytes]) -> int:
    entries = []
    for index, (name, _place) in places.items():
        try:
            entries += [entry_of(json.loads(lines[index].removesuffix(b",")))] if name == ENTRIES else []
        except _NOT_A_VALUE:
            continue
    try:
        decisions = sheet_of(WHOLE_SHEET, entries).decisions
    except (*_NOT_A_VALUE, AttributeError):
        return WHOLE_SHEET
    return decisions[place - 1].number if place <= len(decisions) else WHOLE_SHEET


def _is_json(line: bytes, *, last: bytes) -> bool:
    try:
        json.loads(line.decode())
    except (ValueError, RecursionError):
        return False
    return last[-1:] in (b",", b"}")
