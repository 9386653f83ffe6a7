"""Telegram as people see it: their own chat with the bot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.telegram import TelegramBot, TelegramChat, TelegramCode, TelegramEnd


@dataclass(frozen=True, slots=True)
class OwnTelegram:
    """``bot`` is the bot's name, empty while Telegram has not told it; ``ended`` says why nothing comes any more.

    ``is_awaited``: there is a code that still links a chat.

    ``name`` is how Telegram calls the owner of the chat that is linked since ``linked_at``.
    """

    bot: str
    is_linked: bool
    name: str
    linked_at: datetime | None
    ended: TelegramEnd | None
    is_awaited: bool


def own_telegram(session: Session, person_id: int, bot_id: int, now: datetime) -> OwnTelegram:
    bot, chat = session.get(TelegramBot, bot_id), session.get(TelegramChat, person_id)
    codes = select(TelegramCode.person_id).where(TelegramCode.person_id == person_id, TelegramCode.expires_at > now)
    is_linked = chat is not None and chat.chat_id is not None
    return OwnTelegram(
        bot=bot.username if bot is not None else "",
        is_linked=is_linked,
        name=chat.name if chat is not None and is_linked else "",
        linked_at=chat.linked_at if chat is not None and is_linked else None,
        ended=chat.ended if chat is not None else None,
        is_awaited=session.scalar(codes.limit(1)) is not None,
    )


def chat_of(session: Session, person_id: int) -> int | None:
    """Where a person is written to in Telegram."""
    return session.scalar(select(TelegramChat.chat_id).where(TelegramChat.person_id == person_id))
