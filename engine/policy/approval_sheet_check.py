"""Verifies an approval sheet without a database: hashes, chain, and that the sheet says what its entries say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.policy.approval_sheet import FORMAT, ApprovalDecision, decision_json, entry_json, entry_of, sheet_of
from engine.policy.history_chain import ChainEntry, ChainFault, ChainFaultReason, canonical_json, content_hash, faults

_WHOLE_SHEET = 0


def sheet_faults(sheet_json: Mapping[str, Any]) -> tuple[ChainFault, ...]:
    """Everything wrong with a sheet as ``ApprovalSheet.as_json`` writes it; an untouched sheet has no faults.

    Number 0 stands for the sheet itself: its heading, its format, its end.
    """
    try:
        canonical_json(sheet_json)
        given_entries = list(sheet_json["entries"])
        given_decisions = list(sheet_json["decisions"])
        head = dict(sheet_json["head"])
        head_number, head_hash = head["number"], head["hash"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return (ChainFault(_WHOLE_SHEET, ChainFaultReason.UNREADABLE),)

    entries: list[ChainEntry] = []
    found: list[ChainFault] = []
    for position, given in enumerate(given_entries, start=1):
        entry = _entry_read(given)
        if entry is None:
            found.append(ChainFault(position, ChainFaultReason.UNREADABLE))
        else:
            entries.append(entry)
    found += faults(entries, head_length=head_number, head_hash=head_hash)
    found += _foreign_entries(entries, sheet_json.get("deal"))
    return tuple(dict.fromkeys(found + _misreported(sheet_json, entries, given_decisions)))


def _entry_read(given: Any) -> ChainEntry | None:
    """The entry, if it is spelled exactly as we spell entries: another spelling could hide from the hash."""
    try:
        entry = entry_of(given)
        return entry if canonical_json(entry_json(entry)) == canonical_json(given) else None
    except (KeyError, TypeError, ValueError):
        return None


def _foreign_entries(entries: list[ChainEntry], deal: Any) -> list[ChainFault]:
    return [ChainFault(entry.number, ChainFaultReason.MISREPORTED) for entry in entries if entry.deal != deal]


def _misreported(
    sheet_json: Mapping[str, Any], entries: list[ChainEntry], given_decisions: list[Any]
) -> list[ChainFault]:
    try:
        derived = sheet_of(entries[0].deal if entries else sheet_json["deal"], entries)
        right = {decision.number: canonical_json(decision_json(decision)) for decision in derived.decisions}
    except (KeyError, TypeError, ValueError, AttributeError):  # an altered entry, already named by its hash
        return []
    found = [
        ChainFault(decision.number, ChainFaultReason.ALTERED)
        for decision in derived.decisions
        if not _content_is_intact(decision)
    ]
    shown = [_number_of(given) for given in given_decisions]
    found += [
        ChainFault(number, ChainFaultReason.MISREPORTED)
        for number, given in zip(shown, given_decisions, strict=True)
        if right.get(number) != canonical_json(given)
    ]
    found += [ChainFault(number, ChainFaultReason.MISREPORTED) for number in right if shown.count(number) != 1]
    rest = {name: value for name, value in sheet_json.items() if name not in {"entries", "decisions"}}
    expected = {
        "format": FORMAT,
        "deal": derived.deal,
        "number": derived.number,
        "title": derived.title,
        "client": derived.client,
        "head": {"number": derived.head_number, "hash": derived.head_hash},
    }
    if canonical_json(rest) != canonical_json(expected) or shown != sorted(shown):
        found.append(ChainFault(_WHOLE_SHEET, ChainFaultReason.MISREPORTED))
    return found


def _content_is_intact(decision: ApprovalDecision) -> bool:
    return content_hash(decision.content) == decision.content_hash


def _number_of(given: Any) -> int:
    number = given.get("number") if isinstance(given, Mapping) else None
    return number if type(number) is int else _WHOLE_SHEET
