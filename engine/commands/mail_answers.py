"""Answers to letters: one that names a decision becomes a draft of it, which its writer confirms here or never.

Nothing is decided by mail: an address can be forged, and a mailbox can be open on somebody's desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.adapters.mailbox import Place
from engine.adapters.received_mail import ReceivedMessage
from engine.clock import Clock
from engine.commands.asking_outside import ALWAYS, add_unless_there, may_ask
from engine.commands.notifications import notify
from engine.db.session import UNSYNCHRONISED
from engine.errors import NotFound
from engine.model.letter import Letter, LetterState, MailboxPlace, ProposedDecision, ReceivedMail
from engine.model.notice import Notice, NoticeKind
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.policy.mail_replies import ReadDecision, read_decision
from engine.policy.permissions import may_act_on_step
from engine.queries.actors import actor_of
from engine.queries.processes import process_of

MOST_ANSWERS = 20
"""To one letter: whoever sends more is no person."""

LEASE = timedelta(seconds=30)
"""How long nobody else looks into the mailbox after whoever does was last known to live."""

_ASKED = (NoticeKind.APPROVAL_ASKED, NoticeKind.REPLY_UNDERSTOOD, NoticeKind.REPLY_UNREAD)


class Became(StrEnum):
    """What came of a message."""

    PROPOSAL = "proposal"
    UNREAD = "unread"  # a person's, without a decision: they are told so
    LATE = "late"  # the step does not wait for them any more: they are told so
    BOUNCE = "bounce"  # a letter of ours came back
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"  # it answers no letter of ours
    FOREIGN = "foreign"  # it comes from another address than the letter went to
    TOO_MANY = "too_many"
    CLIENT_LETTER = "client_letter"  # it stands in the deal


def take_answer(session: Session, message: ReceivedMessage, *, clock: Clock) -> Became | None:
    """Do what a message asks for, once however often it is delivered; None when it was taken before."""
    if session.get(ReceivedMail, message.id) is not None:
        return None
    at = clock.now()
    letter = _letter_of(session, message.keys)
    became = _become(session, message, letter, at)
    known = letter.id if letter is not None else None
    session.add(ReceivedMail(id=message.id, became=became.value, letter_id=known, received_at=at))
    session.flush()
    return became


def _become(session: Session, message: ReceivedMessage, letter: Letter | None, at: datetime) -> Became:
    if letter is None:
        return Became.UNKNOWN
    if message.failure:
        letter.state, letter.last_error = LetterState.REFUSED, message.failure
        return Became.BOUNCE
    if message.is_automatic:
        return Became.AUTOMATIC
    person = session.get_one(Person, letter.person_id)
    if not person.is_active or not message.sender or message.sender != person.email.strip().casefold():
        return Became.FOREIGN
    so_far = select(func.count()).select_from(ReceivedMail).where(ReceivedMail.letter_id == letter.id)
    if (session.scalar(so_far) or 0) >= MOST_ANSWERS:
        return Became.TOO_MANY
    return _answered(session, message, letter, person, at)


def _answered(session: Session, message: ReceivedMessage, letter: Letter, person: Person, at: datetime) -> Became:
    items = _items_of(session, letter.id)
    item = items[0] if len(items) == 1 else None
    if item is None:
        kind, became, read = NoticeKind.REPLY_UNREAD, Became.UNREAD, None
    elif not _may_act(session, person, item, at):
        kind, became, read = NoticeKind.REPLY_LATE, Became.LATE, None
    else:
        read = _read(session, message.text, item)
        kind = NoticeKind.REPLY_UNDERSTOOD if read is not None else NoticeKind.REPLY_UNREAD
        became = Became.PROPOSAL if read is not None else Became.UNREAD
        if read is not None:
            _propose(session, read, item, person, at)
    notify(
        session,
        kind,
        to=[person.id],
        at=at,
        work_item=item,
        text=read.comment if read is not None else "",
        outcome=read.outcome if read is not None else "",
        answers=message.message_id,
    )
    return became


def _propose(session: Session, read: ReadDecision, item: WorkItem, person: Person, at: datetime) -> None:
    proposal = session.get(ProposedDecision, (item.id, person.id))
    if proposal is None:
        proposal = ProposedDecision(work_item_id=item.id, person_id=person.id)
        session.add(proposal)
    proposal.outcome, proposal.comment, proposal.received_at = read.outcome, read.comment, at


def _read(session: Session, text: str, item: WorkItem) -> ReadDecision | None:
    step = process_of(session, item.instance.definition_id).steps.get(item.element_id)
    return read_decision(text, step.outcomes) if step is not None else None


def _letter_of(session: Session, keys: Sequence[str]) -> Letter | None:
    """The first of the keys that is one of ours: the address of an answer is looked at before what it quotes."""
    found = {letter.key: letter for letter in session.scalars(select(Letter).where(Letter.key.in_(keys)))}
    return next((found[key] for key in keys if key in found), None)


def _items_of(session: Session, letter_id: int) -> list[WorkItem]:
    asked = select(Notice.work_item_id).where(Notice.letter_id == letter_id, Notice.kind.in_(_ASKED))
    return list(session.scalars(select(WorkItem).where(WorkItem.id.in_(asked)).order_by(WorkItem.id)))


def _may_act(session: Session, person: Person, item: WorkItem, at: datetime) -> bool:
    try:
        actor = actor_of(session, person.id, at)
    except NotFound:
        return False
    return item.is_live and may_act_on_step(actor, assignee_id=item.assignee_id, group_id=item.group_id)


def claim_mailbox(session: Session, mailbox: str, *, every: timedelta = ALWAYS, clock: Clock) -> Place | None:
    """Where to go on reading, for the one worker who reads now.

    None while another does, or when one has begun to less than ``every`` ago.
    """
    at = clock.now()
    place = session.get(MailboxPlace, mailbox, with_for_update=True)
    if place is None:
        new = {"mailbox": mailbox, "uid_validity": 0, "last_uid": 0, "last_error": ""}
        add_unless_there(session, MailboxPlace, new)
        place = session.get_one(MailboxPlace, mailbox, with_for_update=True)
    if not may_ask(place.asked_at, place.lease_until, every=every, at=at):
        return None
    place.asked_at, place.lease_until = at, at + LEASE
    session.flush()
    return Place(place.uid_validity, place.last_uid)


def keep_place(session: Session, mailbox: str, reached: Place, *, clock: Clock) -> None:
    """In the transaction that took the message there: a worker that is killed takes none twice and loses none.

    The look goes on for as long as messages come: no other worker begins one meanwhile. One that was thought dead does
    not lead back those who went on without it.
    """
    place = session.get_one(MailboxPlace, mailbox, with_for_update=True)
    is_behind = place.uid_validity == reached.validity and place.last_uid > reached.last
    if not is_behind:
        place.uid_validity, place.last_uid = reached.validity, reached.last
    place.lease_until = clock.now() + LEASE


def renew_mailbox(session: Session, mailbox: str, *, clock: Clock) -> None:
    """Whoever looks into the mailbox is still at it. A lease that is over stays so: another worker may have begun."""
    at = clock.now()
    mine = update(MailboxPlace).where(MailboxPlace.mailbox == mailbox, MailboxPlace.lease_until > at)
    session.execute(mine.values(lease_until=at + LEASE), execution_options=UNSYNCHRONISED)


def release_mailbox(session: Session, mailbox: str, *, error: str = "", clock: Clock) -> None:
    """The look into the mailbox is over, with or without a failure."""
    place = session.get_one(MailboxPlace, mailbox)
    place.lease_until, place.last_error = None, error[:2000]
    if not error:
        place.read_at = clock.now()
