"""Process definitions (sales maps) in numbered versions, with the owner's files exactly as they came."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.bpmn.compiled import CompiledProcess
from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word


class DefinitionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ProcessDefinition(Base):
    """One version of a map. ``compiled`` is CompiledProcess as JSON, or None while errors stand in its way.

    ``questions`` is what it leaves open, Question as JSON. ``called`` pins the versions of the maps that it calls, by
    key. ``published_note`` says why it went live. ``revision`` counts how often a draft was amended, from 1;
    ``based_on_id`` is the version that was edited into this one, None for one that was uploaded.
    """

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    state: Mapped[DefinitionState] = mapped_column(Word(DefinitionState), default=DefinitionState.DRAFT, index=True)
    compiled: Mapped[str | None] = mapped_column(Text, deferred=True)
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    findings: Mapped[list[Any]] = mapped_column(Json)
    questions: Mapped[list[Any]] = mapped_column(Json, default=list, deferred=True)
    called: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_note: Mapped[str] = mapped_column(Text, default="")
    retired_at: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(default=1)
    amended_at: Mapped[datetime | None] = mapped_column(Moment)
    amended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("process_definition.id"))

    files: Mapped[list[DefinitionFile]] = relationship(order_by="DefinitionFile.id", cascade="all, delete-orphan")

    def process(self) -> CompiledProcess:
        """The executable map. Raises ValueError when the version has errors and was never compiled."""
        if self.compiled is None:
            msg = f"definition {self.id} has errors and cannot be executed"
            raise ValueError(msg)
        return CompiledProcess.model_validate_json(self.compiled)


class DefinitionFile(Base):
    """A file as it was uploaded, byte for byte. The first one holds the map itself."""

    __tablename__ = "definition_file"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))


class DiscardedDraft(Base):
    """The number of a draft that was thrown away, and what it was called: neither its id nor its version comes again,
    so that a page of it that somebody has open can never act on another map.
    """

    __tablename__ = "discarded_draft"

    definition_id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(200), index=True)
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    discarded_at: Mapped[datetime] = mapped_column(Moment)
    discarded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
