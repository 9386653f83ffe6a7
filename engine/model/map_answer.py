"""What was answered to the questions of a map, remembered for its next version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.bpmn.questions import QuestionKind
from engine.db.base import Base
from engine.db.types import Identity, Moment, Word


class MapAnswer(Base):
    """The last answer to a question. ``label`` is what people called the answer where ``answer`` is an id.

    ``definition_id`` is the version that it was last given for. ``element_id`` of a question who is meant by a name is
    that name.
    """

    __tablename__ = "map_answer"
    __table_args__ = (UniqueConstraint("map_key", "kind", "element_id"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    map_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[QuestionKind] = mapped_column(Word(QuestionKind))
    element_id: Mapped[str] = mapped_column(String(300))
    element_name: Mapped[str] = mapped_column(String(300), default="")
    answer: Mapped[str] = mapped_column(String(300))
    label: Mapped[str] = mapped_column(String(300), default="")
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime] = mapped_column(Moment)
