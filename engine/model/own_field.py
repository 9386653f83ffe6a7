"""Fields that the company itself gives its clients and contacts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word


class FieldSubject(StrEnum):
    """Whose field it is."""

    CLIENT = "client"
    CONTACT = "contact"


class OwnField(Base):
    """``definition`` is a FieldDefinition as JSON, as steps have them; ``name`` never changes.

    ``is_listed`` makes it a column of the list. A retired field is asked for nowhere and keeps its values.
    """

    __tablename__ = "own_field"
    __table_args__ = (UniqueConstraint("subject", "name"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    subject: Mapped[FieldSubject] = mapped_column(Word(FieldSubject))
    name: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    position: Mapped[int]
    is_listed: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)
