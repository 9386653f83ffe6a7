"""Whose lists of steps have changed: read from the history, which grows with every change of a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.delegation import Delegation
from engine.model.history_event import HistoryEvent
from engine.model.mention import Mention
from engine.model.work_item import PENDING, WorkItem
from engine.policy.permissions import Actor
from engine.queries.history import is_settled

LAST_EVENT = "SELECT coalesce(max(id), 0) FROM history_event"
"""A cheap look at whether there is anything to read at all."""

_MOST_READ = 500  # events; after more, everybody had better look


@dataclass(frozen=True, slots=True)
class StepNews:
    """Steps changed that concern these people and departments; ``everybody``: too much to tell whom.

    ``last_id`` is the last event that was read.
    """

    last_id: int
    people: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    everybody: bool = False

    def concerns(self, actor: Actor) -> bool:
        """Whether a list of the actor may look different now."""
        return self.everybody or bool(actor.people_acted_for & self.people) or bool(actor.group_ids & self.groups)


def last_settled(session: Session) -> int:
    """The event behind which news begins for who reads a list from now on. The session reads without a snapshot."""
    newest = select(HistoryEvent.id).where(is_settled(session)).order_by(HistoryEvent.id.desc()).limit(1)
    return session.scalar(newest) or 0


def news_after(session: Session, last_id: int) -> StepNews:
    """What happened to steps behind an event, in a few statements however much or little it was.

    The session reads without a snapshot: what is settled may have been committed since it began.
    """
    settled = is_settled(session)
    events = session.execute(
        select(HistoryEvent.id, HistoryEvent.deal_id, HistoryEvent.work_item_id, HistoryEvent.actor_id)
        .where(HistoryEvent.id > last_id, settled)
        .order_by(HistoryEvent.id)
        .limit(_MOST_READ + 1)
    ).all()
    if len(events) > _MOST_READ:
        newest = session.scalar(select(func.max(HistoryEvent.id)).where(HistoryEvent.id > last_id, settled))
        return StepNews(newest or last_id, everybody=True)
    of_deals = [event for event in events if event.deal_id is not None]
    if not of_deals:
        return StepNews(events[-1].id if events else last_id)
    steps = {event.work_item_id for event in of_deals if event.work_item_id is not None}
    rows = _concerned(session, deals={event.deal_id for event in of_deals if event.work_item_id is None}, steps=steps)
    people = {event.actor_id for event in of_deals}
    people |= _addressed(session, deals={event.deal_id for event in of_deals}, steps=steps)
    groups: set[int | None] = set()
    for row in rows:
        people |= {row.owner_id, row.assignee_id, row.asked_by_id, row.completed_by_id}
        groups.add(row.group_id)
    return StepNews(events[-1].id, _known(people), _known(groups))


def _concerned(session: Session, *, deals: set[int], steps: set[int]) -> Sequence[Any]:
    """The steps that events name, and all that wait in a deal of which an event tells as a whole."""
    of_whole_deals = WorkItem.deal_id.in_(deals) & WorkItem.state.in_(PENDING)
    columns = (WorkItem.assignee_id, WorkItem.group_id, WorkItem.asked_by_id, WorkItem.completed_by_id, Deal.owner_id)
    return session.execute(
        select(*columns)
        .join(Deal, Deal.id == WorkItem.deal_id)
        .where(or_(WorkItem.id.in_(steps), of_whole_deals))
        .distinct()
    ).all()


def _addressed(session: Session, *, deals: set[int], steps: set[int]) -> set[int | None]:
    """Who held one of the steps before, who was asked about one, who asked, and whom a comment names, still unread."""
    unread = (Mention.deal_id.in_(deals)) & Mention.read_at.is_(None)
    about = (Consultation.work_item_id.in_(steps)) & Consultation.read_at.is_(None)
    reasons: list[Select[Any]] = [
        select(Consultation.asked_id).where(about),
        select(Consultation.asked_by_id).where(about),
        select(Mention.person_id).where(unread),
        select(Delegation.from_id).where(Delegation.work_item_id.in_(steps)),
    ]
    return set(session.scalars(union(*reasons)))


def _known(ids: set[int | None]) -> frozenset[int]:
    return frozenset(one for one in ids if one is not None)
