"""A process instance: one run of one version of a map for one deal."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word
from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition


class InstanceState(StrEnum):
    RUNNING = "running"
    SUSPENDED = "suspended"  # nothing in it goes on until it is resumed
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ProcessInstance(Base):
    """``version`` grows by one with each step; a step is written only where the version is the one it read.

    ``open_incidents`` tells whether a step that succeeds has something to resolve.
    ``walked`` counts how often each element and sequence flow of the executed form was passed.
    ``approved`` says of approvals by element which activity was approved last, when, and the hash of what stood in the
    deal then, empty where that differs among their parts: spares reading history to see that nothing has changed.
    """

    __tablename__ = "process_instance"
    is_plain = True

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    state: Mapped[InstanceState] = mapped_column(Word(InstanceState), default=InstanceState.RUNNING)
    execution_state: Mapped[bytes] = mapped_column(LargeBinary)
    walked: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    approved: Mapped[dict[str, Any] | None] = mapped_column(Json)
    open_incidents: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own spelling

    deal: Mapped[Deal] = relationship()
    definition: Mapped[ProcessDefinition] = relationship()
