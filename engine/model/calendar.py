"""Working calendars: weekly hours with breaks, and the days that differ."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment


class Calendar(Base):
    """``weekly`` maps a weekday ("0" is Monday) to a list of ["HH:MM", "HH:MM"] spans in local time of ``zone``.

    Nothing new is counted by an archived one. No id is given twice.
    """

    __tablename__ = "calendar"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    zone: Mapped[str] = mapped_column(String(64))
    weekly: Mapped[dict[str, Any]] = mapped_column(Json)
    is_default: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None] = mapped_column(Moment)

    exceptions: Mapped[list[CalendarException]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="CalendarException.day"
    )


class CalendarException(Base):
    """A holiday (no spans) or a day with hours of its own."""

    __tablename__ = "calendar_exception"
    __table_args__ = (UniqueConstraint("calendar_id", "day"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(200), default="")
    spans: Mapped[list[Any]] = mapped_column(Json)
