"""Authenticator applications: one per person, by which they confirm decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json, Moment


class Authenticator(Base):
    """``sealed_secret`` only the installation itself can open. It counts once ``confirmed_at`` is set.

    ``last_counter`` is the half minute of the last code that passed: none passes twice. ``recovery`` holds the SHA-256
    of each recovery code that was not used yet.
    """

    __tablename__ = "authenticator"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_counter: Mapped[int] = mapped_column(BigInteger, default=-1)
    recovery: Mapped[list[str]] = mapped_column(Json, default=list)
