"""Half-filled forms and half-written comments, kept as they were typed, without validation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json, Moment


class Draft(Base):
    """``typed`` holds the form's raw texts by field name, per person; ``comment`` is what they say with the step."""

    __tablename__ = "draft"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    typed: Mapped[dict[str, Any]] = mapped_column(Json)
    comment: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime] = mapped_column(Moment)


class CommentDraft(Base):
    """A comment for everybody in the deal that a person is writing at a step. It outlives the step."""

    __tablename__ = "comment_draft"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    text: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(Moment)
