"""Telegram: whose chat is whose, codes by which people link their own, and how far the bot's updates are read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Moment, Word


class TelegramEnd(StrEnum):
    """Why nothing comes to a chat any more."""

    STOPPED = "stopped"  # its person wrote /stop
    BLOCKED = "blocked"  # its person blocked the bot, or left Telegram
    MOVED = "moved"  # somebody else linked the same chat


class TelegramChat(Base):
    """A person's chat with the bot. Without ``chat_id`` there is none any more, and ``ended`` says why.

    ``name`` is how Telegram calls its owner, for the person to know their own account by.
    """

    __tablename__ = "telegram_chat"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    linked_at: Mapped[datetime] = mapped_column(Moment)
    ended: Mapped[TelegramEnd | None] = mapped_column(Word(TelegramEnd))


class TelegramCode(Base):
    """A code by which a person links the chat into which it is written: only its SHA-256, until ``expires_at``."""

    __tablename__ = "telegram_code"
    __table_args__ = (Index("ix_telegram_code_person", "person_id"), Index("ix_telegram_code_expires", "expires_at"))

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(Moment)


class TelegramBot(Base):
    """How far the updates of a bot are read. One worker reads them until ``lease_until``.

    ``username`` is empty until the Bot API has told it. ``asked_at`` is when a worker last began to read them,
    ``read_at`` when they were last read without a failure.
    """

    __tablename__ = "telegram_bot"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    username: Mapped[str] = mapped_column(String(64), default="")
    last_update: Mapped[int] = mapped_column(BigInteger, default=0)
    updated_at: Mapped[datetime | None] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")
