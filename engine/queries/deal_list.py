"""The list of deals: filtered, sorted, paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.model.deal import Deal, DealResult
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.pages import Page, cursor_key, page_of, page_size
from engine.queries.scopes import visible_deals
from engine.queries.text_search import matches


class DealSort(StrEnum):
    """A minus means: largest or latest first. Deals without a value come last either way."""

    LATEST = "-opened_at"
    OLDEST = "opened_at"
    LARGEST = "-amount"
    SMALLEST = "amount"
    CLOSING = "close_date"
    TITLE = "title"
    LONGEST_IN_STAGE = "stage_since"


@dataclass(frozen=True, slots=True)
class _Key:
    column: InstrumentedAttribute[Any]
    kind: type
    descending: bool = False
    may_be_empty: bool = False


_KEYS = {
    DealSort.LATEST: _Key(Deal.opened_at, datetime, descending=True),
    DealSort.OLDEST: _Key(Deal.opened_at, datetime),
    DealSort.LARGEST: _Key(Deal.amount, Decimal, descending=True, may_be_empty=True),
    DealSort.SMALLEST: _Key(Deal.amount, Decimal, may_be_empty=True),
    DealSort.CLOSING: _Key(Deal.close_date, date, may_be_empty=True),
    DealSort.TITLE: _Key(Deal.title, str),
    DealSort.LONGEST_IN_STAGE: _Key(Deal.stage_since, datetime, may_be_empty=True),
}


def deals(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    stage: str | None = None,
    owner_id: int | None = None,
    result: DealResult | None = None,
    definition_key: str | None = None,
    client_id: int | None = None,
    overdue: bool = False,
    sort: DealSort = DealSort.LATEST,
    limit: int = 50,
    cursor: str | None = None,
    now: datetime,
) -> Page[DealRow]:
    """One page of the visible deals. ``overdue``: only those with a late live step. Raises CursorNotUnderstood.

    A cursor belongs to its sort.
    """
    key, size = _KEYS[sort], page_size(limit)
    conditions = [visible_deals(actor), matches(Deal.search_text, q)]
    wanted = {
        Deal.stage: stage,
        Deal.owner_id: owner_id,
        Deal.result: result,
        Deal.definition_key: definition_key,
        Deal.client_id: client_id,
    }
    conditions += [column == value for column, value in wanted.items() if value is not None]
    if overdue:
        late = select(WorkItem.deal_id).where(WorkItem.state.in_(LIVE), WorkItem.due_at < now)
        conditions.append(Deal.id.in_(late))
    after = cursor_key(cursor, key.kind, int)
    if after is not None:
        conditions.append(_follows(key, *after))
    order = key.column.desc().nulls_last() if key.descending else key.column.asc().nulls_last()
    by_id = Deal.id.desc() if key.descending else Deal.id.asc()
    found = session.execute(deal_rows(*conditions).order_by(order, by_id).limit(size + 1)).all()
    rows = deals_of(session, found, now)
    return page_of(rows, limit=size, cursor=cursor, key=lambda row: (getattr(row, key.column.key), row.id))


def _follows(key: _Key, value: Any, last_id: int) -> ColumnElement[bool]:
    """Rows after the last one shown."""
    later_id = Deal.id < last_id if key.descending else Deal.id > last_id
    if value is None:
        return and_(key.column.is_(None), later_id)
    shown = tuple_(key.column, Deal.id)
    last = tuple_(literal(value, key.column.type), literal(last_id, BigInteger))
    follows = shown < last if key.descending else shown > last
    return or_(follows, key.column.is_(None)) if key.may_be_empty else follows
