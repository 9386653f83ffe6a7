"""Files of deals. None is ever changed: a file of the same name is a new version of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class StoredFile(Base):
    """The content of files, once by its hash: ``size`` bytes, kept as numbered pieces.

    It lies in the database, so that a backup and every machine of a company hold it, too. ``touched_at`` is when it was
    last brought: content that no file has kept is forgotten some time after it. ``erased_at``: its pieces were erased,
    and only what files are called by is known; who brings the same content again brings it anew.
    """

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    touched_at: Mapped[datetime] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)


class StoredPiece(Base):
    """A piece of a content, counted from 0. No program ever holds a whole file in memory to store or to send it."""

    __tablename__ = "stored_piece"

    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DealFile(Base):
    """A version of a file, counted from 1 for each name.

    ``size`` is in bytes. ``step_name`` is the step of the map that made it, empty for one that a person added:
    ``added_by_id`` then says who, and ``work_item_id`` at which step. A removed file is only hidden: what was approved
    can be fetched for ever, unless it is erased: then ``erased_at`` and ``erased_by_id`` say when and by whom, and
    ``name`` is none that anybody gave it.
    """

    __tablename__ = "deal_file"
    __table_args__ = (UniqueConstraint("deal_id", "name", "version"), Index("ix_deal_file_sha256", "sha256"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    step_name: Mapped[str] = mapped_column(String(500), default="")
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(Moment)
    work_item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    hidden_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
