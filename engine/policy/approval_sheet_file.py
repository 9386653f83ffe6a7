"""An approval sheet as a file of JSON: how it is spelled, to the byte, and how it is read again.

One element of ``entries`` and ``decisions`` stands on a line, everything is canonical JSON: a reader can name the entry
in which a byte was changed even when the file is no JSON any more. Form 1 had no signatures and no fixed spelling, form
2 no salts, so that nothing could be erased; their files are still read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.policy.approval_sheet import ApprovalDecision, ApprovalSheet
from engine.policy.history_chain import ChainEntry, canonical_json, moment_text
from engine.policy.history_signatures import EntrySignature, SigningKey

FORMAT = "reglament-approval-sheet/3"
UNSALTED_FORMAT = "reglament-approval-sheet/2"
UNSIGNED_FORMAT = "reglament-approval-sheet/1"

ENTRIES, DECISIONS = "entries", "decisions"
_LISTED = frozenset({ENTRIES, DECISIONS})


def sheet_json(sheet: ApprovalSheet) -> dict[str, Any]:
    """What ``approval_sheet_check.sheet_verdict`` verifies without a database."""
    used = {one.key_id for one in sheet.signatures.values()}
    return {
        "format": FORMAT,
        "deal": sheet.deal,
        "number": sheet.number,
        "title": sheet.title,
        "client": sheet.client,
        DECISIONS: [decision_json(decision) for decision in sheet.decisions],
        ENTRIES: [entry_json(entry, sheet.signatures.get(entry.number)) for entry in sheet.entries],
        "head": {"number": sheet.head_number, "hash": sheet.head_hash},
        "keys": [one.as_json() for one in sheet.keys] if used else [],
    }


def sheet_bytes(given: Mapping[str, Any]) -> bytes:
    """The one spelling of a sheet's JSON as a file. Raises TypeError for what canonical JSON does not hold."""
    members = []
    for name in sorted(given):
        value = given[name]
        if name in _LISTED and isinstance(value, list):
            lines = b",\n".join(canonical_json(element) for element in value)
            written = b"[\n" + lines + (b"\n]" if lines else b"]")
        else:
            written = canonical_json(value)
        members.append(canonical_json(name) + b":" + written)
    return b"{" + b",".join(members) + b"}\n"


def line_places(content: bytes) -> dict[int, tuple[str, int]]:
    """By the index of a line: the list in which it stands, and its place there, from 1. Other lines are absent."""
    places: dict[int, tuple[str, int]] = {}
    inside, place = "", 0
    for index, line in enumerate(content.split(b"\n")):
        if inside and not line.startswith(b"]"):
            place += 1
            places[index] = (inside, place)
            continue
        inside = next((name for name in _LISTED if line.endswith(canonical_json(name) + b":[")), "")
        place = 0
    return places


def decision_json(decision: ApprovalDecision, *, form: str = FORMAT) -> dict[str, Any]:
    told = {
        "number": decision.number,
        "step": decision.step,
        "approver": decision.approver,
        "position": decision.position,
        "department": decision.department,
        "on_behalf_of": decision.on_behalf_of,
        "outcome": decision.outcome,
        "outcome_label": decision.outcome_label,
        "comment": decision.comment,
        "at": moment_text(decision.at),
        "content": dict(decision.content),
        "content_hash": decision.content_hash,
        "entry_hash": decision.entry_hash,
    }
    return told if form == UNSIGNED_FORMAT else told | {"authentication": decision.authentication}


def entry_json(entry: ChainEntry, signature: EntrySignature | None, *, form: str = FORMAT) -> dict[str, Any]:
    told = {
        "deal": entry.deal,
        "number": entry.number,
        "kind": entry.kind,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "work_item_id": entry.work_item_id,
        "at": moment_text(entry.at),
        "data": dict(entry.data),
        "previous_hash": entry.previous_hash,
        "hash": entry.recorded_hash,
    }
    if form == UNSIGNED_FORMAT:
        return told
    told["signature"] = signature.as_json() if signature is not None else None
    return told if form == UNSALTED_FORMAT else told | {"salts": dict(entry.salts)}


def entry_of(given: Mapping[str, Any], *, form: str = FORMAT) -> ChainEntry:
    """The entry that ``entry_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    salts = given.get("salts", {}) if form == FORMAT else {}
    return ChainEntry(
        deal=_whole(given["deal"]),
        number=_whole(given["number"]),
        kind=given["kind"],
        actor_id=given["actor_id"],
        actor_name=given["actor_name"],
        work_item_id=given["work_item_id"],
        at=_moment(given["at"]),
        data=dict(given["data"]),
        previous_hash=given["previous_hash"],
        recorded_hash=given["hash"],
        salts=_texts(salts),
    )


def signature_of(given: Mapping[str, Any] | None) -> EntrySignature | None:
    """The signature that ``entry_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    if given is None:
        return None
    return EntrySignature(
        position=_whole(given["position"]),
        previous=given["previous"],
        at=_moment(given["at"]),
        key_id=given["key"],
        hash=given["hash"],
        signature=given["signature"],
    )


def keys_of(given: Iterable[Mapping[str, Any]]) -> tuple[SigningKey, ...]:
    """The keys that ``sheet_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    return tuple(
        SigningKey(
            key_id=one["key"],
            public_key=one["public_key"],
            since=_moment(one["since"]),
            introduced_by=one["introduced_by"],
            signature=one["signature"],
        )
        for one in given
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(one, str) for one in given.values()):
        raise TypeError("salts are texts")
    return dict(given)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("deals, entries and positions are whole numbers")
    return value
