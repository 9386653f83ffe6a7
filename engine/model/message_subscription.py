"""A message subscription: an event of an instance that waits for a message from outside."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Word


class SubscriptionKind(StrEnum):
    MESSAGE = "message"
    SIGNAL = "signal"


class MessageSubscription(Base):
    """``correlation_key`` is the canonical JSON of the values that a message must carry; "{}" takes any.

    Its number is never given to another one: who is to hear a signal is known by it until the signal has come to all.
    """

    __tablename__ = "message_subscription"
    is_plain = True
    __table_args__ = (
        UniqueConstraint("instance_id", "activity_id", "node_id"),
        Index("ix_message_subscription_name_key", "name", "correlation_key"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    activity_id: Mapped[str] = mapped_column(String(32))
    node_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[SubscriptionKind] = mapped_column(Word(SubscriptionKind), default=SubscriptionKind.MESSAGE)
    name: Mapped[str] = mapped_column(String(300))
    correlation_key: Mapped[str] = mapped_column(String(2000), default="{}")
