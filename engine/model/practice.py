"""Practice deals: what somebody did while trying a map. The deal itself is in no table: it is walked anew from this."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment


class Practice(Base):
    """``actions`` are those of engine.commands.practice_walk as JSON, oldest first. ``revision`` rises with each change
    of them: two tabs cannot both act on what only one of them has seen.
    """

    __tablename__ = "practice"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    actions: Mapped[list[Any]] = mapped_column(Json)
    revision: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(Moment)
    touched_at: Mapped[datetime] = mapped_column(Moment, index=True)
