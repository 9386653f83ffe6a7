"""The approval sheet of a deal, from its chain of history, and the files that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.events import SheetIssued, SignatureAttached, kind_of
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.model.proof_file import ProofFile
from engine.policy.approval_sheet import ApprovalSheet, sheet_of
from engine.policy.history_chain import ChainEntry
from engine.policy.permissions import Actor
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.history import chain_entries
from engine.queries.history_signatures import signatures_of_deal, signing_keys

PROOFS = frozenset({kind_of(SheetIssued), kind_of(SignatureAttached)})


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """An entry as whoever holds its hash may know it. ``position`` is its place among all, None while unsigned."""

    deal_number: str
    at: datetime
    position: int | None


def approval_sheet(session: Session, actor: Actor, deal_id: int) -> ApprovalSheet:
    """Every decision so far, with the chain that proves it. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    return whole_sheet(session, deal_id)


def whole_sheet(session: Session, deal_id: int) -> ApprovalSheet:
    """The sheet of a deal that the caller has already found visible."""
    entries = tuple(chain_entries(session, deal_id))
    return sheet_of(deal_id, entries, signatures_of_deal(session, deal_id), signing_keys(session))


@dataclass(frozen=True, slots=True)
class IssuedSheet:
    """A sealed sheet that was handed out: who asked for it and when; ``number`` is the last entry in it."""

    sha256: str
    size: int
    locale: str
    number: int
    decisions: int
    by: str
    at: datetime


def issued_sheets(sheet: ApprovalSheet) -> tuple[IssuedSheet, ...]:
    """The latest first."""
    return tuple(
        IssuedSheet(
            sha256=str(one.data["sha256"]),
            size=int(one.data["size"]),
            locale=str(one.data["locale"]),
            number=int(one.data["number"]),
            decisions=int(one.data["decisions"]),
            by=one.actor_name,
            at=one.at,
        )
        for one in reversed(sheet.issued)
    )


def proof_file(session: Session, actor: Actor, deal_id: int, sha256: str) -> tuple[ChainEntry, bytes]:
    """An issued sheet or an attached signature of a deal, with the entry that tells of it. Raises NotFound."""
    sheet = approval_sheet(session, actor, deal_id)
    told = next((one for one in sheet.entries if one.kind in PROOFS and one.data.get("sha256") == sha256), None)
    content = proof_content(session, sha256) if told is not None else None
    if told is None or content is None:
        raise NotFound
    return told, content


def kept_papers(session: Session, sheet: ApprovalSheet) -> frozenset[str]:
    """The hashes of issued sheets and attached signatures that can still be fetched: not those with an erased text."""
    hashes = [str(one.data["sha256"]) for one in sheet.entries if one.kind in PROOFS]
    return (
        frozenset(session.scalars(select(ProofFile.sha256).where(ProofFile.sha256.in_(hashes))))
        if hashes
        else frozenset()
    )


def proof_content(session: Session, sha256: str) -> bytes | None:
    return session.scalar(select(ProofFile.content).where(ProofFile.sha256 == sha256))


def recorded_entry(session: Session, deal_id: int, number: int, entry_hash: str) -> RecordedEntry | None:
    """The entry of that very hash at that very place, for whoever holds a sheet that names it; None: it is not ours."""
    row = session.execute(
        select(Deal.number, HistoryEvent.at, HistorySignature.position)
        .join(Deal, Deal.id == HistoryEvent.deal_id)
        .outerjoin(HistorySignature, HistorySignature.event_id == HistoryEvent.id)
        .where(HistoryEvent.deal_id == deal_id, HistoryEvent.number == number, HistoryEvent.entry_hash == entry_hash)
    ).one_or_none()
    if row is None or not entry_hash:
        return None
    return RecordedEntry(deal_number=row.number, at=row.at, position=row.position)
