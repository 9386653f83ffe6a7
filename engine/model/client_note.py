"""Notes on a client that were brought from elsewhere: words of before, never a part of the signed history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class ClientNote(Base):
    """``written_at`` and ``author`` are what the other system said, as far as it said it. ``source`` is the file.

    ``fingerprint`` is a hash of what was said, by whom and when: the same note is never brought twice.
    """

    __tablename__ = "client_note"
    __table_args__ = (
        UniqueConstraint("client_id", "fingerprint"),
        Index("ix_client_note_written", "client_id", "written_at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    written_at: Mapped[datetime | None] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200), default="")
    fingerprint: Mapped[str] = mapped_column(String(64))
    brought_at: Mapped[datetime] = mapped_column(Moment)
    brought_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
