"""The signed side of the history: the place of each entry among all, the keys that sign, and the daily checkpoints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment


class HistorySignature(Base):
    """``position`` counts from 1 without gaps. ``hash`` is that of the statement, which names the one before."""

    __tablename__ = "history_signature"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("history_event.id"), unique=True)
    at: Mapped[datetime] = mapped_column(Moment)
    key_id: Mapped[str] = mapped_column(String(16))
    hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class HistoryKey(Base):
    """A public key in hex, in the order of use. ``introduced_by`` is empty where no key vouches for it."""

    __tablename__ = "history_key"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), unique=True)
    public_key: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column(Moment)
    introduced_by: Mapped[str] = mapped_column(String(16), default="")
    signature: Mapped[str] = mapped_column(String(128))


class HistoryCheckpoint(Base):
    """The root over the first ``size`` statements. ``peaks``, between blanks, lets the next one start from here."""

    __tablename__ = "history_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    head: Mapped[str] = mapped_column(String(64))
    peaks: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(128))
