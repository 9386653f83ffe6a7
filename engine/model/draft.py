"""Half-filled forms and half-written comments, kept as they were typed, without validation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Json, Moment

_AS_OF = "@"  # no field of a map is called so
_KEPT_AS_OF = "@@"


class Draft(Base):
    """``texts`` are the form's raw texts by field name, per person; ``comment`` is what they say with the step.

    ``as_of`` are the versions of the deal and of its client that the form showed when they were typed, or that its
    typist was told of since; drafts of earlier versions of the program do not say it. Texts of fields that a form did
    not show keep the versions of the form that did, see ``as_of_text``. ``typed`` is how all this is kept.
    """

    __tablename__ = "draft"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    typed: Mapped[dict[str, Any]] = mapped_column(Json)
    comment: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def texts(self) -> dict[str, Any]:
        return {name: text for name, text in self.typed.items() if name not in (_AS_OF, _KEPT_AS_OF)}

    @property
    def as_of(self) -> tuple[int, int | None] | None:
        return _versions(self.typed.get(_AS_OF))

    def as_of_text(self, name: str) -> tuple[int, int | None] | None:
        return _versions(self.typed.get(_KEPT_AS_OF, {}).get(name, self.typed.get(_AS_OF)))

    def keep(self, texts: Mapping[str, Any], as_of: tuple[int, int | None], unseen: Collection[str] = ()) -> None:
        """``texts`` in place of the former ones; those of ``unseen`` fields stay as of when their form was shown."""
        kept = {name: self.as_of_text(name) for name in unseen if name in texts}
        own = {_KEPT_AS_OF: {name: versions and list(versions) for name, versions in kept.items()}} if kept else {}
        self.typed = {**texts, _AS_OF: list(as_of), **own} if texts else {}


def _versions(kept: list[int] | None) -> tuple[int, int | None] | None:
    return (kept[0], kept[1]) if kept is not None else None


class CommentDraft(Base):
    """A comment for everybody in the deal that a person is writing at a step. It outlives the step."""

    __tablename__ = "comment_draft"

    work_item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    text: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(Moment)
