"""Rules of a map: examples of deals with what must become of them, run against every version before it goes live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment


class MapRule(Base):
    """A rule holds for every version of a map. ``given`` and ``expected``: see engine.policy.map_rules, as JSON."""

    __tablename__ = "map_rule"
    __table_args__ = (UniqueConstraint("map_key", "position"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    map_key: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    given: Mapped[dict[str, Any]] = mapped_column(Json)
    expected: Mapped[dict[str, Any]] = mapped_column(Json)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
