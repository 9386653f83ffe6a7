"""History across deals, and whether a deal's chain is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, and_, func, literal, select, true, tuple_
from sqlalchemy.orm import Session

from engine.db.types import Moment
from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.policy.history_chain import ChainEntry, ChainFault, faults
from engine.policy.permissions import Actor
from engine.policy.personal_texts import is_fresh, salts_of
from engine.queries.deal_history import HistoryRow, history_of, history_rows
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import visible_history

_ORDER = ListOrder("history", (datetime, int))

CHAIN_COLUMNS = (
    HistoryEvent.deal_id,
    HistoryEvent.number,
    HistoryEvent.kind,
    HistoryEvent.actor_id,
    HistoryEvent.actor_name,
    HistoryEvent.work_item_id,
    HistoryEvent.at,
    HistoryEvent.data,
    HistoryEvent.previous_hash,
    HistoryEvent.entry_hash,
    HistoryEvent.salt,
)
"""Of a history event, what a link of its chain is made of: see ``chain_entry``."""

_READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class FaultyChain:
    deal_id: int
    deal_number: str
    faults: tuple[ChainFault, ...]


def history_after(session: Session, actor: Actor, event_id: int, limit: int = 100) -> Page[HistoryRow]:
    """Visible events behind the one of that id, in the order of their ids, for systems that must not miss any.

    An event that one of a lower number could still come before is told only then. The session sees what was committed
    since it began (``Database.read`` without a snapshot).
    """
    size = page_size(limit)
    settled = is_settled(session)
    statement = history_rows(visible_history(actor, HistoryEvent.deal_id))
    statement = statement.where(HistoryEvent.id > event_id, settled)
    rows = history_of(session.execute(statement.order_by(HistoryEvent.id).limit(size + 1)))
    return Page(tuple(rows[:size]))


def history_since(
    session: Session, actor: Actor, since: datetime | None = None, limit: int = 100, cursor: str | None = None
) -> Page[HistoryRow]:
    """Visible events from ``since`` on, oldest first, for systems that follow. Raises CursorNotUnderstood."""
    size = page_size(limit)
    statement = history_rows(visible_history(actor, HistoryEvent.deal_id))
    if since is not None:
        statement = statement.where(HistoryEvent.at >= since)
    after = _ORDER.after(cursor)
    if after is not None:
        last = tuple_(literal(after[0], Moment), literal(after[1], BigInteger))
        statement = statement.where(tuple_(HistoryEvent.at, HistoryEvent.id) > last)
    rows = history_of(session.execute(statement.order_by(HistoryEvent.at, HistoryEvent.id).limit(size + 1)))
    return _ORDER.page(rows, limit=size, cursor=cursor, key=lambda row: (row.at, row.id))


def is_settled(session: Session) -> ColumnElement[bool]:
    """No transaction that is still open can commit an event before this one, for a statement that follows.

    PostgreSQL numbers rows when they are inserted, and a later number may commit first. So the database is asked behind
    which number open transactions may have some (migration 0025), and a statement that begins after that sees every
    event up to there. SQLite has one writer at a time.
    """
    if session.get_bind().dialect.name != "postgresql":
        return true()
    last: int = session.execute(select(func.settled_history())).scalar_one()
    return HistoryEvent.id <= last


def chain_entry(row: Row[Any]) -> ChainEntry:
    """The link that a row with ``CHAIN_COLUMNS`` is. An event of no deal has deal 0 and number 0."""
    return _entry(row, salts_of(row.kind, row.data, row.salt), "")


def chain_link(row: Row[Any]) -> ChainEntry:
    """As ``chain_entry``, for who only checks it: cheap, and without the salts of an entry that has them all."""
    return _entry(row, {}, row.salt) if is_fresh(row.salt) else chain_entry(row)


def _entry(row: Row[Any], salts: Mapping[str, str], fresh_salt: str) -> ChainEntry:
    return ChainEntry(
        deal=row.deal_id or 0,
        number=row.number or 0,
        kind=row.kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        work_item_id=row.work_item_id,
        at=row.at,
        data=row.data,
        previous_hash=row.previous_hash,
        recorded_hash=row.entry_hash,
        salts=salts,
        fresh_salt=fresh_salt,
    )


def chain_entries(session: Session, deal_id: int) -> Iterator[ChainEntry]:
    """The deal's chain in its stored order, read piece by piece."""
    rows = session.execute(
        select(*CHAIN_COLUMNS)
        .where(HistoryEvent.deal_id == deal_id, HistoryEvent.number.is_not(None))
        .order_by(HistoryEvent.number)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in rows:
        yield chain_entry(row)


def chain_faults(session: Session, deal_id: int) -> tuple[ChainFault, ...]:
    """Everything wrong with the deal's chain, its head included; empty when it is whole. Raises NotFound."""
    head = session.execute(select(Deal.history_length, Deal.history_hash).where(Deal.id == deal_id)).one_or_none()
    if head is None:
        raise NotFound
    return faults(chain_entries(session, deal_id), head_length=head.history_length, head_hash=head.history_hash)


def faulty_chains(session: Session, first: int = 1, last: int | None = None) -> Iterator[FaultyChain]:
    """Every deal whose chain is not whole, by id; of the deals with the ids ``first`` to ``last``, or of all.

    All their history is read, in one statement: deal after deal, a thousand entries at once.
    """
    rows = session.execute(
        select(
            Deal.id.label("of_deal"),
            Deal.number.label("deal_number"),
            Deal.history_length,
            Deal.history_hash,
            *CHAIN_COLUMNS,
        )
        .outerjoin(HistoryEvent, and_(HistoryEvent.deal_id == Deal.id, HistoryEvent.number.is_not(None)))
        .where(Deal.id >= first, *(() if last is None else (Deal.id <= last,)))
        .order_by(Deal.id, HistoryEvent.number)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for deal_id, of_deal in groupby(rows, key=attrgetter("of_deal")):
        head = next(of_deal)
        links = (chain_link(row) for row in chain((head,), of_deal) if row.number is not None)
        found = faults(links, head_length=head.history_length, head_hash=head.history_hash)
        if found:
            yield FaultyChain(deal_id, head.deal_number, found)
