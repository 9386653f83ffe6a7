"""Somebody named in a comment, who has to read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class Mention(Base):
    """``number`` is that of the comment among the deal's history events."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("deal_id", "number", "person_id"),
        Index("ix_mention_person_id", "person_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    number: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    read_at: Mapped[datetime | None] = mapped_column(Moment)
