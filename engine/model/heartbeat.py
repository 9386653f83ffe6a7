"""When each kind of machinery was last seen alive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment

WORKER = "worker"
"""Beats when a worker has performed what the schedule asked: worker, broker and schedule are all alive."""


class Heartbeat(Base):
    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    beaten_at: Mapped[datetime] = mapped_column(Moment)
