"""The inbox: steps that wait, nearest deadline first, and what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, or_, tuple_
from sqlalchemy.orm import Session

from engine.db.types import Amount, Moment
from engine.model.deal import Deal
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.permissions import Actor
from engine.queries.inbox_filters import MOST_SORTED, InboxFilter, InboxSort, narrowing
from engine.queries.inbox_tabs import Tab, live_reasons, reasons
from engine.queries.ordered_reads import largest_first, smallest_first
from engine.queries.pages import READ_AT_ONCE, ListOrder, Page, page_size
from engine.queries.text_search import matches
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows

UNFILTERED = InboxFilter()

_BY_DEADLINE = ListOrder("steps by deadline", (datetime, int))
_LATEST_FIRST = ListOrder("steps latest first", (datetime, int))
_LARGEST_FIRST = ListOrder("steps by amount", (Decimal, int))
_NEWEST_FIRST = ListOrder("steps by opening", (datetime, int))

_LATEST = func.coalesce(WorkItem.completed_at, WorkItem.opened_at, type_=Moment)


def inbox(
    session: Session,
    actor: Actor,
    *,
    tab: Tab = Tab.MINE,
    q: str = "",
    deal_id: int | None = None,
    state: str = "open",
    chosen: InboxFilter = UNFILTERED,
    limit: int = 50,
    cursor: str | None = None,
    now: datetime,
) -> Page[WorkItemRow]:
    """One page. ``state`` is "open" (waiting, held or not), "claimed" (held), "completed", "cancelled" or "all".

    Live steps come nearest deadline first, those without one last, unless ``chosen`` sorts them; done steps latest
    first. The tab DONE shows done steps whatever ``state`` says. Raises CursorNotUnderstood.
    """
    narrowed = [matches(session, WorkItem.search_text, q), *narrowing(session, chosen, now)]
    if deal_id is not None:
        narrowed.append(WorkItem.deal_id == deal_id)
    if state == WorkItemState.CLAIMED:
        narrowed.append(WorkItem.state == WorkItemState.CLAIMED)
    states = (WorkItemState.COMPLETED,) if tab is Tab.DONE else _states_of(state)
    size = page_size(limit, READ_AT_ONCE)
    order: tuple[Any, ...]
    if states == LIVE and chosen.sort is not InboxSort.DEADLINE:
        nearest = _by_due_date(actor, tab, narrowed, MOST_SORTED - 1, None)
        found, by, key = _sorted(nearest, chosen.sort, cursor)
        rows = rows_of(session.execute(found.limit(size + 1)), actor, now)
        return by.page(rows, limit=size, cursor=cursor, key=key)
    if states == LIVE:
        page = _by_due_date(actor, tab, narrowed, size, cursor)
        order = (WorkItem.due_at.asc().nulls_last(), WorkItem.id)
    else:
        page = _latest_first(reasons(actor, tab), states, narrowed, size, cursor)
        order = (_LATEST.desc(), WorkItem.id.desc())
    ids = page.subquery("page")
    found = work_item_rows(page=ids).order_by(*order)
    rows = rows_of(session.execute(found), actor, now)
    if states == LIVE:
        return _BY_DEADLINE.page(rows, limit=size, cursor=cursor, key=lambda row: (row.due_at, row.id))
    return _LATEST_FIRST.page(
        rows, limit=size, cursor=cursor, key=lambda row: (row.completed_at or row.opened_at, row.id)
    )


def _sorted(
    nearest: Select[*tuple[Any, ...]], sort: InboxSort, cursor: str | None
) -> tuple[Select[*tuple[Any, ...]], ListOrder, Callable[[WorkItemRow], Sequence[Any]]]:
    """The ``nearest`` steps in another order, from the cursor on, with that order and the key of a row in it."""
    ids = nearest.subquery("nearest")
    found = work_item_rows(page=ids)
    if sort is InboxSort.LARGEST:
        after = _LARGEST_FIRST.after(cursor)
        if after is not None:
            found = found.where(_behind_amount(*after))
        found = found.order_by(Deal.amount.desc().nulls_last(), WorkItem.id)
        return found, _LARGEST_FIRST, lambda row: (row.amount, row.id)
    after = _NEWEST_FIRST.after(cursor)
    if after is not None:
        last = tuple_(literal(after[0], Moment), literal(after[1], BigInteger))
        found = found.where(tuple_(WorkItem.opened_at, WorkItem.id) < last)
    found = found.order_by(WorkItem.opened_at.desc(), WorkItem.id.desc())
    return found, _NEWEST_FIRST, lambda row: (row.opened_at, row.id)


def _behind_amount(amount: Decimal | None, work_item_id: int) -> ColumnElement[bool]:
    """Of steps with the largest amount first, those behind this one."""
    if amount is None:
        return Deal.amount.is_(None) & (WorkItem.id > work_item_id)
    last = literal(amount, Amount)
    return or_(Deal.amount < last, Deal.amount.is_(None), (Deal.amount == last) & (WorkItem.id > work_item_id))


def _by_due_date(
    actor: Actor, tab: Tab, narrowed: Sequence[ColumnElement[bool]], size: int, cursor: str | None
) -> Select[*tuple[Any, ...]]:
    """Ids of the next ``size`` + 1 live steps.

    One short, ordered read per reason, state and "has a deadline", merged: each is served in order by an index, so
    that the page costs the same among a hundred steps and among a hundred thousand.
    """
    parts = [(condition, *narrowed) for condition in live_reasons(actor, tab)]
    return smallest_first(WorkItem.due_at, WorkItem.id, parts, after=_BY_DEADLINE.after(cursor), size=size)


def _latest_first(
    why: Sequence[ColumnElement[bool]],
    states: Sequence[WorkItemState],
    narrowed: Sequence[ColumnElement[bool]],
    size: int,
    cursor: str | None,
) -> Select[*tuple[Any, ...]]:
    """Ids of the next ``size`` + 1 steps by when they were done, or opened where they are not. One reason each."""
    parts = [(condition, WorkItem.state == state, *narrowed) for condition in why for state in states]
    return largest_first(_LATEST, WorkItem.id, parts, after=_LATEST_FIRST.after(cursor), size=size)


def _states_of(state: str) -> tuple[WorkItemState, ...]:
    match state:
        case "open" | "claimed":
            return LIVE
        case "completed":
            return (WorkItemState.COMPLETED,)
        case "cancelled":
            return (WorkItemState.CANCELLED,)
        case _:
            return tuple(WorkItemState)
