"""An intervention: what a person did to a deal outside of its map, kept so that it can be counted and undone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db.base import Base
from engine.db.types import Bytes, Identity, Json, Moment, Word
from engine.model.person import Person


class InterventionKind(StrEnum):
    MOVED = "moved"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    VARIABLES_SET = "variables_set"


class Intervention(Base):
    """``element_id`` is where a moved deal went; ``freedom`` what the map says about such a move.

    ``withdrawn`` are the ids of the work items that it took back, ``left`` the elements that it left, ``passed_over``
    the approvals that are not asked because of it. ``former`` are the variables before it; of a move the stage before
    it and what it changed of the fields, of a pause the signals that came meanwhile, of a cancellation the pause that
    it ended. ``state_before`` is the instance's state before a move. ``history_length`` is that of the deal right after
    it: what was recorded since decides whether it can still be undone. 0: it cannot, the deal has gone on by it.
    """

    __tablename__ = "intervention"
    __table_args__ = (
        Index("ix_intervention_deal", "deal_id", "id"),
        Index("ix_intervention_map", "definition_id", "kind", "element_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    kind: Mapped[InterventionKind] = mapped_column(Word(InterventionKind))
    element_id: Mapped[str] = mapped_column(String(200), default="")
    freedom: Mapped[str] = mapped_column(String(24), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    withdrawn: Mapped[list[int]] = mapped_column(Json, default=list)
    left: Mapped[list[str]] = mapped_column(Json, default=list)
    passed_over: Mapped[list[str]] = mapped_column(Json, default=list)
    former: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state_before: Mapped[bytes | None] = mapped_column(Bytes)
    history_length: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Moment)

    by: Mapped[Person | None] = relationship()
