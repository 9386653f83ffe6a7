"""Half-filled forms and half-written comments, kept as they were typed, without validation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json, Moment

_AS_OF = "@"  # no field of a map is called so


class Draft(Base):
    """``texts`` are the form's raw texts by field name, per person; ``comment`` is what they say with the step.

    ``as_of`` are the versions of the deal and of its client that the form showed when they were typed, or that its
    typist was told of since; drafts of earlier versions of the program do not say it. ``typed`` is how both are kept.
    """

    __tablename__ = "draft"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    typed: Mapped[dict[str, Any]] = mapped_column(Json)
    comment: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def texts(self) -> dict[str, Any]:
        return {name: text for name, text in self.typed.items() if name != _AS_OF}

    @property
    def as_of(self) -> tuple[int, int | None] | None:
        versions = self.typed.get(_AS_OF)
        return (versions[0], versions[1]) if versions is not None else None

    def keep(self, texts: Mapping[str, Any], as_of: tuple[int, int | None]) -> None:
        self.typed = {**texts, _AS_OF: list(as_of)} if texts else {}


class CommentDraft(Base):
    """A comment for everybody in the deal that a person is writing at a step. It outlives the step."""

    __tablename__ = "comment_draft"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    text: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(Moment)
