"""That somebody signed in anew at the provider of the company's accounts, to confirm one thing that they do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class ProviderProof(Base):
    """For one step, one person and one session, once: ``used_at`` is when a decision took it.

    ``work_item_id`` is None where no step is decided, but a person changes something of their own access.

    Only the SHA-256 of the token is kept that the person's session holds. ``session_stamp`` is the person's then.
    """

    __tablename__ = "provider_proof"
    __table_args__ = (Index("ix_provider_proof_proved", "proved_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    work_item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    session_stamp: Mapped[str] = mapped_column(String(32))
    proved_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
