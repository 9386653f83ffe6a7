"""Whether each file that the history tells of is there as it was added, or was erased as the history says, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from engine.events import FileAdded, FileErased, kind_of
from engine.model.deal import Deal
from engine.model.deal_file import DealFile, StoredPiece
from engine.model.history_event import HistoryEvent
from engine.policy.history_chain import ChainFault, ChainFaultReason
from engine.queries.history_proof import SignedFault
from engine.queries.stored_files import pieces_of

_ADDED, _ERASED = kind_of(FileAdded), kind_of(FileErased)
_AT_ONCE = 1000


def file_faults(session: Session) -> Iterator[SignedFault]:
    """The entries of added files that are missing, or not whole, although no entry tells of their being erased.

    Pieces are counted, not read: whether their bytes are what they were, a restore looks.
    """
    rows = session.execute(
        select(HistoryEvent.number, HistoryEvent.deal_id, HistoryEvent.data, Deal.number.label("deal_number"))
        .join(Deal, Deal.id == HistoryEvent.deal_id)
        .where(HistoryEvent.kind == _ADDED)
        .order_by(HistoryEvent.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for batch in rows.partitions(_AT_ONCE):
        yield from _faults_in(session, batch)


def _faults_in(session: Session, added: Sequence[Row[Any]]) -> Iterator[SignedFault]:
    named = [row for row in added if row.data.get("file_id")]  # the first release did not say which file it was
    files = session.scalars(select(DealFile).where(DealFile.id.in_({int(row.data["file_id"]) for row in named}))).all()
    by_id = {one.id: one for one in files}
    pieces = _pieces(session, {one.sha256 for one in files if one.erased_at is None})
    told = _told_erased(session, {one.deal_id for one in files if one.erased_at is not None})
    for row in named:
        file = by_id.get(int(row.data["file_id"]))
        sha256 = str(row.data["sha256"])
        if file is not None and (file.deal_id, file.sha256) == (row.deal_id, sha256):
            is_there = file.erased_at is None and pieces.get(sha256, 0) == pieces_of(int(row.data["size"]))
            if is_there or (file.erased_at is not None and (file.id, sha256) in told):
                continue
        yield SignedFault(row.deal_number, ChainFault(row.number, ChainFaultReason.FILE_MISSING))


def _pieces(session: Session, hashes: Iterable[str]) -> dict[str, int]:
    counted = (
        select(StoredPiece.sha256, func.count().label("pieces"))
        .where(StoredPiece.sha256.in_(hashes))
        .group_by(StoredPiece.sha256)
    )
    return {row.sha256: row.pieces for row in session.execute(counted)}


def _told_erased(session: Session, deal_ids: Iterable[int]) -> frozenset[tuple[int, str]]:
    erased = select(HistoryEvent.data).where(HistoryEvent.deal_id.in_(deal_ids), HistoryEvent.kind == _ERASED)
    return frozenset((one["id"], one["sha256"]) for data in session.scalars(erased) for one in data["versions"])
