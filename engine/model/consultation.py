"""A question about a step to somebody who does not get the step with it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment
from engine.errors import N_, Conflict


class AlreadyAnswered(Conflict):
    code: ClassVar[str] = "already_answered"
    template: ClassVar[str] = N_("This question was answered already.")


class QuestionWithdrawnAlready(Conflict):
    code: ClassVar[str] = "question_withdrawn"
    template: ClassVar[str] = N_("This question was withdrawn.")


class Consultation(Base):
    """``answered_by_id`` is the person asked, or who substitutes them; ``read_at`` is when the asker took note of the
    answer. Who is asked may read the deal: see engine/queries/scopes.py.
    """

    __tablename__ = "consultation"
    __table_args__ = (
        Index("ix_consultation_asked", "asked_id", "answered_at", "deal_id"),
        Index("ix_consultation_asked_by", "asked_by_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), index=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)

    def ensure_open(self) -> None:
        """Raises AlreadyAnswered, QuestionWithdrawnAlready."""
        if self.withdrawn_at is not None:
            raise QuestionWithdrawnAlready
        if self.answered_at is not None:
            raise AlreadyAnswered
