"""What people write to the bot: a code links their chat, /stop unlinks it. Nothing of a deal is done from there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy import update as renewing
from sqlalchemy.orm import Session

from engine.adapters.telegram import Update
from engine.clock import Clock
from engine.commands.asking_outside import ALWAYS, add_unless_there, may_ask
from engine.commands.idempotency import already_performed
from engine.commands.telegram_links import end_chat, link_chat
from engine.db.outbox import enqueue
from engine.db.session import UNSYNCHRONISED
from engine.model.person import Person
from engine.model.telegram import TelegramBot, TelegramChat, TelegramEnd
from engine.policy.permissions import Actor
from engine.policy.telegram_codes import is_code

TELEGRAM_REPLY = "telegram_reply"
"""The kind of an outbox job: its payload says what to whom."""
LEASE = timedelta(seconds=30)
"""How long nobody else looks at the updates after whoever does was last known to live."""
RESTS = timedelta(seconds=30)
"""How long Telegram is left alone after it could not be read."""
NUMBERS_GROW = timedelta(days=6)
"""The API may begin anew with the numbers of updates when there were none for a week."""
_ANSWERED_ONCE_S = 10
"""A chat is answered once in so many seconds: whoever writes faster is no person."""


class Reply(StrEnum):
    """What the bot says. The words stand in tasks/chat_words.py."""

    LINKED = "linked"
    LINKED_ALREADY = "linked_already"
    CODE_UNKNOWN = "code_unknown"
    STOPPED = "stopped"
    WELCOME = "welcome"


@dataclass(frozen=True, slots=True)
class Reading:
    """For the one worker who reads now: what comes after the update ``after``; ``has_name``: the bot's is known."""

    after: int
    has_name: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """``locale`` as Telegram or our own card names it; ``name`` is whose chat it is."""

    chat_id: int
    reply: Reply
    locale: str
    name: str = ""


def claim_bot(session: Session, bot_id: int, *, every: timedelta = ALWAYS, clock: Clock) -> Reading | None:
    """Where to go on reading.

    None while another worker does, when one has begun to less than ``every`` ago, or while Telegram is left alone.
    """
    at = clock.now()
    bot = session.get(TelegramBot, bot_id, with_for_update=True)
    if bot is None:
        add_unless_there(session, TelegramBot, {"id": bot_id, "username": "", "last_update": 0, "last_error": ""})
        bot = session.get_one(TelegramBot, bot_id, with_for_update=True)
    if not may_ask(bot.asked_at, bot.lease_until, every=every, at=at):
        return None
    bot.asked_at, bot.lease_until = at, at + LEASE
    session.flush()
    return Reading(_last_of(bot, at), bool(bot.username) and _hour_of(bot.read_at) == _hour_of(at))


def renew_bot(session: Session, bot_id: int, *, clock: Clock) -> None:
    """Whoever looks at the updates is still at it. A lease that is over stays so: another worker may have begun."""
    at = clock.now()
    mine = renewing(TelegramBot).where(TelegramBot.id == bot_id, TelegramBot.lease_until > at)
    session.execute(mine.values(lease_until=at + LEASE), execution_options=UNSYNCHRONISED)


def name_bot(session: Session, bot_id: int, username: str) -> None:
    """The Bot API has told who the bot is."""
    session.get_one(TelegramBot, bot_id).username = username


def release_bot(session: Session, bot_id: int, *, error: str = "", clock: Clock) -> None:
    """The look at the updates is over, with or without a failure."""
    bot, at = session.get_one(TelegramBot, bot_id), clock.now()
    bot.lease_until, bot.last_error = at + RESTS if error else None, error[:2000]
    if not error:
        bot.read_at = at


def take_update(session: Session, bot_id: int, update: Update, *, clock: Clock) -> None:
    """Do what an update asks for, once however often it comes: its number is kept in the same transaction."""
    at = clock.now()
    bot = session.get_one(TelegramBot, bot_id, with_for_update=True, populate_existing=True)
    if update.id <= _last_of(bot, at):
        return
    bot.last_update, bot.updated_at = update.id, at
    if update.chat_id is not None:
        _take(session, update.chat_id, update, at)


def pass_over(session: Session, bot_id: int, update: Update, *, clock: Clock) -> None:
    """An update that cannot be handled must not stop those behind it.

    A worker that was thought dead does not lead back those who went on without it.
    """
    bot, at = session.get_one(TelegramBot, bot_id, with_for_update=True), clock.now()
    if update.id > _last_of(bot, at):
        bot.last_update, bot.updated_at = update.id, at


def _hour_of(moment: datetime | None) -> datetime | None:
    return moment.replace(minute=0, second=0, microsecond=0) if moment is not None else None


def _last_of(bot: TelegramBot, at: datetime) -> int:
    is_recent = bot.updated_at is not None and at - bot.updated_at < NUMBERS_GROW
    return bot.last_update if is_recent else 0


def _take(session: Session, chat_id: int, update: Update, at: datetime) -> None:
    if update.has_left:
        end_chat(session, chat_id, TelegramEnd.BLOCKED, at=at)
        return
    command, _, rest = update.text.strip().partition(" ")
    if command.casefold() == "/stop":
        _stop(session, chat_id, update, at)
    elif command.casefold() == "/start" and rest.strip():
        _link(session, chat_id, rest, update, at)
    elif is_code(update.text):
        _link(session, chat_id, update.text, update, at)
    elif update.text:
        _explain(session, chat_id, update, at)


def _link(session: Session, chat_id: int, typed: str, update: Update, at: datetime) -> None:
    person = link_chat(session, typed, chat_id, update.name, at=at)
    if person is None:
        _say_once(session, _Said(chat_id, Reply.CODE_UNKNOWN, update.language), at)
    else:
        _say(session, _Said(chat_id, Reply.LINKED, person.locale, person.full_name), at)


def _stop(session: Session, chat_id: int, update: Update, at: datetime) -> None:
    person = end_chat(session, chat_id, TelegramEnd.STOPPED, at=at)
    if person is None:
        _say_once(session, _Said(chat_id, Reply.WELCOME, update.language), at)
    else:
        _say(session, _Said(chat_id, Reply.STOPPED, person.locale), at)


def _explain(session: Session, chat_id: int, update: Update, at: datetime) -> None:
    whose = select(Person).join(TelegramChat, TelegramChat.person_id == Person.id)
    person = session.scalar(whose.where(TelegramChat.chat_id == chat_id))
    if person is None:
        _say_once(session, _Said(chat_id, Reply.WELCOME, update.language), at)
    else:
        _say_once(session, _Said(chat_id, Reply.LINKED_ALREADY, person.locale, person.full_name), at)


def _say_once(session: Session, said: _Said, at: datetime) -> None:
    """Answer, unless this chat has just been answered."""
    key = f"telegram:{said.chat_id}:{int(at.timestamp()) // _ANSWERED_ONCE_S}"
    if already_performed(session, key, "answer_chat", {}, actor=Actor.system(), at=at) is None:
        _say(session, said, at)


def _say(session: Session, said: _Said, at: datetime) -> None:
    enqueue(session, TELEGRAM_REPLY, asdict(said), at=at)
