"""Files of deals. None is ever changed: a file of the same name is a new version of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class StoredFile(Base):
    """The content of files, once by its hash. It lies in the database, so that a backup holds it, too."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class DealFile(Base):
    """A version of a file, counted from 1 for each name.

    ``size`` is in bytes. ``step_name`` is the step of the map that made it, empty for one that a person added:
    ``added_by_id`` then says who.
    """

    __tablename__ = "deal_file"
    __table_args__ = (UniqueConstraint("deal_id", "name", "version"),)

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
