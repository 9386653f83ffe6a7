"""Answers to letters, read from the mailbox of the installation."""

from __future__ import annotations

import logging
from datetime import timedelta

from engine.adapters.mailbox import Mailbox, MailboxFailed, Place, RawMessage
from engine.adapters.received_mail import read_message
from engine.commands.mail_answers import claim_mailbox, keep_place, release_mailbox, take_answer
from engine.errors import DomainError
from tasks.app import task
from tasks.services import Services, services

_LOOKED_BACK = timedelta(days=7)

_logger = logging.getLogger(__name__)


@task
def read_answers() -> None:
    """Take what has come since the last look, each message in a transaction of its own. Without a mailbox, nothing."""
    given = services()
    if given.mailbox is None:
        return
    with given.database.write() as session:
        place = claim_mailbox(session, given.mailbox.name, clock=given.clock)
    if place is None:
        return
    error = ""
    try:
        _read(given, given.mailbox, place)
    except MailboxFailed as failure:
        error = str(failure)
        _logger.warning("%s", failure)
    finally:
        with given.database.write() as session:
            release_mailbox(session, given.mailbox.name, error=error, clock=given.clock)


def _read(services: Services, mailbox: Mailbox, place: Place) -> None:
    since = (services.clock.now() - _LOOKED_BACK).date()
    for message in mailbox.new_messages(place, since=since):
        _take(services, mailbox, message)


def _take(services: Services, mailbox: Mailbox, message: RawMessage) -> None:
    answer = read_message(message.raw)
    became = None
    try:
        with services.database.write() as session:
            became = take_answer(session, answer, clock=services.clock)
            keep_place(session, mailbox.name, message.place)
    except (DomainError, ValueError, LookupError, TypeError, AttributeError):
        _logger.exception("Message %s of the mailbox is passed over", message.place.last)  # those behind it must come
        with services.database.write() as session:
            keep_place(session, mailbox.name, message.place)
    if became is not None:
        _logger.info("A message in the mailbox is taken: %s", became.value)
