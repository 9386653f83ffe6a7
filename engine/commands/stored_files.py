"""Keeping contents of files: brought in small transactions first, kept by the one that adds the file.

A content of 25 MB written in the transaction that adds the file would hold up everybody's steps on SQLite, and lie in
memory as a whole. So its pieces are written one by one; until a file refers to it, it is nothing but a content that
upkeep forgets. Killed in between, nothing is half there: the file is added in one transaction, once all pieces are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, ClassVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.db.session import UNSYNCHRONISED, Database
from engine.errors import N_, Conflict
from engine.model.deal_file import DealFile, StoredFile, StoredPiece
from engine.policy.file_kinds import FileLook, kind_of
from engine.policy.file_limits import FileLimits
from engine.policy.file_names import uploaded_name
from engine.queries.stored_files import PIECE, bytes_of_all, is_whole

_RESERVING = 0x5245474C_0004  # a number of our own for PostgreSQL's advisory locks


class ContentGone(Conflict):
    """The content was brought so long ago that it is forgotten."""

    code: ClassVar[str] = "content_gone"
    template: ClassVar[str] = N_("“%(name)s” was not stored. Send it again.")


@dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file whose content is kept and that belongs to nothing yet. ``size`` is in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str


def bring_file(
    database: Database, given_name: str, stream: BinaryIO, *, limits: FileLimits, clock: Clock
) -> BroughtFile:
    """Look at a file and keep its content, in transactions of its own.

    ``stream`` can be read twice. Whoever calls has made sure that the actor may add a file. Raises FileTooLarge,
    FileIsEmpty, FileKindNotAllowed, FileContentDiffers, FileHoldsMacros, StorageFull.
    """
    name = uploaded_name(given_name)
    look = FileLook()
    for piece in _pieces(stream):
        look.feed(piece)
        limits.ensure_file_fits(name, look.size)
    kind = kind_of(name, look)
    brought = BroughtFile(name, kind.media_type, look.size, look.sha256)
    with database.read() as session:
        kept = session.get(StoredFile, brought.sha256) is not None and is_whole(session, brought.sha256, brought.size)
    if not kept:
        _write(database, brought, stream, limits=limits, at=clock.now())
    return brought


def keep_bytes(session: Session, sha256: str, content: bytes, *, at: datetime) -> None:
    """Keep a small content that is in memory, in the transaction of the caller."""
    _touch(session, sha256, len(content), at)
    for number, begin in enumerate(range(0, len(content), PIECE)):
        _keep_piece(session, sha256, number, content[begin : begin + PIECE])


def ensure_kept(session: Session, file: BroughtFile, *, at: datetime) -> None:
    """Hold on to a content that was brought: from here to the end of the transaction nobody forgets it.

    Raises ContentGone.
    """
    held = session.execute(
        update(StoredFile)
        .where(StoredFile.sha256 == file.sha256, StoredFile.size == file.size)
        .values(touched_at=at)
        .returning(StoredFile.sha256),
        execution_options=UNSYNCHRONISED,
    ).one_or_none()
    if held is None or not is_whole(session, file.sha256, file.size):
        raise ContentGone(name=file.name)


def forget_contents(session: Session, hashes: Collection[str], *, at: datetime) -> None:
    """Erase the pieces of those contents that no file holds any more, other than as an erased one.

    Whoever adds a file of such a content meanwhile holds its row, or finds its pieces gone.
    """
    rows = select(StoredFile.sha256).where(StoredFile.sha256.in_(hashes)).order_by(StoredFile.sha256)
    known = session.scalars(rows.with_for_update()).all()
    held = select(DealFile.sha256).where(DealFile.sha256.in_(known), DealFile.erased_at.is_(None))
    gone = set(known).difference(session.scalars(held))
    session.execute(delete(StoredPiece).where(StoredPiece.sha256.in_(gone)))
    session.execute(
        update(StoredFile).where(StoredFile.sha256.in_(gone)).values(erased_at=at), execution_options=UNSYNCHRONISED
    )


def _write(database: Database, file: BroughtFile, stream: BinaryIO, *, limits: FileLimits, at: datetime) -> None:
    """Two who bring the same content at once write the same pieces; the second finds them there. Raises StorageFull."""
    with database.write() as session:
        _reserve(session, file, limits=limits, at=at)
    for number, piece in enumerate(_pieces(stream)):
        with database.write() as session:
            _keep_piece(session, file.sha256, number, piece)


def _reserve(session: Session, file: BroughtFile, *, limits: FileLimits, at: datetime) -> None:
    """Take the room for a whole content before the first of its pieces, one who brings a file after the other.

    On SQLite there is one writer; on PostgreSQL an advisory lock of the transaction orders those who reserve, so that
    each counts what all before it have taken. Raises StorageFull.
    """
    if _dialect(session) is postgresql:
        session.execute(select(func.pg_advisory_xact_lock(_RESERVING)))
    there = session.get(StoredFile, file.sha256)
    if there is None or there.erased_at is not None:
        limits.ensure_storage_has_room(file.name, file.size, used=bytes_of_all(session))
    _touch(session, file.sha256, file.size, at)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while piece := stream.read(PIECE):
        yield piece


def _touch(session: Session, sha256: str, size: int, at: datetime) -> None:
    insertion = _dialect(session).insert(StoredFile).values(sha256=sha256, size=size, touched_at=at)
    brought_anew = {"touched_at": at, "erased_at": None}
    session.execute(insertion.on_conflict_do_update(index_elements=["sha256"], set_=brought_anew))


def _keep_piece(session: Session, sha256: str, number: int, content: bytes) -> None:
    there = select(StoredPiece.number).where(StoredPiece.sha256 == sha256, StoredPiece.number == number)
    if session.scalar(there) is None:
        insertion = _dialect(session).insert(StoredPiece).values(sha256=sha256, number=number, content=content)
        session.execute(insertion.on_conflict_do_nothing())


def _dialect(session: Session):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a module
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
