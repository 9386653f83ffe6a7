"""The letters of a deal, for whoever sees the deal; and what one of them needs to leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, exists, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.client import Client
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.letter import Letter
from engine.model.person import Person
from engine.policy.letter_addresses import sendable_address
from engine.policy.permissions import Actor
from engine.policy.personal_texts import ERASED
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import visible_deals

_ORDER = ListOrder("client_letters", (int,))

NOT_SENT = (
    ClientLetterState.REFUSED,
    ClientLetterState.GIVEN_UP,
    ClientLetterState.INCOMPLETE,
    ClientLetterState.UNSENT,
)
"""Of letters that somebody may have tried again."""
MOST_REFERENCES = 20
_MOST_UNREAD = 100


@dataclass(frozen=True, slots=True)
class LetterFile:
    """A version of a file of the deal. ``name`` says so where the file was erased. ``size`` is in bytes.

    ``is_hidden``: it is not among the deal's files, as what a client sent is not until somebody puts it there.
    """

    id: int
    name: str
    size: int
    media_type: str
    sha256: str
    is_erased: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Receiver:
    """``name`` is who it is by the client's card, empty for an address that was typed."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What came with a letter and was not kept; ``problem`` is the code of why."""

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class ClientLetterRow:
    """``writer`` is who of the company wrote it, empty of a received one; for the rest see ClientLetter."""

    id: int
    state: ClientLetterState
    writer_id: int | None
    writer: str
    sender: str
    sender_name: str
    is_known: bool
    is_automatic: bool
    receivers: tuple[Receiver, ...]
    subject: str
    text: str
    quoted: str
    files: tuple[LetterFile, ...]
    left_out: tuple[LeftOut, ...]
    answers_id: int | None
    written_at: datetime
    sent_at: datetime | None
    error: str
    is_unread: bool

    @property
    def is_received(self) -> bool:
        return self.state is ClientLetterState.RECEIVED

    @property
    def may_be_sent_again(self) -> bool:
        return self.state in NOT_SENT and not self.is_erased

    @property
    def is_erased(self) -> bool:
        """Whether it was to or from somebody who was erased: it says nothing any more."""
        return self.text == ERASED


@dataclass(frozen=True, slots=True)
class LeavingLetter:
    """A letter that is to be sent. ``follows`` are the letters before it in the talk, the earliest first: of ours the
    keys, of others' the Message-IDs; the last is what it answers. ``quoted`` is what stands below its own words.

    ``writer_address`` is empty where no answer can go to it. ``missing`` is how many of its files were erased.
    """

    id: int
    key: str
    to: tuple[str, ...]
    subject: str
    text: str
    writer: str
    writer_address: str
    files: tuple[LetterFile, ...]
    missing: int
    follows: tuple[str, ...]
    quoted: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class LetterDesk:
    """The deal whose client is written to. ``email`` is the client's own, not that of a contact; it can be empty.

    ``own_address`` is the actor's, where a client's answer can go to it.
    """

    deal_id: int
    number: str
    title: str
    owner_id: int
    client_id: int
    client: str
    email: str
    own_address: str


@dataclass(frozen=True, slots=True)
class UnreadLetter:
    """A letter of a client that waits to be read, and its deal."""

    id: int
    deal_id: int
    deal_number: str
    deal_title: str
    sender: str
    sender_name: str
    is_known: bool
    subject: str
    came_at: datetime


def unread_letters(session: Session, actor: Actor) -> tuple[UnreadLetter, ...]:
    """Those in deals of the actor, and of whom they act for, the longest waiting first."""
    rows = session.execute(
        select(
            ClientLetter.id,
            ClientLetter.deal_id,
            Deal.number,
            Deal.title,
            ClientLetter.sender,
            ClientLetter.sender_name,
            ClientLetter.is_known,
            ClientLetter.subject,
            ClientLetter.written_at,
        )
        .join(Deal, Deal.id == ClientLetter.deal_id)
        .where(*_waits_for(actor))
        .order_by(ClientLetter.id)
        .limit(_MOST_UNREAD)
    )
    return tuple(UnreadLetter(*row) for row in rows)


def count_of_unread_letters(actor: Actor) -> Select[int]:
    """How many they are, as a part of a statement that counts other things."""
    return (
        select(func.count())
        .select_from(ClientLetter)
        .join(Deal, Deal.id == ClientLetter.deal_id)
        .where(*_waits_for(actor))
    )


def has_unread_letter() -> ColumnElement[bool]:
    """Whether a letter in the deal waits to be read; asked for the rows of one page only."""
    return exists().where(ClientLetter.deal_id == Deal.id, ClientLetter.unread_since.is_not(None))


def _waits_for(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return ClientLetter.unread_since.is_not(None), Deal.owner_id.in_(actor.people_acted_for)


def letter_desk(session: Session, actor: Actor, deal_id: int) -> LetterDesk:
    """Raises NotFound."""
    found = session.execute(
        select(Deal.number, Deal.title, Deal.owner_id, Client.id, Client.name, Client.email)
        .join(Client, Client.id == Deal.client_id)
        .where(Deal.id == deal_id, visible_deals(actor, only=deal_id))
    ).one_or_none()
    if found is None:
        raise NotFound
    number, title, owner_id, client_id, client, email = found
    own = session.scalar(select(Person.email).where(Person.id == actor.person_id)) or ""
    return LetterDesk(deal_id, number, title, owner_id, client_id, client, email, sendable_address(own) or "")


def latest_letters(session: Session, deal_id: int, *, limit: int) -> list[ClientLetterRow]:
    """Of a deal that the actor was seen to see, without their files; the latest first."""
    return _rows(session, [ClientLetter.deal_id == deal_id], limit=limit, with_files=False)


def letters_of_deal(
    session: Session, actor: Actor, deal_id: int, *, limit: int = 50, cursor: str | None = None
) -> Page[ClientLetterRow]:
    """The latest first. Raises NotFound, CursorNotUnderstood."""
    ensure_visible_deal(session, actor, deal_id)
    size = page_size(limit)
    conditions = [ClientLetter.deal_id == deal_id]
    before = _ORDER.after(cursor)
    if before is not None:
        conditions.append(ClientLetter.id < before[0])
    rows = _rows(session, conditions, limit=size + 1)
    return _ORDER.page(rows, limit=size, cursor=cursor, key=lambda row: (row.id,))


def letters_with_one(
    session: Session, actor: Actor, deal_id: int, letter_id: int, *, limit: int = 50
) -> tuple[Page[ClientLetterRow], bool]:
    """A page of ``letters_of_deal`` with that letter on it, and whether later letters were left out for that.

    The latest page, where the letter is on it. Raises NotFound.
    """
    latest = letters_of_deal(session, actor, deal_id, limit=limit)
    if latest.next_cursor is None or letter_id >= latest.items[-1].id:
        return latest, False
    return letters_of_deal(session, actor, deal_id, limit=limit, cursor=_ORDER.cursor((letter_id + 1,))), True


def all_letters_of_deal(session: Session, actor: Actor, deal_id: int) -> tuple[ClientLetterRow, ...]:
    """The whole correspondence, the earliest first. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    return letters_of_deals(session, [deal_id])[deal_id]


def letters_of_deals(session: Session, deal_ids: Sequence[int]) -> dict[int, tuple[ClientLetterRow, ...]]:
    """The same of each of several deals, which the caller has found visible."""
    found: dict[int, list[ClientLetterRow]] = {deal_id: [] for deal_id in deal_ids}
    of_letter = dict(
        session.execute(select(ClientLetter.id, ClientLetter.deal_id).where(ClientLetter.deal_id.in_(deal_ids))).all()
    )
    for row in reversed(_rows(session, [ClientLetter.deal_id.in_(deal_ids)], limit=None)):
        found[of_letter[row.id]].append(row)
    return {deal_id: tuple(rows) for deal_id, rows in found.items()}


def letter_of_deal(session: Session, actor: Actor, deal_id: int, letter_id: int) -> ClientLetterRow:
    """Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    found = _rows(session, [ClientLetter.deal_id == deal_id, ClientLetter.id == letter_id], limit=1)
    if not found:
        raise NotFound
    return found[0]


def answered_letter(session: Session, keys: Sequence[str]) -> int | None:
    """The id of the letter to a client that something in the mailbox answers, by the first key that is ours."""
    to_us = select(Letter.key, null()).where(Letter.key.in_(keys))
    to_clients = select(ClientLetter.key, ClientLetter.id).where(ClientLetter.key.in_(keys))
    known: Executable = union_all(to_us, to_clients)
    ours: dict[str, int | None] = {row[0]: row[1] for row in session.execute(known)}
    first = next((key for key in keys if key in ours), None)
    return ours[first] if first is not None else None  # None also where it answers a letter to one of us


def leaving_letter(session: Session, letter_id: int) -> LeavingLetter | None:
    """None where it has left already, or was erased."""
    letter = session.get(ClientLetter, letter_id)
    if letter is None or letter.state is not ClientLetterState.WAITING or letter.key is None:
        return None
    writer = session.get(Person, letter.person_id) if letter.person_id is not None else None
    files = _files(session, letter.file_ids)
    there = tuple(files[one] for one in letter.file_ids if one in files and not files[one].is_erased)
    return LeavingLetter(
        id=letter.id,
        key=letter.key,
        to=_receivers(letter),
        subject=letter.subject,
        text=letter.text,
        writer=writer.full_name if writer is not None else "",
        writer_address=(sendable_address(writer.email) or "") if writer is not None else "",
        files=there,
        missing=len(letter.file_ids) - len(there),
        follows=_before(session, letter),
        quoted=letter.quoted,
        written_at=letter.written_at,
    )


def still_leaves(session: Session, leaving: LeavingLetter) -> bool:
    """Whether nothing of a letter was erased since it was read, and it waits as it did."""
    letter = session.get(ClientLetter, leaving.id)
    if letter is None or letter.state is not ClientLetterState.WAITING:
        return False
    read = leaving.to, leaving.subject, leaving.text, leaving.quoted
    files = _files(session, (one.id for one in leaving.files))
    return read == (_receivers(letter), letter.subject, letter.text, letter.quoted) and not any(
        one.is_erased for one in files.values()
    )


def _receivers(letter: ClientLetter) -> tuple[str, ...]:
    return tuple(str(one["address"]) for one in letter.receivers)


def _before(session: Session, letter: ClientLetter) -> tuple[str, ...]:
    """The first letter of a talk, and the last ones before this one: of a long talk nobody needs more."""
    if letter.answers_id is None:
        return ()
    columns = ClientLetter.answers_id, ClientLetter.key, ClientLetter.message_id
    answered = select(literal(1).label("back"), *columns).where(ClientLetter.id == letter.answers_id)
    last = answered.cte("talk", recursive=True)
    talk = last.union_all(select(last.c.back + 1, *columns).where(ClientLetter.id == last.c.answers_id))
    rows = session.execute(select(talk.c.key, talk.c.message_id).order_by(talk.c.back.desc()))
    found = [key or message_id for key, message_id in rows if key or message_id]
    return tuple(found if len(found) <= MOST_REFERENCES else [found[0], *found[1 - MOST_REFERENCES :]])


def _rows(
    session: Session, conditions: Sequence[Any], *, limit: int | None, with_files: bool = True
) -> list[ClientLetterRow]:
    found = session.execute(
        select(ClientLetter, Person.full_name)
        .outerjoin(Person, Person.id == ClientLetter.person_id)
        .where(*conditions)
        .order_by(ClientLetter.id.desc())
        .limit(limit)
    ).all()
    files = _files(session, (one for letter, _ in found for one in letter.file_ids)) if with_files else {}
    return [_row(letter, writer or "", files) for letter, writer in found]


def _files(session: Session, ids: Iterable[int]) -> dict[int, LetterFile]:
    wanted = set(ids)
    if not wanted:
        return {}
    return {
        one.id: LetterFile(
            id=one.id,
            name=ERASED if one.erased_at is not None else one.name,
            size=one.size,
            media_type=one.media_type,
            sha256=one.sha256,
            is_erased=one.erased_at is not None,
            is_hidden=one.hidden_at is not None,
        )
        for one in session.scalars(select(DealFile).where(DealFile.id.in_(wanted)))
    }


def _row(letter: ClientLetter, writer: str, files: dict[int, LetterFile]) -> ClientLetterRow:
    return ClientLetterRow(
        id=letter.id,
        state=letter.state,
        writer_id=letter.person_id,
        writer=writer,
        sender=letter.sender,
        sender_name=letter.sender_name,
        is_known=letter.is_known,
        is_automatic=letter.is_automatic,
        receivers=tuple(Receiver(str(one["address"]), str(one["name"])) for one in letter.receivers),
        subject=letter.subject,
        text=letter.text,
        quoted=letter.quoted,
        files=tuple(files[one] for one in letter.file_ids if one in files),
        left_out=tuple(LeftOut(str(one["name"]), str(one["problem"])) for one in letter.left_out),
        answers_id=letter.answers_id,
        written_at=letter.written_at,
        sent_at=letter.sent_at,
        error=letter.last_error,
        is_unread=letter.unread_since is not None,
    )
