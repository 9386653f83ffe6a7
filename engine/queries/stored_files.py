"""Contents of files, by their hash: read piece by piece, counted, and checked against the hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db.session import Database
from engine.model.deal_file import DealFile, StoredFile, StoredPiece

PIECE = 1024 * 1024
"""Bytes of a piece of a content; its last one may be shorter."""


def pieces_of(size: int) -> int:
    """Into how many pieces a content of ``size`` bytes is cut."""
    return -(-size // PIECE)


def is_whole(session: Session, sha256: str, size: int) -> bool:
    """Whether every piece of a content is kept."""
    kept = session.scalar(select(func.count()).select_from(StoredPiece).where(StoredPiece.sha256 == sha256))
    return kept == pieces_of(size)


def content_of(database: Database, sha256: str) -> Iterator[bytes]:
    """The pieces of a content that is never changed, each read on its own.

    Whoever reads slowly holds neither a connection nor more than one piece meanwhile.
    """
    number = 0
    while True:
        with database.read() as session:
            piece = session.scalar(
                select(StoredPiece.content).where(StoredPiece.sha256 == sha256, StoredPiece.number == number)
            )
        if piece is None:
            return
        yield bytes(piece)
        number += 1


def beginning_of(session: Session, sha256: str) -> bytes:
    """The first piece of a content; empty where there is none."""
    return (
        session.scalar(select(StoredPiece.content).where(StoredPiece.sha256 == sha256, StoredPiece.number == 0)) or b""
    )


def bytes_of_deal(session: Session, deal_id: int) -> int:
    """What all versions of all files of a deal have together: the removed ones among them, not the erased ones."""
    kept = DealFile.deal_id == deal_id, DealFile.erased_at.is_(None)
    return int(session.scalar(select(func.coalesce(func.sum(DealFile.size), 0)).where(*kept)) or 0)


def bytes_of_all(session: Session) -> int:
    """What all contents have together, each counted once."""
    kept = StoredFile.erased_at.is_(None)
    return int(session.scalar(select(func.coalesce(func.sum(StoredFile.size), 0)).where(kept)) or 0)


def damaged_files(database: Database) -> Iterator[str]:
    """The hashes of contents that are not what they were: bytes changed, pieces lost. Reads every content."""
    with database.read() as session:
        kept = session.execute(
            select(StoredFile.sha256, StoredFile.size)
            .where(
                select(DealFile.id).where(DealFile.sha256 == StoredFile.sha256, DealFile.erased_at.is_(None)).exists()
            )
            .order_by(StoredFile.sha256)
        ).all()
    for sha256, size in kept:
        told, read = hashlib.sha256(), 0
        for piece in content_of(database, sha256):
            told.update(piece)
            read += len(piece)
        if told.hexdigest() != sha256 or read != size:
            yield sha256
