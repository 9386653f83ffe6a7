"""The list of deals: filtered, sorted, paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    UnaryExpression,
    bindparam,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.alphabet import sort_key
from engine.model.deal import Deal, DealResult
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.policy.permissions import Actor
from engine.queries.counted_deals import CountedDeals, DealResults
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.pages import READ_AT_ONCE, ListOrder, Page, page_size
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
    """``is_sorted``: the deals are sorted once they are found, and not looked for in the order of an index.

    So it is with those of a client, who are few beside the company's: PostgreSQL would walk through all of these.
    """

    column: InstrumentedAttribute[Any]
    kind: type
    descending: bool = False
    may_be_empty: bool = False
    is_sorted: bool = False


_KEYS = {
    DealSort.LATEST: _Key(Deal.opened_at, datetime, descending=True),
    DealSort.OLDEST: _Key(Deal.opened_at, datetime),
    DealSort.LARGEST: _Key(Deal.amount, Decimal, descending=True, may_be_empty=True),
    DealSort.SMALLEST: _Key(Deal.amount, Decimal, may_be_empty=True),
    DealSort.CLOSING: _Key(Deal.close_date, date, may_be_empty=True),
    DealSort.TITLE: _Key(Deal.sort_key, str),
    DealSort.LONGEST_IN_STAGE: _Key(Deal.stage_since, datetime, may_be_empty=True),
}
_ORDERS = {sort: ListOrder(f"deals {sort.value}", (key.kind, int)) for sort, key in _KEYS.items()}


def deals(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    stage: str | None = None,
    owner_id: int | None = None,
    result: DealResult | DealResults | None = None,
    definition_key: str | None = None,
    map_version: int | None = None,
    closed_since: datetime | None = None,
    closed_until: datetime | None = None,
    opened_since: datetime | None = None,
    opened_until: datetime | None = None,
    client_id: int | None = None,
    loss_reason_id: int | None = None,
    overdue: bool = False,
    counted: CountedDeals | None = None,
    sort: DealSort = DealSort.LATEST,
    limit: int = 50,
    cursor: str | None = None,
    now: datetime,
) -> Page[DealRow]:
    """One page of the visible deals. ``overdue``: only those with a late live step. Raises CursorNotUnderstood.

    ``map_version`` is the version that deals follow, or followed to their end; closed from ``closed_since`` up to, not
    including, ``closed_until``; opened likewise. ``loss_reason_id`` 0: none of the list. A cursor belongs to its sort.
    """
    key, size = _KEYS[sort], page_size(limit, READ_AT_ONCE)
    conditions = [visible_deals(actor), matches(session, Deal.search_text, q)]
    wanted = {
        Deal.stage: stage,
        Deal.owner_id: owner_id,
        Deal.definition_key: definition_key,
        Deal.client_id: client_id,
    }
    conditions += [column == value for column, value in wanted.items() if value is not None]
    if loss_reason_id is not None:
        conditions.append(Deal.loss_reason_id == loss_reason_id if loss_reason_id else Deal.loss_reason_id.is_(None))
    if map_version is not None:
        conditions.append(_follows(session, map_version, definition_key))
    conditions += [Deal.closed_at >= closed_since] if closed_since else []
    conditions += [Deal.closed_at < closed_until] if closed_until else []
    conditions += [Deal.opened_at >= opened_since] if opened_since else []
    conditions += [Deal.opened_at < opened_until] if opened_until else []
    if overdue:
        conditions.append(Deal.next_due_at < now)
    conditions += counted.conditions() if counted else []
    results = _results(result)
    if client_id is not None:
        key = replace(key, is_sorted=True)
    chosen = _in_order(key, results, conditions, size, _ORDERS[sort].after(cursor)).subquery("page")
    found = session.execute(deal_rows().join(chosen, chosen.c.id == Deal.id).order_by(*_order(key, chosen))).all()
    rows = deals_of(session, found, now)
    return _ORDERS[sort].page(rows, limit=size, cursor=cursor, key=lambda row: (_value_of(row, sort), row.id))


def _results(result: DealResult | DealResults | None) -> tuple[DealResult, ...]:
    if isinstance(result, DealResults):
        return result.members
    return (result,) if result is not None else tuple(DealResult)


def _value_of(row: DealRow, sort: DealSort) -> Any:
    return sort_key(row.title) if sort is DealSort.TITLE else getattr(row, _KEYS[sort].column.key)


def _follows(session: Session, version: int, key: str | None) -> ColumnElement[bool]:
    """The version stands in the statement by its id: PostgreSQL has counted how many deals follow which.

    Else it takes any version for one of few deals, and looks through all that follow it for one page.
    """
    followed = select(ProcessInstance.id).where(ProcessInstance.deal_id == Deal.id)
    if key is not None:
        of_map = (ProcessDefinition.key == key, ProcessDefinition.version == version)
        found = session.scalars(select(ProcessDefinition.id).where(*of_map)).all()
        ids = bindparam("versions", found, BigInteger, expanding=True, literal_execute=True)
        return followed.where(ProcessInstance.definition_id.in_(ids)).exists()
    followed = followed.join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
    return followed.where(ProcessDefinition.key == Deal.definition_key, ProcessDefinition.version == version).exists()


def _in_order(
    key: _Key,
    results: Sequence[DealResult],
    conditions: Sequence[ColumnElement[bool]],
    size: int,
    after: tuple[Any, int] | None,
) -> Select[*tuple[Any, ...]]:
    """Ids and sort values of the next ``size`` + 1 deals.

    One short read per result, and of those with and without a value to sort by: an index serves each in its order.
    """
    value, last_id = after or (None, None)
    reads: list[Select[*tuple[Any, ...]]] = []
    for result in results:
        base = select(Deal.id, key.column.label("value")).where(Deal.result == result, *conditions)
        valued = base.where(key.column.is_not(None)) if key.may_be_empty else base
        if value is not None:
            shown, last = (
                tuple_(key.column, Deal.id),
                tuple_(literal(value, key.column.type), literal(last_id, BigInteger)),
            )
            valued = valued.where(shown < last if key.descending else shown > last)
        if after is None or value is not None:
            reads.append(_directed(valued, key, key.column, Deal.id).limit(size + 1))
        if key.may_be_empty:
            empty = base.where(key.column.is_(None))
            if after is not None and value is None:
                empty = empty.where(Deal.id < last_id if key.descending else Deal.id > last_id)
            reads.append(_directed(empty, key, Deal.id).limit(size + 1))
    merged = union_all(*(select(read.subquery()) for read in reads)).subquery("merged")
    return select(merged.c.id, merged.c.value).order_by(*_order(key, merged)).limit(size + 1)


def _directed(read: Select[*tuple[Any, ...]], key: _Key, *columns: Any) -> Select[*tuple[Any, ...]]:
    by = (func.coalesce(column, column) if key.is_sorted else column for column in columns)
    return read.order_by(*(column.desc() if key.descending else column.asc() for column in by))


def _order(key: _Key, rows: FromClause) -> tuple[UnaryExpression[Any], ...]:
    if key.descending:
        return rows.c.value.desc().nulls_last(), rows.c.id.desc()
    return rows.c.value.asc().nulls_last(), rows.c.id.asc()
