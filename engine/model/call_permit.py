"""What maps may call: the hosts that the administrator allows, and the secrets that are sent there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class CallHost(Base):
    """A host that maps may call, ``crm.example.com`` or ``crm.example.com:8443``."""

    __tablename__ = "call_host"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    host: Mapped[str] = mapped_column(String(260), unique=True)
    added_at: Mapped[datetime] = mapped_column(Moment)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class CallSecret(Base):
    """A secret by name. ``sealed`` is opened only to be sent to ``host``, and never shown again."""

    __tablename__ = "call_secret"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    host: Mapped[str] = mapped_column(String(260))
    sealed: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(Moment)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
