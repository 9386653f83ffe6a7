"""Commands already performed, by their id: a repetition is answered with what the first one did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json, Moment


class PerformedCommand(Base):
    """``fingerprint`` is the hash of the command's name and arguments: the same key for another command is an error."""

    __tablename__ = "performed_command"
    is_plain = True

    actor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    performed_at: Mapped[datetime] = mapped_column(Moment, index=True)
