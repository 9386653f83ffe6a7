"""How a person wants a list to look: its filters and its order, kept across devices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json


class ListChoice(Base):
    """``list_name`` is the list's own word, such as "inbox.mine"; ``chosen`` is what that list makes of it."""

    __tablename__ = "list_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    list_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    chosen: Mapped[dict[str, Any]] = mapped_column(Json)
