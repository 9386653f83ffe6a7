"""An incident: a step that failed technically and waits for an administrator."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word
from engine.model.deal import Deal


class IncidentState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class Incident(Base):
    """``params`` fills the template of the error ``code``; ``stimulus`` is what to try again.

    ``attempts`` counts how often it failed, first at ``occurred_at``, the last time at ``last_failed_at``, both also
    where it was tried again in between; the problem and the ``variables`` are those of the last time.
    ``closing_reason`` is given where it was closed without success.
    """

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    element_id: Mapped[str] = mapped_column(String(200), default="")
    code: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    stimulus: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[IncidentState] = mapped_column(Word(IncidentState), default=IncidentState.OPEN, index=True)
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=1)
    last_failed_at: Mapped[datetime | None] = mapped_column(Moment)
    variables: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    closing_reason: Mapped[str] = mapped_column(String(500), default="")
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    deal: Mapped[Deal | None] = relationship()
