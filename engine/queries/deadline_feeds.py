"""What a person's own calendar shows of the work here: deadlines of steps, and days by which deals are to close.

Absences are respected: while somebody is away, a deadline that falls into their absence stands in the calendar of
whoever acts for them, and not in theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from engine.db.types import Moment
from engine.errors import NotFound
from engine.model.api_token import token_hash
from engine.model.client import Client
from engine.model.deadline_feed import DeadlineFeed
from engine.model.deal import Deal, DealResult
from engine.model.department import Department
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.absences import absent_until
from engine.queries.calendars import calendar_of_person

MOST_STEPS = 500
MOST_DEALS = 500


@dataclass(frozen=True, slots=True)
class StepDeadline:
    """``whose`` is the person who holds the step or the department that may take it; empty where the reader holds it.

    ``changes`` counts what has happened to its deal, ``changed_at`` is when the latest of it did.
    """

    work_item_id: int
    name: str
    stage: str
    due_at: datetime
    deal_number: str
    deal_title: str
    client_name: str
    whose: str
    changes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DealDeadline:
    """The day on which a deal is to close. ``whose`` is its owner, empty where that is the reader."""

    deal_id: int
    number: str
    title: str
    client_name: str
    close_date: date
    whose: str
    changes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Deadlines:
    steps: tuple[StepDeadline, ...]
    deals: tuple[DealDeadline, ...]


def feed_made_at(session: Session, person_id: int) -> datetime | None:
    """Since when the person has a secret address; None without one."""
    return session.scalar(select(DeadlineFeed.created_at).where(DeadlineFeed.person_id == person_id))


def owner_of_feed(session: Session, token: str) -> int:
    """The id of the active person whose address it is. Raises NotFound, which does not tell why."""
    person_id = session.scalar(
        select(DeadlineFeed.person_id)
        .join(Person, Person.id == DeadlineFeed.person_id)
        .where(DeadlineFeed.token_hash == token_hash(token), Person.is_active)
    )
    if person_id is None:
        raise NotFound
    return person_id


def deadlines_of(session: Session, actor: Actor, *, now: datetime) -> Deadlines:
    """Of the steps and deals of the actor, of whom they stand in for today, and of the steps they may take."""
    away = absent_until(session, actor.people_acted_for, now)
    stands_in = max((until for person, until in away.items() if person != actor.person_id), default=None)

    def is_shown(person_id: int | None, group_id: int | None, day: date) -> bool:
        """The reader's own things but for their absence, others' only for the absence of theirs."""
        day = max(day, calendar_of_person(session, person_id or actor.person_id).local(now).date())
        own = person_id == actor.person_id if person_id is not None else group_id in actor.department_ids
        if own:
            return actor.person_id not in away or day > away[actor.person_id]
        until = away.get(person_id) if person_id is not None else stands_in
        return until is not None and day <= until

    def local_day(person_id: int | None, moment: datetime) -> date:
        return calendar_of_person(session, person_id or actor.person_id).local(moment).date()

    steps = [
        row
        for row in session.execute(_steps(actor))
        if is_shown(row.assignee_id, row.group_id, local_day(row.assignee_id, row.due_at))
    ]
    deals = [row for row in session.execute(_deals(actor)) if is_shown(row.owner_id, None, row.close_date)]
    return Deadlines(
        tuple(StepDeadline(**_told(row._asdict(), actor.person_id, "assignee_id", "group_id")) for row in steps),
        tuple(DealDeadline(**_told(row._asdict(), actor.person_id, "owner_id")) for row in deals),
    )


def _told(row: Mapping[str, Any], reader_id: int, holder: str, *more: str) -> dict[str, Any]:
    whose = "" if row[holder] == reader_id else row["whose"] or row.get("group_name") or ""
    hidden = {holder, *more, "group_name"}
    return {name: value for name, value in row.items() if name not in hidden} | {"whose": whose}


def _steps(actor: Actor) -> Select[*tuple[Any, ...]]:
    """One short read in the order of deadlines per reason and state: what somebody has is never read as a whole."""
    held = [WorkItem.assignee_id == person_id for person_id in sorted(actor.people_acted_for)]
    groups = sorted(actor.department_ids | actor.substituted_department_ids)
    free = [(WorkItem.group_id == group_id) & WorkItem.assignee_id.is_(None) for group_id in groups]
    nearest = [
        select(WorkItem.id)
        .where(reason, WorkItem.state == state, WorkItem.due_at.is_not(None))
        .order_by(WorkItem.due_at, WorkItem.id)
        .limit(MOST_STEPS)
        for reason in (*held, *free)
        for state in LIVE
    ]
    ids = union_all(*(select(one.subquery()) for one in nearest)).subquery("nearest")
    return (
        select(
            WorkItem.id.label("work_item_id"),
            WorkItem.name,
            WorkItem.stage,
            WorkItem.due_at,
            WorkItem.assignee_id,
            WorkItem.group_id,
            Deal.number.label("deal_number"),
            Deal.title.label("deal_title"),
            Client.name.label("client_name"),
            Person.full_name.label("whose"),
            Department.name.label("group_name"),
            Deal.history_length.label("changes"),
            func.coalesce(HistoryEvent.at, Deal.opened_at, type_=Moment).label("changed_at"),
        )
        .join(ids, ids.c.id == WorkItem.id)
        .join(Deal, Deal.id == WorkItem.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .outerjoin(HistoryEvent, (HistoryEvent.deal_id == Deal.id) & (HistoryEvent.number == Deal.history_length))
        .outerjoin(Person, Person.id == WorkItem.assignee_id)
        .outerjoin(Department, Department.id == WorkItem.group_id)
        .order_by(WorkItem.due_at, WorkItem.id)
        .limit(MOST_STEPS)
    )


def _deals(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Deal.id.label("deal_id"),
            Deal.number,
            Deal.title,
            Deal.owner_id,
            Client.name.label("client_name"),
            Deal.close_date,
            Person.full_name.label("whose"),
            Deal.history_length.label("changes"),
            func.coalesce(HistoryEvent.at, Deal.opened_at, type_=Moment).label("changed_at"),
        )
        .join(Client, Client.id == Deal.client_id)
        .join(Person, Person.id == Deal.owner_id)
        .outerjoin(HistoryEvent, (HistoryEvent.deal_id == Deal.id) & (HistoryEvent.number == Deal.history_length))
        .where(Deal.owner_id.in_(actor.people_acted_for), Deal.result == DealResult.OPEN, Deal.close_date.is_not(None))
        .order_by(Deal.close_date, Deal.id)
        .limit(MOST_DEALS)
    )
