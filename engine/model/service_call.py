"""A service call: a step of one instance that a worker or a program outside does."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.bpmn.compiled import ConnectorKind
from engine.db.base import Base
from engine.db.types import Moment, Word
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance


class CallState(StrEnum):
    WAITING = "waiting"  # to be made, or to be made again
    DONE = "done"
    FAILED = "failed"  # an administrator has to look at it
    CANCELLED = "cancelled"  # the deal went another way


ANSWERED_BY_OTHERS = (ConnectorKind.EXTERNAL, ConnectorKind.HTTP)
"""The answer of these comes from a system that is not this one."""
PENDING_CALLS = (CallState.WAITING, CallState.FAILED)
"""The deal stands there."""


class ServiceCall(Base):
    """``id`` is a UUID in hex: whoever is called drops a call that comes twice by it.

    ``target`` says whom it calls, for people. A waiting call may be made from ``due_at`` on; ``lease_owner`` makes it
    until ``lease_until``, and nobody else meanwhile. ``retries`` is how often it is made again after a failure,
    ``attempts`` how often it has failed. ``opened_deal_id`` is the deal that it opened.
    """

    __tablename__ = "service_call"
    is_plain = True
    __table_args__ = (
        UniqueConstraint("instance_id", "activity_id"),
        Index("ix_service_call_topic_due", "connector", "state", "topic", "due_at"),
        Index("ix_service_call_done", "state", "done_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    activity_id: Mapped[str] = mapped_column(String(32))
    element_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(500))
    connector: Mapped[ConnectorKind] = mapped_column(Word(ConnectorKind))
    topic: Mapped[str] = mapped_column(String(200), default="")
    target: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[CallState] = mapped_column(Word(CallState), default=CallState.WAITING)
    due_at: Mapped[datetime] = mapped_column(Moment)
    lease_owner: Mapped[str] = mapped_column(String(200), default="")
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    retries: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    opened_deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)

    instance: Mapped[ProcessInstance] = relationship()
    deal: Mapped[Deal] = relationship(foreign_keys=[deal_id])
