"""A timer: a stored wake-up of an instance."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class Timer(Base):
    """A row stands as long as the timer may fire. ``lease_until`` keeps a second worker away while one fires it."""

    __tablename__ = "timer"
    is_plain = True
    __table_args__ = (UniqueConstraint("instance_id", "activity_id", "node_id"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    activity_id: Mapped[str] = mapped_column(String(32))
    node_id: Mapped[str] = mapped_column(String(200))
    due_at: Mapped[datetime] = mapped_column(Moment, index=True)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
