"""How the mail does: what waits, what has left, what did not arrive, whether answers are read. The administrator's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db.job import Job
from engine.model.letter import Channel, Letter, LetterState, MailboxPlace
from engine.model.notice import Notice, NoticeState
from engine.model.person import Person
from engine.model.telegram import TelegramBot, TelegramChat
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import ensure_sees

NOT_ARRIVED = (LetterState.REFUSED, LetterState.GIVEN_UP)
_LATELY = timedelta(days=1)
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TroubledLetter:
    """A letter that has not left, or came back. ``next_try_at`` is None where nobody tries any more."""

    id: int
    channel: Channel
    to: str
    email: str
    error: str
    written_at: datetime
    attempts: int
    next_try_at: datetime | None
    was_refused: bool


@dataclass(frozen=True, slots=True)
class MailboxState:
    """``read_at`` is when answers were last read; ``error`` why they cannot be read now."""

    name: str
    read_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class BotState:
    """``linked`` is how many people are written to by the bot. ``read_at`` is when its updates were last read."""

    name: str
    linked: int
    read_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class MailState:
    """``held_back`` counts notices that wait for working hours or a digest, ``waiting`` letters that are to be sent.

    ``sent_lately`` counts those of the last 24 hours. ``bot`` is None where none is set, or no worker has seen it yet.
    """

    held_back: int
    waiting: int
    sent_lately: int
    troubled: tuple[TroubledLetter, ...]
    mailboxes: tuple[MailboxState, ...]
    bot: BotState | None


def mail_state(session: Session, actor: Actor, now: datetime, *, bot_id: int | None = None) -> MailState:
    """``bot_id``: of the bot in Telegram that this installation has.

    Raises NotFound for who does not look after the machinery.
    """
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    held_back = select(func.count()).select_from(Notice).where(Notice.state == NoticeState.PLANNED)
    waiting = select(func.count()).select_from(Letter).where(Letter.state == LetterState.WAITING)
    sent = select(func.count()).select_from(Letter)
    sent = sent.where(Letter.state == LetterState.SENT, Letter.written_at > now - _LATELY)
    counts = session.execute(select(*(one.scalar_subquery() for one in (held_back, waiting, sent)))).one()
    return MailState(counts[0], counts[1], counts[2], _troubled(session), _mailboxes(session), _bot(session, bot_id))


def _troubled(session: Session) -> tuple[TroubledLetter, ...]:
    rows = session.execute(
        select(Letter, Person.full_name, Person.email, Job.attempts, Job.due_at)
        .join(Person, Person.id == Letter.person_id)
        .outerjoin(Job, Job.id == Letter.job_id)
        .where(Letter.state.in_((LetterState.WAITING, *NOT_ARRIVED)), Letter.last_error != "")
        .order_by(Letter.written_at.desc(), Letter.id.desc())
        .limit(_MOST_SHOWN)
    )
    return tuple(
        TroubledLetter(
            id=letter.id,
            channel=letter.channel,
            to=name,
            email=email,
            error=letter.last_error,
            written_at=letter.written_at,
            attempts=attempts or 0,
            next_try_at=due_at if letter.state is LetterState.WAITING else None,
            was_refused=letter.state is LetterState.REFUSED,
        )
        for letter, name, email, attempts, due_at in rows
    )


def _mailboxes(session: Session) -> tuple[MailboxState, ...]:
    rows = session.scalars(select(MailboxPlace).order_by(MailboxPlace.mailbox))
    return tuple(MailboxState(row.mailbox, row.read_at, row.last_error) for row in rows)


def _bot(session: Session, bot_id: int | None) -> BotState | None:
    bot = session.get(TelegramBot, bot_id) if bot_id is not None else None
    if bot is None:
        return None
    linked = select(func.count()).select_from(TelegramChat).where(TelegramChat.chat_id.is_not(None))
    return BotState(bot.username, session.scalar(linked) or 0, bot.read_at, bot.last_error)
