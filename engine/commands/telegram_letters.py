"""Letters that go as messages in Telegram: what is kept of a try, and what happens when the chat is gone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.mailing import told_nowhere_else
from engine.commands.telegram_links import end_chat
from engine.model.letter import Letter, LetterState
from engine.model.notice import NoticeState
from engine.model.telegram import TelegramChat, TelegramEnd


def begin_try(session: Session, letter_id: int) -> bool:
    """A message is handed over now. Whether it may have arrived before: a try before this one met no answer."""
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    before, letter.may_have_left = letter.may_have_left, True
    return before


def try_failed(session: Session, letter_id: int, *, had_left: bool) -> None:
    """The message was certainly not taken this time; ``had_left`` is what ``begin_try`` said."""
    session.get_one(Letter, letter_id).may_have_left = had_left


def chat_is_gone(session: Session, letter_id: int, chat_id: int, *, clock: Clock) -> None:
    """The person has blocked the bot: their chat is unlinked, and what the letter tells goes another way."""
    at = clock.now()
    end_chat(session, chat_id, TelegramEnd.BLOCKED, at=at)
    _tell_otherwise(session, letter_id, at)


def not_written(session: Session, letter_id: int, *, has_bot: bool, clock: Clock) -> None:
    """All that it would tell is over; or the bot is gone, or its reader unlinked the chat: it goes another way."""
    letter = session.get(Letter, letter_id)
    if letter is None or letter.state is not LetterState.WAITING:
        return
    chat = session.get(TelegramChat, letter.person_id)
    if not has_bot or chat is None or chat.chat_id is None:
        _tell_otherwise(session, letter_id, clock.now())
    else:
        letter.state = LetterState.EMPTY


def _tell_otherwise(session: Session, letter_id: int, at: datetime) -> None:
    """Plan anew what no other letter to the same person says."""
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    if letter.state is not LetterState.WAITING:
        return
    letter.state = LetterState.EMPTY
    for notice in told_nowhere_else(session, letter):
        notice.state, notice.due_at, notice.letter_id = NoticeState.PLANNED, at, None
