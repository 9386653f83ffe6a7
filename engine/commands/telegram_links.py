"""Whose chat in Telegram is whose: linked by a code from one's own settings, unlinked from either side."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.errors import NotFound
from engine.events import TelegramLinked, TelegramUnlinked
from engine.model.person import Person
from engine.model.telegram import TelegramChat, TelegramCode, TelegramEnd
from engine.policy.permissions import Actor
from engine.policy.telegram_codes import ALPHABET, LENGTH, as_typed
from engine.queries.mail_links import hash_of_token

CODES_LAST = timedelta(minutes=15)


def make_telegram_code(session: Session, *, actor: Actor, clock: Clock) -> str:
    """A code that links the actor's account to the chat into which it is written; codes made before serve nothing more.

    It is nowhere but in the answer. Raises NotFound.
    """
    person = session.get(Person, actor.person_id, with_for_update=True)
    if person is None or not person.is_active:
        raise NotFound
    session.execute(delete(TelegramCode).where(TelegramCode.person_id == person.id))
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    session.add(
        TelegramCode(code_hash=hash_of_token(code), person_id=person.id, expires_at=clock.now() + CODES_LAST),
    )
    return code


def link_chat(session: Session, typed: str, chat_id: int, name: str, *, at: datetime) -> Person | None:
    """Give a chat to the person of a code; None when there is no such code, or not any more.

    A chat belongs to one person: who had it before is told on their settings page that it has moved.
    """
    found = select(TelegramCode).where(TelegramCode.code_hash == hash_of_token(as_typed(typed)))
    code = session.scalar(found.with_for_update())
    if code is None or code.expires_at <= at:
        return None
    person = session.get_one(Person, code.person_id, with_for_update=True)
    session.execute(delete(TelegramCode).where(TelegramCode.person_id == person.id))
    if not person.is_active:
        return None
    before = session.scalar(select(TelegramChat).where(TelegramChat.chat_id == chat_id).with_for_update())
    if before is not None and before.person_id != person.id:
        _end(session, before, TelegramEnd.MOVED, at)
    own = session.get(TelegramChat, person.id, with_for_update=True)
    if own is None:
        own = TelegramChat(person_id=person.id)
        session.add(own)
    own.chat_id, own.name, own.linked_at, own.ended = chat_id, name, at, None
    session.flush()
    record(session, TelegramLinked(person_id=person.id), actor=Actor.system(), at=at)
    return person


def unlink_telegram(session: Session, *, actor: Actor, clock: Clock) -> None:
    """Let nothing come to the actor's chat any more, and forget it."""
    if forget_telegram(session, actor.person_id):
        event = TelegramUnlinked(person_id=actor.person_id, reason="unlinked")
        record(session, event, actor=actor, at=clock.now())


def end_chat(session: Session, chat_id: int, why: TelegramEnd, *, at: datetime) -> Person | None:
    """The chat is not to be written to any more; whose it was, or None. Its person reads why on their settings page."""
    chat = session.scalar(select(TelegramChat).where(TelegramChat.chat_id == chat_id).with_for_update())
    if chat is None:
        return None
    _end(session, chat, why, at)
    return session.get_one(Person, chat.person_id)


def forget_telegram(session: Session, person_id: int) -> bool:
    """Remove the chat of a person, and their codes. Whether there was a chat that could be written to."""
    session.execute(delete(TelegramCode).where(TelegramCode.person_id == person_id))
    chat = session.get(TelegramChat, person_id, with_for_update=True)
    if chat is None:
        return False
    was_linked = chat.chat_id is not None
    session.delete(chat)
    session.flush()
    return was_linked


def _end(session: Session, chat: TelegramChat, why: TelegramEnd, at: datetime) -> None:
    chat.chat_id, chat.ended = None, why
    session.flush()
    record(session, TelegramUnlinked(person_id=chat.person_id, reason=why.value), actor=Actor.system(), at=at)
