"""What others want a person to read: questions and answers, comments that name them, deals that they watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.mention import Mention
from engine.model.watch import Watch
from engine.policy.permissions import Actor
from engine.queries.client_letters import count_of_unread_letters
from engine.queries.consultations import open_questions, unread_answers
from engine.queries.scopes import visible_deals

_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class AttentionCounts:
    """``questions`` wait for the actor's answer; ``answers``, ``mentions`` and ``letters`` of clients to be read."""

    questions: int
    answers: int
    mentions: int
    letters: int

    @property
    def total(self) -> int:
        return self.questions + self.answers + self.mentions + self.letters


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A comment that names the actor. ``names`` are the full names of all whom it names, by login."""

    id: int
    deal_id: int
    deal_number: str
    deal_title: str
    work_item_id: int | None
    by: str
    at: datetime
    text: str
    names: dict[str, str]
    step: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class WatchedDeal:
    """``changed_at`` is when something happened in it last."""

    id: int
    number: str
    title: str
    stage: str
    result: Any
    next_due_at: datetime | None
    changed_at: datetime | None


def attention_counts(session: Session, actor: Actor) -> AttentionCounts:
    counts = session.execute(
        select(
            open_questions(actor).scalar_subquery(),
            unread_answers(actor).scalar_subquery(),
            _unread_mentions(actor).scalar_subquery(),
            count_of_unread_letters(actor).scalar_subquery(),
        )
    ).one()
    return AttentionCounts(*counts)


def mentions_of(session: Session, actor: Actor) -> tuple[MentionRow, ...]:
    """Comments that name the actor, unread ones first, then the latest; only of deals that they still see."""
    return _mentions(session, actor)


def mention_of(session: Session, actor: Actor, mention_id: int) -> MentionRow:
    """One of them, however many others there are. Raises NotFound."""
    found = _mentions(session, actor, Mention.id == mention_id)
    if not found:
        raise NotFound
    return found[0]


def _mentions(session: Session, actor: Actor, *conditions: ColumnElement[bool]) -> tuple[MentionRow, ...]:
    rows = session.execute(
        select(
            Mention.id,
            Mention.deal_id,
            Deal.number,
            Deal.title,
            HistoryEvent.work_item_id,
            HistoryEvent.actor_name,
            HistoryEvent.at,
            HistoryEvent.data,
            Mention.read_at,
        )
        .join(Deal, Deal.id == Mention.deal_id)
        .join(HistoryEvent, (HistoryEvent.deal_id == Mention.deal_id) & (HistoryEvent.number == Mention.number))
        .where(Mention.person_id == actor.person_id, visible_deals(actor), *conditions)
        .order_by(Mention.read_at.is_not(None), Mention.id.desc())
        .limit(_MOST_SHOWN)
    )
    return tuple(
        MentionRow(
            id=row.id,
            deal_id=row.deal_id,
            deal_number=row.number,
            deal_title=row.title,
            work_item_id=row.work_item_id,
            by=row.actor_name,
            at=row.at,
            text=str(row.data.get("text", "")),
            names=dict(row.data.get("mentions") or {}),
            step=str(row.data.get("step", "")),
            read_at=row.read_at,
        )
        for row in rows
    )


def watched_deals(session: Session, actor: Actor) -> tuple[WatchedDeal, ...]:
    """The deals that the actor watches and sees, the one that changed last first."""
    latest = HistoryEvent.at
    rows = session.execute(
        select(Deal.id, Deal.number, Deal.title, Deal.stage, Deal.result, Deal.next_due_at, latest)
        .join(Watch, Watch.deal_id == Deal.id)
        .outerjoin(HistoryEvent, (HistoryEvent.deal_id == Deal.id) & (HistoryEvent.number == Deal.history_length))
        .where(Watch.person_id == actor.person_id, visible_deals(actor))
        .order_by(latest.desc(), Deal.id)
        .limit(_MOST_SHOWN)
    )
    return tuple(WatchedDeal(*row) for row in rows)


def is_watching(session: Session, actor: Actor, deal_id: int) -> bool:
    return session.get(Watch, (deal_id, actor.person_id)) is not None


def _unread_mentions(actor: Actor) -> Select[int]:
    unread = (Mention.person_id == actor.person_id) & Mention.read_at.is_(None)
    return select(func.count()).select_from(Mention).where(unread)
