"""The inbox: steps that wait, nearest deadline first, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, tuple_, union, union_all
from sqlalchemy.orm import Session

from engine.db.types import Moment
from engine.model.deal import Deal, DealResult
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.permissions import Actor
from engine.queries.pages import Page, cursor_key, page_of, page_size
from engine.queries.scopes import visible_work_items
from engine.queries.text_search import matches
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows

_LATEST = func.coalesce(WorkItem.completed_at, WorkItem.opened_at, type_=Moment)


class Tab(StrEnum):
    MINE = "mine"  # held by the actor
    GROUPS = "groups"  # held by nobody, in the actor's departments
    SUBSTITUTING = "substituting"  # of the people whom the actor substitutes, and of their departments
    WAITING = "waiting"  # held by others, in the actor's deals or asked for by the actor
    DONE = "done"  # done by the actor, latest first
    ALL = "all"  # everything visible


MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Live steps per tab; ``overdue`` counts those of the first tab that are late.

    Counted up to MOST_COUNTED, which means that many or more: nobody waits for the exact number of a thousand steps.
    """

    mine: int
    groups: int
    substituting: int
    overdue: int


def inbox(
    session: Session,
    actor: Actor,
    *,
    tab: Tab = Tab.MINE,
    q: str = "",
    deal_id: int | None = None,
    state: str = "open",
    limit: int = 50,
    cursor: str | None = None,
    now: datetime,
) -> Page[WorkItemRow]:
    """One page. ``state`` is "open" (waiting, held or not), "completed", "cancelled" or "all".

    Live steps come nearest deadline first, those without one last; done steps latest first. The tab DONE shows done
    steps whatever ``state`` says. Raises CursorNotUnderstood.
    """
    narrowed = [matches(session, WorkItem.search_text, q)]
    if deal_id is not None:
        narrowed.append(WorkItem.deal_id == deal_id)
    states = (WorkItemState.COMPLETED,) if tab is Tab.DONE else _states_of(state)
    size = page_size(limit)
    order: tuple[Any, ...]
    if states == LIVE:
        page = _by_due_date(actor, tab, narrowed, size, cursor)
        order = (WorkItem.due_at.asc().nulls_last(), WorkItem.id)
    else:
        page = _latest_first(_reasons(actor, tab), states, narrowed, size, cursor)
        order = (_LATEST.desc(), WorkItem.id.desc())
    chosen = page.subquery("page")
    found = session.execute(work_item_rows().join(chosen, chosen.c.id == WorkItem.id).order_by(*order))
    rows = rows_of(found, actor, now)
    if states == LIVE:
        return page_of(rows, limit=size, cursor=cursor, key=lambda row: (row.due_at, row.id))
    return page_of(rows, limit=size, cursor=cursor, key=lambda row: (row.completed_at or row.opened_at, row.id))


def inbox_counts(session: Session, actor: Actor, now: datetime) -> InboxCounts:
    def count(tab: Tab, *more: ColumnElement[bool]) -> Any:
        parts = [
            select(WorkItem.id).where(condition, WorkItem.state == state, *more).limit(MOST_COUNTED)
            for condition in _reasons(actor, tab)
            for state in LIVE
        ]
        if not parts:
            return literal(0)
        counted = union_all(*(select(part.subquery()) for part in parts)).limit(MOST_COUNTED)
        return select(func.count()).select_from(counted.subquery()).scalar_subquery()

    counts = session.execute(
        select(
            count(Tab.MINE),
            count(Tab.GROUPS),
            count(Tab.SUBSTITUTING),
            count(Tab.MINE, WorkItem.due_at < now),
        )
    ).one()
    return InboxCounts(*counts)


def _reasons(actor: Actor, tab: Tab) -> Sequence[ColumnElement[bool]]:
    """Why a step stands in a tab: conditions that exclude each other, each served by one index."""
    match tab:
        case Tab.MINE:
            return [WorkItem.assignee_id == actor.person_id]
        case Tab.GROUPS:
            own = actor.department_ids | actor.headed_department_ids
            return [_unheld(group_id) for group_id in sorted(own)]
        case Tab.SUBSTITUTING:
            others = actor.substituted_department_ids - actor.department_ids - actor.headed_department_ids
            held = [WorkItem.assignee_id == person_id for person_id in sorted(actor.substitutes_for)]
            return held + [_unheld(group_id) for group_id in sorted(others)]
        case Tab.WAITING:
            return [_waiting_for_others(actor)]
        case Tab.DONE:
            return [WorkItem.completed_by_id == actor.person_id]
        case Tab.ALL:
            return [visible_work_items(actor)]


def _unheld(group_id: int) -> ColumnElement[bool]:
    return (WorkItem.group_id == group_id) & WorkItem.assignee_id.is_(None)


def _waiting_for_others(actor: Actor) -> ColumnElement[bool]:
    own_deals = select(Deal.id).where(Deal.owner_id == actor.person_id, Deal.result == DealResult.OPEN)
    in_own_deals = select(WorkItem.id).where(WorkItem.deal_id.in_(own_deals), WorkItem.state.in_(LIVE))
    asked_for = select(WorkItem.id).where(WorkItem.asked_by_id == actor.person_id, WorkItem.state.in_(LIVE))
    not_mine = WorkItem.assignee_id.is_distinct_from(actor.person_id)
    return WorkItem.id.in_(union(in_own_deals.correlate(None), asked_for.correlate(None))) & not_mine


def _by_due_date(
    actor: Actor, tab: Tab, narrowed: Sequence[ColumnElement[bool]], size: int, cursor: str | None
) -> Select[*tuple[Any, ...]]:
    """Ids of the next ``size`` + 1 live steps.

    One short, ordered read per reason, state and "has a deadline", merged: each is served in order by an index, so
    that the page costs the same among a hundred steps and among a hundred thousand.
    """
    after = cursor_key(cursor, datetime, int)
    due_after, id_after = after or (None, 0)
    dated_is_over = after is not None and due_after is None
    reads = []
    for condition in _reasons(actor, tab):
        for state in LIVE:
            base = select(WorkItem.id, WorkItem.due_at).where(condition, WorkItem.state == state, *narrowed)
            if not dated_is_over:
                dated = base.where(WorkItem.due_at.is_not(None))
                if due_after is not None:
                    last = tuple_(literal(due_after, Moment), literal(id_after, BigInteger))
                    dated = dated.where(tuple_(WorkItem.due_at, WorkItem.id) > last)
                reads.append(dated.order_by(WorkItem.due_at, WorkItem.id).limit(size + 1))
            undated = base.where(WorkItem.due_at.is_(None))
            if dated_is_over:
                undated = undated.where(WorkItem.id > id_after)
            reads.append(undated.order_by(WorkItem.id).limit(size + 1))
    if not reads:
        return select(WorkItem.id).where(WorkItem.id.is_(None))
    merged = union_all(*(select(read.subquery()) for read in reads)).subquery("merged")
    return select(merged.c.id).order_by(merged.c.due_at.asc().nulls_last(), merged.c.id).limit(size + 1)


def _latest_first(
    reasons: Sequence[ColumnElement[bool]],
    states: Sequence[WorkItemState],
    narrowed: Sequence[ColumnElement[bool]],
    size: int,
    cursor: str | None,
) -> Select[*tuple[Any, ...]]:
    """Ids of the next ``size`` + 1 steps by when they were done, or opened where they are not. One reason each."""
    after = cursor_key(cursor, datetime, int)
    reads = []
    for condition in reasons:
        for state in states:
            read = select(WorkItem.id, _LATEST.label("at")).where(condition, WorkItem.state == state, *narrowed)
            if after is not None:
                last = tuple_(literal(after[0], Moment), literal(after[1], BigInteger))
                read = read.where(tuple_(_LATEST, WorkItem.id) < last)
            reads.append(read.order_by(_LATEST.desc(), WorkItem.id.desc()).limit(size + 1))
    if not reads:
        return select(WorkItem.id).where(WorkItem.id.is_(None))
    merged = union_all(*(select(read.subquery()) for read in reads)).subquery("merged")
    return select(merged.c.id).order_by(merged.c.at.desc(), merged.c.id.desc()).limit(size + 1)


def _states_of(state: str) -> tuple[WorkItemState, ...]:
    match state:
        case "open":
            return LIVE
        case "completed":
            return (WorkItemState.COMPLETED,)
        case "cancelled":
            return (WorkItemState.CANCELLED,)
        case _:
            return tuple(WorkItemState)
