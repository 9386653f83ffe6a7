"""The secret address at which a person's calendar fetches their deadlines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class DeadlineFeed(Base):
    """One a person at most. Only the SHA-256 of the address's 256 random bits is kept."""

    __tablename__ = "deadline_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
