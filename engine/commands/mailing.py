"""From notices to letters: each is planned by its reader's settings, and what is due for one person is one letter.

A letter leaves by mail, or as a message in Telegram; what goes both ways is written twice, from one plan.

Workers claim rows and decide in one transaction; whoever comes second finds them decided.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, Select, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.db.job import Job, JobState
from engine.db.outbox import MAX_ATTEMPTS, JobTaken, enqueue
from engine.db.session import UNSYNCHRONISED
from engine.db.work_session import append, postpone
from engine.errors import NotFound
from engine.events import LetterSentAgain
from engine.model.letter import Channel, Letter, LetterState
from engine.model.notice import ALSO_TO_SUBSTITUTES, UNDELIVERED, Notice, NoticeState
from engine.model.person import Person
from engine.model.telegram import TelegramChat
from engine.policy.mail_choices import ALWAYS, MailChoices, channels_of, told_at
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.absences import substitutes_of
from engine.queries.calendars import calendar_of_person
from engine.queries.directories import directory
from engine.queries.letters import LetterView
from engine.queries.mail_choices import mail_choices
from engine.queries.mail_state import NOT_ARRIVED

LETTER = "letter"
TELEGRAM_LETTER = "telegram_letter"
KINDS: Mapping[Channel, str] = {Channel.MAIL: LETTER, Channel.TELEGRAM: TELEGRAM_LETTER}
"""The kinds of an outbox job: payload ``letter_id``."""

_TOLD = ("kind", "person_id", "department_id", "deal_id", "work_item_id", "by_id", "details", "created_at")
"""Of a notice, what it tells, and to whom."""
_LEFT = update(Letter).where(Letter.id == bindparam("of_letter"))
_STILL_GOES = update(Letter).where(
    Letter.id == bindparam("of_letter"),
    Letter.state == bindparam("read_state"),
    exists().where(
        Person.id == Letter.person_id,
        Person.is_active,
        or_(Letter.channel == bindparam("telegram"), Person.email == bindparam("to")),
    ),
    or_(
        Letter.channel != bindparam("telegram"),
        exists().where(TelegramChat.person_id == Letter.person_id, TelegramChat.chat_id == bindparam("chat")),
    ),
)
_COLUMNS = tuple(getattr(Notice, name) for name in ("id", "due_at", *_TOLD))


def plan_notices(session: Session, *, telegram: bool = False, clock: Clock, limit: int = 200) -> int:
    """Decide for up to ``limit`` new notices, oldest first, when each reader is told of them; how many it were.

    ``telegram``: this installation has a bot. Who acts for an absent person today hears of that person's steps as well.
    PostgreSQL skips rows that another worker is planning; SQLite has one writer at a time.
    """
    at = clock.now()
    notices = session.execute(_claimed(_COLUMNS, NoticeState.NEW, at, limit)).all()
    if not notices:
        return 0
    members = {notice.id: _members(session, notice) for notice in notices}
    acted_for = {one for notice in notices if notice.kind in ALSO_TO_SUBSTITUTES for one in members[notice.id]}
    substitutes = substitutes_of(session, acted_for, at)
    readers = {notice.id: _readers(notice, members[notice.id], substitutes) for notice in notices}
    reachable = channels_to(session, {one for ids in readers.values() for one in ids}, telegram=telegram)
    choices = mail_choices(session, reachable)
    changes: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for notice in notices:
        changed = _plan(session, notice, [one for one in readers[notice.id] if one in reachable], choices)
        changes.setdefault(tuple(changed.items()), []).append(notice.id)
    for values, ids in changes.items():
        alike = update(Notice).where(Notice.id.in_(ids)).values(dict(values))
        session.execute(alike, execution_options=UNSYNCHRONISED)
    return len(notices)


def write_letters(session: Session, *, telegram: bool = False, clock: Clock, limit: int = 200) -> int:
    """Gather planned notices that are due, each person's into one letter, and queue the letters; how many notices.

    Where somebody is told both by mail and in Telegram, there is a letter of either kind.
    """
    at = clock.now()
    notices = session.scalars(_claimed((Notice,), NoticeState.PLANNED, at, limit)).all()
    if not notices:
        return 0
    people = {notice.person_id or 0 for notice in notices}
    reached, choices = channels_to(session, people, telegram=telegram), mail_choices(session, people)
    gathered: dict[tuple[int, Channel, int], list[Notice]] = {}
    for notice in notices:
        person_id, alone = notice.person_id or 0, notice.id if notice.kind in ALWAYS else 0
        channels = channels_of(notice.kind, choices[person_id], reached.get(person_id, ()))
        notice.state = NoticeState.TOLD if channels else NoticeState.DROPPED
        for channel in channels:
            gathered.setdefault((person_id, channel, alone), []).append(notice)
    for (_, channel, _), together in gathered.items():
        _write_letter(session, channel, together, at=at)
    return len(notices)


def _write_letter(session: Session, channel: Channel, notices: Sequence[Notice], *, at: datetime) -> None:
    """A notice that is in a letter already goes into this one as a copy."""
    deals = {notice.deal_id for notice in notices}
    letter = Letter(
        key=secrets.token_hex(16),
        channel=channel,
        state=LetterState.WAITING,
        person_id=notices[0].person_id or 0,
        deal_id=deals.pop() if len(deals) == 1 else None,
        job_id="",
        written_at=at,
        sent_at=None,
        may_have_left=False,
        last_error="",
    )
    session.add(letter)
    session.flush()
    letter.job_id = enqueue(session, KINDS[channel], {"letter_id": letter.id}, at=at)
    for notice in notices:
        if notice.letter_id is None:
            notice.letter_id = letter.id
        else:
            append(session, Notice, **_like(notice), state=NoticeState.TOLD, due_at=at, letter_id=letter.id)


def _like(notice: Notice | Row[Any]) -> dict[str, Any]:
    """What a notice tells, and to whom."""
    return {name: getattr(notice, name) for name in _TOLD}


def _claimed(wanted: Sequence[Any], state: NoticeState, at: datetime, limit: int) -> Select[Any]:
    """The oldest notices of that state whose moment has come, for this transaction alone."""
    return (
        select(*wanted)
        .where(Notice.state == state, Notice.due_at <= at)
        .order_by(Notice.due_at, Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _members(session: Session, notice: Row[Any]) -> tuple[int, ...]:
    """Who is to hear of it, before their substitutes."""
    if notice.department_id is not None:
        return directory(session).members_of(notice.department_id)
    return (notice.person_id,) if notice.person_id is not None else ()


def _readers(notice: Row[Any], members: tuple[int, ...], substitutes: Mapping[int, tuple[int, ...]]) -> tuple[int, ...]:
    if notice.kind in ALSO_TO_SUBSTITUTES:
        members += tuple(one for member in members for one in substitutes[member])
    return tuple(one for one in dict.fromkeys(members) if one != notice.by_id)


def channels_to(session: Session, person_ids: Iterable[int], *, telegram: bool) -> Mapping[int, frozenset[Channel]]:
    """By which ways those of the people are reached who are here, and in any way."""
    rows = session.execute(
        select(Person.id, Person.email, TelegramChat.chat_id)
        .outerjoin(TelegramChat, TelegramChat.person_id == Person.id)
        .where(Person.id.in_(set(person_ids)), Person.is_active)
    )
    found = {}
    for person_id, email, chat_id in rows:
        ways = {Channel.MAIL: bool(email), Channel.TELEGRAM: telegram and chat_id is not None}
        if any(ways.values()):
            found[person_id] = frozenset(channel for channel, reaches in ways.items() if reaches)
    return found


def _plan(
    session: Session, notice: Row[Any], readers: Sequence[int], choices: Mapping[int, MailChoices]
) -> dict[str, Any]:
    """What changes of the notice, which becomes the first reader's own; each of the others gets one like it."""
    moments = {reader: _told_at(session, reader, notice, choices[reader]) for reader in readers}
    told = [(reader, due) for reader, due in moments.items() if due is not None]
    if not told:
        return {"state": NoticeState.DROPPED}
    for person_id, due in told[1:]:
        told_alike = {**_like(notice), "person_id": person_id, "department_id": None}
        append(session, Notice, **told_alike, state=NoticeState.PLANNED, due_at=due, letter_id=None)
    person_id, due = told[0]
    own = {"person_id": person_id, "department_id": None, "due_at": due}
    changed = {name: value for name, value in own.items() if value != getattr(notice, name)}
    return {"state": NoticeState.PLANNED, **changed}


def _told_at(session: Session, person_id: int, notice: Notice | Row[Any], choices: MailChoices) -> datetime | None:
    return told_at(notice.kind, choices, calendar_of_person(session, person_id), notice.created_at)


def replan_notices(session: Session, person_id: int) -> None:
    """Let what waits for a person follow their settings, which they have just changed; nobody else is told again."""
    choices = mail_choices(session, [person_id])[person_id]
    waiting = select(Notice).where(Notice.person_id == person_id, Notice.state == NoticeState.PLANNED)
    for notice in session.scalars(waiting.order_by(Notice.id).with_for_update()):
        due = _told_at(session, person_id, notice, choices)
        if due is None:
            notice.state = NoticeState.DROPPED
        else:
            notice.due_at = due


def ensure_still_goes(session: Session, view: LetterView) -> None:
    """Its reader has their access and their address as they had when it was read, and nobody ended it since.

    With the next flush, which raises JobTaken where that is not so any more: the letter is read anew then.
    """
    waits = {"state": LetterState.WAITING, "read_state": LetterState.WAITING, "of_letter": view.id}
    reached = {"to": view.to, "chat": view.chat_id, "telegram": Channel.TELEGRAM}
    postpone(session, _STILL_GOES, waits | reached, otherwise=JobTaken)


def letter_left(session: Session, letter_id: int, *, clock: Clock) -> None:
    """A server has taken the letter."""
    left = {"state": LetterState.SENT, "sent_at": clock.now(), "last_error": "", "may_have_left": False}
    postpone(session, _LEFT, {**left, "of_letter": letter_id})


def letter_was_empty(session: Session, letter_id: int) -> None:
    """Nothing was left to tell when the letter was to be sent. One that has left has left."""
    letter = session.get(Letter, letter_id)
    if letter is not None and letter.state is LetterState.WAITING:
        letter.state = LetterState.EMPTY


def letter_failed(session: Session, letter_id: int, error: str, *, attempts: int = 0, for_good: bool = False) -> None:
    """The letter did not leave. Tried often enough, or refused for good, it waits for an administrator.

    Nothing changes of one that has left by another worker, who began it anew.
    """
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    if letter.state is not LetterState.WAITING:
        return
    letter.last_error = error[:2000]
    if for_good:
        letter.state = LetterState.REFUSED
    elif attempts >= MAX_ATTEMPTS:
        letter.state = LetterState.GIVEN_UP


def tell_by_letter_instead(session: Session, letter_id: int, *, clock: Clock) -> None:
    """What a message that did not arrive would tell, and no other letter does, goes by mail, with the reason.

    To who has an address, and while the message is refused or given up.
    """
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    person = session.get(Person, letter.person_id)
    if letter.state not in NOT_ARRIVED or person is None or not person.is_active or not person.email:
        return
    untold = told_nowhere_else(session, letter)
    if not untold:
        return
    at = clock.now()
    copies = [
        Notice(
            **{**_like(notice), "details": {**notice.details, UNDELIVERED: letter.last_error}},
            state=NoticeState.TOLD,
            due_at=at,
            letter_id=None,
        )
        for notice in untold
    ]
    session.add_all(copies)
    _write_letter(session, Channel.MAIL, copies, at=at)


def told_nowhere_else(session: Session, letter: Letter) -> list[Notice]:
    """Of the notices of a letter those that no other letter to the same person tells."""
    notices = session.scalars(select(Notice).where(Notice.letter_id == letter.id).order_by(Notice.id)).all()
    elsewhere = select(Notice).where(
        Notice.person_id == letter.person_id,
        Notice.state == NoticeState.TOLD,
        Notice.letter_id != letter.id,
        Notice.created_at.in_({one.created_at for one in notices}),
    )
    told = {_what(one) for one in session.scalars(elsewhere)}
    return [one for one in notices if _what(one) not in told]


def _what(one: Notice) -> Hashable:
    """What a notice tells, whichever way."""
    said = {name: value for name, value in one.details.items() if name != UNDELIVERED}
    details = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return one.kind, one.deal_id, one.work_item_id, one.by_id, one.created_at, details


def send_letter_again(session: Session, letter_id: int, *, actor: Actor, clock: Clock) -> None:
    """Try a letter once more that was refused or given up: its address was mended, or the server is there again.

    It says what is still to be told now. One that is on its way stays so. Raises NotFound, NotAllowed.
    """
    ensure_may(actor, Ability.RETRY_INCIDENT)
    letter = session.get(Letter, letter_id, with_for_update=True)
    if letter is None:
        raise NotFound
    if letter.state not in NOT_ARRIVED:
        return
    at = clock.now()
    session.execute(delete(Job).where(Job.id == letter.job_id, Job.state == JobState.FAILED))
    letter.state, letter.last_error = LetterState.WAITING, ""
    letter.job_id = enqueue(session, KINDS[letter.channel], {"letter_id": letter.id}, at=at)
    record(session, LetterSentAgain(letter_id=letter.id, person_id=letter.person_id), actor=actor, at=at)
