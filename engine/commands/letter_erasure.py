"""Erasing letters with a client: all of them with the client, with a contact those to and from the contact."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.commands.search_texts import find_letter
from engine.db.session import UNSYNCHRONISED
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.notice import OF_CLIENT_LETTERS, Notice
from engine.policy.personal_texts import ERASED
from engine.policy.personal_traces import Traces


def erase_letters(session: Session, deal_id: int, named: Traces, *, of_client: bool) -> None:
    """Erase from a locked deal what letters say. ``of_client``: they all are the person's, and nothing is left.

    An answer that comes later to a letter of theirs is not taken any more. Another letter loses the texts that name
    them.
    """
    if of_client:
        letters = ClientLetter.deal_id == deal_id
        session.execute(update(ClientLetter).where(letters).values(answers_id=None), execution_options=UNSYNCHRONISED)
        session.execute(delete(ClientLetter).where(letters), execution_options=UNSYNCHRONISED)
        told = update(Notice).where(Notice.deal_id == deal_id, Notice.kind.in_(OF_CLIENT_LETTERS))
        session.execute(told.values(details={}), execution_options=UNSYNCHRONISED)
        return
    renewed = []
    for letter in session.scalars(select(ClientLetter).where(ClientLetter.deal_id == deal_id)):
        if _is_theirs(letter, named):
            _empty(letter, named)
            continue
        before = letter.subject, letter.text
        letter.subject, letter.text = named.without(letter.subject), named.without(letter.text)
        letter.quoted, letter.left_out = named.without(letter.quoted), named.without(letter.left_out)
        if (letter.subject, letter.text) != before:
            renewed.append(letter)
    session.flush()  # with which the database forgets by what the changed ones were found
    for letter in renewed:
        find_letter(session, letter)


def _is_theirs(letter: ClientLetter, named: Traces) -> bool:
    receivers = (str(word) for one in letter.receivers for word in one.values())
    return any(named.are_in(word) for word in (letter.sender, letter.sender_name, *receivers))


def _empty(letter: ClientLetter, named: Traces) -> None:
    letter.subject = letter.text = ERASED
    letter.sender, letter.sender_name = named.without(letter.sender), named.without(letter.sender_name)
    letter.quoted = letter.last_error = letter.message_id = ""
    letter.key, letter.left_out, letter.unread_since = None, [], None
    letter.receivers = named.without(letter.receivers)
    if letter.state is ClientLetterState.WAITING:
        letter.state = ClientLetterState.GIVEN_UP
