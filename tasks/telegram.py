"""Telegram: letters leave as messages, and what people write to the bot is read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.adapters.telegram import (
    API_HOST,
    ChatGone,
    ChatMessage,
    Telegram,
    TelegramBusy,
    TelegramFailed,
    TelegramRefused,
    TelegramSilent,
)
from engine.commands.mailing import ensure_still_goes, letter_failed, letter_left, tell_by_letter_instead
from engine.commands.telegram_letters import begin_try, chat_is_gone, not_written, try_failed
from engine.commands.telegram_links import end_chat
from engine.commands.telegram_updates import (
    Reading,
    Reply,
    claim_bot,
    name_bot,
    pass_over,
    release_bot,
    renew_bot,
    take_update,
)
from engine.db.job import Job
from engine.errors import DomainError
from engine.model.telegram import TelegramEnd
from engine.queries.letters import LetterView, letter_view
from tasks.app import task
from tasks.chat_words import chat_message_of, locale_of, reply_of
from tasks.congestion import SlowHosts
from tasks.happening import Happening, NotDone, NotNow, Prepared, Settle
from tasks.held_leases import held
from tasks.services import Services, services

_REPLIES_TRIED = 3
"""An answer in a chat that comes much later answers nothing."""

_logger = logging.getLogger(__name__)
telegram_rest = SlowHosts()


@task
def read_telegram(every_s: float = 0) -> None:
    """Take what people have written to the bot, each update in a transaction of its own.

    Nothing without a bot, or when a worker has begun to read less than ``every_s`` seconds ago.
    """
    given = services()
    if given.telegram is None:
        return
    with given.database.write() as session:
        reading = claim_bot(session, given.telegram.bot_id, every=timedelta(seconds=every_s), clock=given.clock)
    if reading is None:
        return
    error = ""
    renew = partial(renew_bot, bot_id=given.telegram.bot_id, clock=given.clock)
    try:
        with held(given, renew) as get_on:
            _read(given, given.telegram, reading, get_on)
    except TelegramFailed as failure:
        error = str(failure)
        _logger.warning("%s", failure)
    finally:
        with given.database.write() as session:
            release_bot(session, given.telegram.bot_id, error=error, clock=given.clock)


def _read(services: Services, telegram: Telegram, reading: Reading, get_on: Callable[[], None]) -> None:
    if not reading.has_name:
        username = telegram.username()
        with services.database.write() as session:
            name_bot(session, telegram.bot_id, username)
    for update in telegram.updates(reading.after):
        try:
            with services.database.write() as session:
                take_update(session, telegram.bot_id, update, clock=services.clock)
        except (DomainError, ValueError, LookupError, TypeError):
            _logger.exception("Update %s of the bot is passed over", update.id)  # those behind it must come
            with services.database.write() as session:
                pass_over(session, telegram.bot_id, update, clock=services.clock)
        get_on()


def prepare_telegram_letter(services: Services, session: Session, job: Job) -> Prepared:
    """Send one letter as it is now. One that has left is not sent again, whoever performs its job twice.

    The API knows no repetitions: where a try met no answer, the next one says that it may be one.
    """
    letter_id, at = int(job.payload["letter_id"]), services.clock.now()
    view = letter_view(session, letter_id, at, ZoneInfo(services.settings.time_zone))
    return Prepared(partial(_begin, services=services, job=job, letter_id=letter_id, view=view))


def _begin(
    session: Session, *, services: Services, job: Job, letter_id: int, view: LetterView | None
) -> Happening | None:
    """That it is handed over now is known before it can arrive."""
    telegram = services.telegram
    if view is None or view.chat_id is None or telegram is None:
        not_written(session, letter_id, has_bot=telegram is not None, clock=services.clock)
        return None
    is_repeated = begin_try(session, letter_id)
    ensure_still_goes(session, view)
    return partial(_send, services, telegram, job, view, view.chat_id, is_repeated=is_repeated)


def _send(
    services: Services, telegram: Telegram, job: Job, view: LetterView, chat_id: int, *, is_repeated: bool
) -> Settle:
    message = chat_message_of(
        view, chat_id=chat_id, settings=services.settings, at=services.clock.now(), is_repeated=is_repeated
    )
    try:
        with telegram_rest.calling(API_HOST):
            failure = _failure_of_sending(telegram, message)
    except NotNow as later:
        raise NotNow(later.after, partial(try_failed, letter_id=view.id, had_left=is_repeated)) from None
    if failure is None:
        return partial(letter_left, letter_id=view.id, clock=services.clock)
    settle = partial(_did_not_leave, services=services, job=job, view=view, had_left=is_repeated, failure=failure)
    if isinstance(failure, TelegramFailed):
        raise _tried_later(failure, settle)
    return settle


def _did_not_leave(
    session: Session, *, services: Services, job: Job, view: LetterView, had_left: bool, failure: DomainError
) -> None:
    if not isinstance(failure, TelegramSilent):
        try_failed(session, view.id, had_left=had_left)
    if isinstance(failure, ChatGone):
        chat_is_gone(session, view.id, view.chat_id or 0, clock=services.clock)
    elif not isinstance(failure, TelegramBusy):
        is_refused = isinstance(failure, TelegramRefused)
        letter_failed(session, view.id, str(failure), attempts=job.attempts, for_good=is_refused)
        tell_by_letter_instead(session, view.id, clock=services.clock)


def prepare_telegram_reply(services: Services, _session: Session, job: Job) -> Prepared:
    """Answer in a chat."""
    telegram = services.telegram
    return Prepared(lambda _session: partial(_reply, services, telegram, job) if telegram is not None else None)


def _reply(services: Services, telegram: Telegram, job: Job) -> Settle | None:
    told = job.payload
    locale = locale_of(told["locale"], usual=services.settings.locale)
    message = reply_of(Reply(told["reply"]), chat_id=told["chat_id"], locale=locale, name=told["name"])
    with telegram_rest.calling(API_HOST):
        failure = _failure_of_sending(telegram, message)
    if isinstance(failure, ChatGone):
        return partial(end_chat, chat_id=message.chat_id, why=TelegramEnd.BLOCKED, at=services.clock.now())
    if isinstance(failure, TelegramBusy) or (isinstance(failure, TelegramFailed) and job.attempts < _REPLIES_TRIED):
        raise _tried_later(failure)
    if failure is not None:
        _logger.warning("A chat is not answered: %s", failure)
    return None


def _failure_of_sending(telegram: Telegram, message: ChatMessage) -> DomainError | None:
    try:
        telegram.send(message)
    except (TelegramFailed, TelegramRefused, ChatGone) as failure:
        return failure
    return None


def _tried_later(failure: TelegramFailed, settle: Settle | None = None) -> Exception:
    """What a job raises for it; meanwhile this process leaves Telegram alone."""
    if isinstance(failure, TelegramBusy):
        seconds = float(failure.params["seconds"])
        telegram_rest.rest(API_HOST, seconds)
        return NotNow(timedelta(seconds=seconds), settle)
    telegram_rest.is_silent(API_HOST)
    return NotDone(failure, settle) if settle is not None else failure
