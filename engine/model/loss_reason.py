"""Why deals end without a sale: the list from which people choose."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class LossReason(Base):
    """``name_key`` is the name as it is compared. An archived reason is offered no more; deals and reports keep it."""

    __tablename__ = "loss_reason"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    position: Mapped[int]
    archived_at: Mapped[datetime | None] = mapped_column(Moment)
