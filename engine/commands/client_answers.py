"""What clients answer: a letter that names one of ours comes into its deal, once however often it is delivered.

Nothing is answered by itself, so no two machines ever write to each other. A sender can be forged: what comes from an
address that we do not know is shown, and said to be so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.adapters.received_letters import ReceivedLetter
from engine.adapters.received_mail import ReceivedMessage
from engine.clock import Clock
from engine.commands.client_letters import give_letter_up
from engine.commands.deal_files import hide_new_file, put_files
from engine.commands.history import record
from engine.commands.locks import lock_deal
from engine.commands.mail_answers import Became
from engine.commands.notifications import notify
from engine.commands.search_texts import find_letter
from engine.commands.stored_files import BroughtFile, ContentGone
from engine.events import ClientLetterReceived
from engine.model.client import Client, Contact
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.letter import ReceivedMail
from engine.model.notice import NoticeKind
from engine.policy.file_kinds import FileRefused
from engine.policy.file_limits import FileLimits
from engine.policy.permissions import Actor
from engine.queries.client_merges import one_client
from engine.queries.deal_files import reference

MOST_ANSWERS = 50
MOST_AUTOMATIC = 5
"""To one letter of ours: whoever sends more is no person who answers it."""


@dataclass(frozen=True, slots=True)
class BroughtLetter:
    """A letter that was read, the files of it whose contents are kept, and the names of the others with why."""

    letter: ReceivedLetter
    files: tuple[BroughtFile, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


def take_client_answer(
    session: Session,
    message: ReceivedMessage,
    brought: BroughtLetter,
    answered_id: int,
    *,
    limits: FileLimits,
    clock: Clock,
) -> Became | None:
    """Put what came in answer to our letter into its deal; None when it was taken before, or ours was erased."""
    if session.get(ReceivedMail, message.id) is not None:
        return None
    answered = session.get(ClientLetter, answered_id)
    if answered is None:
        return None
    at, system = clock.now(), Actor.system()
    deal = lock_deal(session, answered.deal_id, system)[0]
    session.refresh(answered)
    became = _become(session, deal, answered, message, brought, limits=limits, clock=clock)
    session.add(ReceivedMail(id=message.id, became=became.value, letter_id=None, received_at=at))
    session.flush()
    return became


def _become(
    session: Session,
    deal: Deal,
    answered: ClientLetter,
    message: ReceivedMessage,
    brought: BroughtLetter,
    *,
    limits: FileLimits,
    clock: Clock,
) -> Became:
    if message.failure:
        _came_back(session, answered, message, clock)
        return Became.BOUNCE
    if answered.key is not None and answered.key in message.message_id.casefold():
        return Became.AUTOMATIC  # our own letter, sent to our own mailbox
    so_far = select(func.count()).where(ClientLetter.answers_id == answered.id)
    received = so_far.where(ClientLetter.state == ClientLetterState.RECEIVED)
    automatic = received.where(ClientLetter.is_automatic)
    if (session.scalar(received) or 0) >= MOST_ANSWERS:
        return Became.TOO_MANY
    if message.is_automatic and (session.scalar(automatic) or 0) >= MOST_AUTOMATIC:
        return Became.TOO_MANY
    _take(session, deal, answered, message, brought, limits=limits, at=clock.now())
    return Became.CLIENT_LETTER


def _came_back(session: Session, answered: ClientLetter, message: ReceivedMessage, clock: Clock) -> None:
    """Of several addresses each may send the letter back by itself; the same is told once."""
    if answered.state not in (ClientLetterState.WAITING, ClientLetterState.SENT, ClientLetterState.REFUSED):
        return
    problem = ": ".join(one for one in (message.failed_for, message.failure) if one)
    known = answered.last_error.split("\n") if answered.state is not ClientLetterState.WAITING else []
    if problem not in known:
        said = "\n".join(one for one in (*known, problem) if one)
        give_letter_up(session, answered, ClientLetterState.REFUSED, said, clock=clock)


def _take(
    session: Session,
    deal: Deal,
    answered: ClientLetter,
    message: ReceivedMessage,
    brought: BroughtLetter,
    *,
    limits: FileLimits,
    at: datetime,
) -> None:
    said = brought.letter
    kept, refused = _keep_files(session, deal, brought.files, limits=limits, at=at)
    letter = ClientLetter(
        deal_id=deal.id,
        state=ClientLetterState.RECEIVED,
        sender=message.sender[:254],
        sender_name=said.sender_name,
        is_known=_is_known(session, deal, message.sender),
        is_automatic=message.is_automatic,
        subject=said.subject,
        text=said.text,
        quoted=said.quoted,
        file_ids=list(dict.fromkeys(one.id for one in kept)),
        left_out=[{"name": name, "problem": problem} for name, problem in (*brought.left_out, *refused)],
        answers_id=answered.id,
        message_id=message.message_id,
        written_at=at,
        unread_since=None if message.is_automatic else at,
    )
    session.add(letter)
    session.flush()
    find_letter(session, letter)
    event = ClientLetterReceived(
        letter_id=letter.id,
        sender=letter.sender,
        subject=letter.subject,
        is_known=letter.is_known,
        is_automatic=letter.is_automatic,
        files=[reference(one) for one in kept],
    )
    record(session, event, actor=Actor.system(), at=at, deal=deal)
    if not letter.is_automatic:
        told = [one for one in (deal.owner_id, answered.person_id) if one is not None]
        text = f"{letter.sender}: {letter.subject}\n{letter.text}"
        notify(session, NoticeKind.CLIENT_WROTE, to=told, at=at, deal=deal, text=text)


def _keep_files(
    session: Session, deal: Deal, files: Sequence[BroughtFile], *, limits: FileLimits, at: datetime
) -> tuple[list[DealFile], list[tuple[str, str]]]:
    """Add the files to the locked deal, off its lists; those that it has no room for, with why.

    What a stranger can send is nothing that approvals are bound to, and no version of a file of ours: a person puts it
    among the deal's files. What the deal has already is not kept twice.
    """
    kept, refused = [], []
    for file in files:
        known = DealFile.deal_id == deal.id, DealFile.sha256 == file.sha256, DealFile.erased_at.is_(None)
        there = session.scalar(select(DealFile).where(*known).order_by(DealFile.id.desc()).limit(1))
        if there is not None:
            kept.append(there)
            continue
        own = BroughtFile(_free_name(session, deal.id, file.name), file.media_type, file.size, file.sha256)
        try:
            added = put_files(session, deal, [own], work_item=None, actor=Actor.system(), at=at, limits=limits)
        except (FileRefused, ContentGone) as problem:
            refused.append((file.name, problem.code))
            continue
        for one in added:
            hide_new_file(session, one, at=at)
        kept += added
    return kept, refused


def _free_name(session: Session, deal_id: int, name: str) -> str:
    """The name, or with a number where the deal has a file of it."""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, f".{ending}") if dot else (name, "")
    number, wished = 1, name
    while session.scalar(select(DealFile.id).where(DealFile.deal_id == deal_id, DealFile.name == wished).limit(1)):
        number += 1
        wished = f"{stem} ({number}){ending}"
    return wished


def _is_known(session: Session, deal: Deal, sender: str) -> bool:
    """Whether the client's card has the address, or a letter of this deal went there."""
    cards = one_client(deal.client_id)  # also of who was merged into the client
    contacts = session.scalars(select(Contact.email).where(Contact.client_id.in_(cards)))
    own = session.scalars(select(Client.email).where(Client.id.in_(cards)))
    sent = session.scalars(select(ClientLetter.receivers).where(ClientLetter.deal_id == deal.id))
    written_to = (str(one["address"]) for receivers in sent for one in receivers)
    return bool(sender) and sender in {one.strip().casefold() for one in (*contacts, *own, *written_to)}
