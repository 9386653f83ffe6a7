"""A day on which somebody looked through the daily control and said so."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class ControlLook(Base):
    """``day`` is that of the company's calendar; ``at`` is when it was said first. One row per person and day."""

    __tablename__ = "control_look"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
