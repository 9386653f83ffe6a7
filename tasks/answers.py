"""Answers to letters, read from the mailbox of the installation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from engine.adapters.mailbox import Mailbox, MailboxFailed, Place, RawMessage
from engine.adapters.received_mail import ReceivedMessage, read_message
from engine.commands.client_answers import take_client_answer
from engine.commands.mail_answers import (
    Became,
    claim_mailbox,
    keep_place,
    release_mailbox,
    renew_mailbox,
    take_answer,
)
from engine.errors import DomainError
from engine.model.letter import ReceivedMail
from engine.policy.file_limits import limits_of
from engine.queries.client_letters import answered_letter
from tasks.app import task
from tasks.client_letters import bring_letter
from tasks.held_leases import held
from tasks.services import Services, services

_LOOKED_BACK = timedelta(days=7)

_logger = logging.getLogger(__name__)


@task
def read_answers(every_s: float = 0) -> None:
    """Take what has come since the last look, each message in a transaction of its own.

    Nothing without a mailbox, or when a worker has begun to read it less than ``every_s`` seconds ago.
    """
    given = services()
    if given.mailbox is None:
        return
    with given.database.write() as session:
        place = claim_mailbox(session, given.mailbox.name, every=timedelta(seconds=every_s), clock=given.clock)
    if place is None:
        return
    error = ""
    renew = partial(renew_mailbox, mailbox=given.mailbox.name, clock=given.clock)
    try:
        with held(given, renew) as get_on:
            _read(given, given.mailbox, place, get_on)
    except MailboxFailed as failure:
        error = str(failure)
        _logger.warning("%s", failure)
    finally:
        with given.database.write() as session:
            release_mailbox(session, given.mailbox.name, error=error, clock=given.clock)


def _read(services: Services, mailbox: Mailbox, place: Place, get_on: Callable[[], None]) -> None:
    since = (services.clock.now() - _LOOKED_BACK).date()
    for message in mailbox.new_messages(place, since=since):
        _take(services, mailbox, message)
        get_on()


def _take(services: Services, mailbox: Mailbox, message: RawMessage) -> None:
    answer = read_message(message.raw)
    became = None
    try:
        take = _taking(services, message, answer)
        with services.database.write() as session:
            became = take(session)
            keep_place(session, mailbox.name, message.place, clock=services.clock)
    except (DomainError, ValueError, LookupError, TypeError, AttributeError):
        _logger.exception("Message %s of the mailbox is passed over", message.place.last)  # those behind it must come
        with services.database.write() as session:
            keep_place(session, mailbox.name, message.place, clock=services.clock)
    if became is not None:
        _logger.info("A message in the mailbox is taken: %s", became.value)


def _taking(services: Services, message: RawMessage, answer: ReceivedMessage) -> Callable[[Session], Became | None]:
    """What is done with a message: one that answers a letter to a client comes into its deal."""
    with services.database.read() as session:
        answered_id = answered_letter(session, answer.keys)
        is_new = session.get(ReceivedMail, answer.id) is None
    if answered_id is None or not is_new:
        return partial(take_answer, message=answer, clock=services.clock)
    return partial(
        take_client_answer,
        message=answer,
        brought=bring_letter(services, message, answer),
        answered_id=answered_id,
        limits=limits_of(services.settings),
        clock=services.clock,
    )
