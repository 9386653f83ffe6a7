"""A person who wants to be told what happens in a deal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment


class Watch(Base):
    __tablename__ = "watch"

    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(Moment)
