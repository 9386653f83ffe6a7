"""Webhooks: addresses that are told of history events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment


class Webhook(Base):
    """``kinds`` lists the event kinds wanted; empty means all. ``secret`` signs each delivery (HMAC-SHA256).

    History is the queue: ``delivered_event_id`` is the last event that the address has taken, ``job_id`` is of the one
    job that delivers what comes behind it.
    """

    __tablename__ = "webhook"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    secret: Mapped[str] = mapped_column(String(100))
    kinds: Mapped[list[Any]] = mapped_column(Json)
    delivered_event_id: Mapped[int] = mapped_column(Identity, default=0)
    job_id: Mapped[str] = mapped_column(String(32), default="", server_default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
