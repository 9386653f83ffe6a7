"""How many steps stand in each tab of the inbox, and in each group of a tab.

Counted up to MOST_COUNTED, which means that many or more: nobody waits for the exact number of a thousand steps. So a
count reads at most a thousand entries of an index, however large the company is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import Session

from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.policy.urgency import Urgency, UrgencyBounds
from engine.queries.inbox_tabs import Tab, live_steps, reasons

MOST_COUNTED = 1_000

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class OwnCount:
    """Live steps that the actor holds, and how many of them are late."""

    mine: int
    overdue: int


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Live steps per tab, and done ones; ``overdue`` counts those of the first tab that are late."""

    mine: int
    groups: int
    substituting: int
    waiting: int
    done: int
    overdue: int

    def of(self, tab: Tab) -> int:
        """How many steps stand in a tab that is counted: any but ALL."""
        return int(getattr(self, tab.value))


def own_count(session: Session, actor: Actor, now: datetime) -> OwnCount:
    """The number that stands in the menu of every page."""
    mine = live_steps(actor, Tab.MINE)
    row = session.execute(select(_live(mine).label("mine"), _live(mine, WorkItem.due_at < now).label("overdue"))).one()
    return OwnCount(**row._asdict())


def inbox_counts(session: Session, actor: Actor, now: datetime) -> InboxCounts:
    def live(tab: Tab, *more: ColumnElement[bool]) -> Any:
        return _live(live_steps(actor, tab), *more)

    row = session.execute(
        select(
            live(Tab.MINE).label("mine"),
            live(Tab.GROUPS).label("groups"),
            live(Tab.SUBSTITUTING).label("substituting"),
            live(Tab.WAITING).label("waiting"),
            _bounded([select(WorkItem.id).where(*reasons(actor, Tab.DONE))]).label("done"),
            live(Tab.MINE, WorkItem.due_at < now).label("overdue"),
        )
    ).one()
    return InboxCounts(**row._asdict())


def urgency_counts(session: Session, actor: Actor, tab: Tab, bounds: UrgencyBounds) -> Mapping[Urgency, int]:
    """Live steps of a tab by how soon they are due."""
    why = live_steps(actor, tab)
    counts = session.execute(select(*(_live(why, *_due(one, bounds)) for one in Urgency))).one()
    return dict(zip(Urgency, counts, strict=True))


def _due(urgency: Urgency, bounds: UrgencyBounds) -> Conditions:
    if urgency is Urgency.NONE:
        return [WorkItem.due_at.is_(None)]
    start, end = bounds.span(urgency)
    conditions: list[ColumnElement[bool]] = [] if start is None else [WorkItem.due_at >= start]
    return conditions if end is None else [*conditions, WorkItem.due_at < end]


def _live(why: Conditions, *more: ColumnElement[bool]) -> Any:
    return _bounded([select(WorkItem.id).where(one, *more) for one in why])


def _bounded(parts: Sequence[Any]) -> Any:
    if not parts:
        return literal(0)
    each = (select(part.limit(MOST_COUNTED).subquery()) for part in parts)
    counted = union_all(*each).limit(MOST_COUNTED)
    return select(func.count()).select_from(counted.subquery()).scalar_subquery()
