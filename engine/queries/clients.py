"""Clients: the list, one client, the choice for a new deal, and who is there already."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, cast, func, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.alphabet import sort_key
from engine.bpmn.compiled import FieldType
from engine.errors import NotFound
from engine.events import (
    ClientAdded,
    ClientChanged,
    ClientImported,
    ClientsMerged,
    ClientsMergeUndone,
    ContactAdded,
    ContactChanged,
    ContactImported,
    ContactRemoved,
    kind_of,
)
from engine.model.client import Client, Contact
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent, tells_of_clients
from engine.model.own_field import FieldSubject
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Ability, Actor, may
from engine.policy.search_keys import query_terms, search_text
from engine.queries.client_merges import one_client
from engine.queries.client_notes import NoteRow, notes_of
from engine.queries.client_rows import ClientRow, ContactRow, client_rows, clients_of, contacts_of
from engine.queries.contacts import contacts_at
from engine.queries.deal_history import HistoryRow, history_of, history_rows
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.own_fields import own_fields
from engine.queries.pages import READ_AT_ONCE, ListOrder, Page, page_size
from engine.queries.scopes import choosable_clients, visible_clients, visible_deals
from engine.queries.text_search import matches
from engine.queries.work_item_rows import WorkItemRow, rows_of, work_item_rows

_DEALS_SHOWN = 100
_LOOKED_THROUGH = 200  # of those whom a search finds, to offer some
_READ_TOGETHER = 100  # SQLite takes at most 500 reads in one
_NOTES_SHOWN = 5
_TRUE = ("true", "1")  # of JSON, as PostgreSQL and as SQLite write it
_OF_CLIENTS = tuple(
    kind_of(one)
    for one in (
        ClientAdded,
        ClientChanged,
        ClientImported,
        ClientsMerged,
        ClientsMergeUndone,
        ContactAdded,
        ContactChanged,
        ContactImported,
        ContactRemoved,
    )
)


class ClientSort(StrEnum):
    """A minus means: latest first, or from the end of the alphabet."""

    NAME = "name"
    NAME_REVERSED = "-name"
    LATEST = "-created_at"
    OLDEST = "created_at"


_SORTED_BY: Mapping[str, tuple[InstrumentedAttribute[Any], type]] = {
    "name": (Client.sort_key, str),
    "created_at": (Client.created_at, datetime),
}
_ORDERS = {
    sort: ListOrder(f"clients {sort.value}", (_SORTED_BY[sort.removeprefix("-")][1], int)) for sort in ClientSort
}
_CHANGES = ListOrder("client_history", (int,))


@dataclass(frozen=True, slots=True)
class ClientView:
    """``deals`` are the visible ones, latest first, at most a hundred. ``next_step`` has the nearest deadline.

    ``old_notes`` are the latest of those that were brought from elsewhere.
    """

    row: ClientRow
    fields: Mapping[str, Any]
    contacts: Page[ContactRow]
    deals: tuple[DealRow, ...]
    next_step: WorkItemRow | None
    old_notes: Page[NoteRow]
    may_edit: bool
    version: int


@dataclass(frozen=True, slots=True)
class ClientChoice:
    id: int
    name: str
    edrpou: str


def clients(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    owner_id: int | None = None,
    own: Mapping[str, str] = MappingProxyType({}),
    sort: ClientSort = ClientSort.NAME,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ClientRow]:
    """One page of the visible clients. A cursor belongs to its sort. ``own`` are values of own fields to filter by.

    Of a choice that is its value, of a yes/no field ``yes`` or ``no``; what can be no filter is not applied.
    Raises CursorNotUnderstood.
    """
    size, descending = page_size(limit, READ_AT_ONCE), sort.startswith("-")
    column = _SORTED_BY[sort.removeprefix("-")][0]
    conditions = [visible_clients(actor), matches(session, Client.search_text, q)]
    if owner_id is not None:
        conditions.append(Client.owner_id == owner_id)
    conditions += _having(session, own)
    after = _ORDERS[sort].after(cursor)
    if after is not None:
        shown, last = tuple_(column, Client.id), tuple_(literal(after[0], column.type), literal(after[1], BigInteger))
        conditions.append(shown < last if descending else shown > last)
    order = (column.desc(), Client.id.desc()) if descending else (column.asc(), Client.id.asc())
    found = session.execute(client_rows(*conditions).order_by(*order).limit(size + 1)).all()
    rows = clients_of(session, actor, found)
    return _ORDERS[sort].page(rows, limit=size, cursor=cursor, key=lambda row: (_sorted_by(row, sort), row.id))


def _sorted_by(row: ClientRow, sort: ClientSort) -> str | datetime:
    return sort_key(row.name) if sort in {ClientSort.NAME, ClientSort.NAME_REVERSED} else row.created_at


def _having(session: Session, own: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    for field in (one.definition for one in own_fields(session, FieldSubject.CLIENT) if one.name in own):
        wanted = own[field.name]
        if field.type is FieldType.CHOICE:
            yield Client.fields[field.name].as_string() == wanted
        elif field.type is FieldType.YES_NO and wanted in ("yes", "no"):
            # As a text: what was stored before the field was one of yes or no must not fail the whole list.
            said = func.coalesce(cast(Client.fields[field.name].as_string(), String), "")
            yield said.in_(_TRUE) if wanted == "yes" else said.not_in(_TRUE)


def visible_client_name(session: Session, actor: Actor, client_id: int) -> str:
    """Empty for a client that does not exist or that the actor may not see."""
    named = select(Client.name).where(Client.id == client_id, visible_clients(actor, only=client_id))
    return session.scalar(named) or ""


def client_view(
    session: Session, actor: Actor, client_id: int, now: datetime, *, contacts: int | None = None
) -> ClientView:
    """With the first ``contacts`` by name, None: with all.

    Raises NotFound for a client that does not exist or that the actor may not see.
    """
    found = session.execute(client_rows(Client.id == client_id, visible_clients(actor, only=client_id))).all()
    if not found:
        raise NotFound
    (row,) = clients_of(session, actor, found)
    its_deals = deal_rows(Deal.client_id == client_id, visible_deals(actor))
    latest = session.execute(its_deals.order_by(Deal.opened_at.desc(), Deal.id.desc()).limit(_DEALS_SHOWN)).all()
    return ClientView(
        row=row,
        fields=row.fields,
        contacts=Page(contacts_of(session, Contact.client_id == client_id))
        if contacts is None
        else contacts_at(session, client_id, limit=contacts),
        deals=deals_of(session, latest, now),
        next_step=_next_step(session, actor, client_id, now),
        old_notes=notes_of(session, client_id, limit=_NOTES_SHOWN),
        may_edit=may(actor, Ability.MANAGE_CLIENTS),
        version=row.version,
    )


def _next_step(session: Session, actor: Actor, client_id: int, now: datetime) -> WorkItemRow | None:
    """The visible live step with the nearest deadline, which is that of its deal; else one without a deadline."""
    theirs = (Deal.client_id == client_id, visible_deals(actor))
    soonest = select(Deal.id).where(*theirs, Deal.next_due_at.is_not(None)).order_by(Deal.next_due_at, Deal.id)
    deal_id = session.scalar(soonest.limit(1))
    of = WorkItem.deal_id == deal_id if deal_id is not None else and_(*theirs)
    steps = work_item_rows(of, WorkItem.state.in_(LIVE))
    nearest = session.execute(steps.order_by(WorkItem.due_at.asc().nulls_last(), WorkItem.id).limit(1))
    return next(iter(rows_of(nearest, actor, now)), None)


def client_history(
    session: Session, actor: Actor, client_id: int, *, limit: int = 50, cursor: str | None = None
) -> Page[HistoryRow]:
    """One page of what was changed about a client and its contacts, the latest first.

    Raises NotFound, CursorNotUnderstood.
    """
    if session.scalar(select(Client.id).where(Client.id == client_id, visible_clients(actor, only=client_id))) is None:
        raise NotFound
    size, before = page_size(limit), _CHANGES.after(cursor)
    wanted = [HistoryEvent.kind.in_(_OF_CLIENTS)]
    if before is not None:
        wanted.append(HistoryEvent.id < before[0])
    known = session.scalars(one_client(client_id)).all()
    parts = (known[at : at + _READ_TOGETHER] for at in range(0, len(known), _READ_TOGETHER))
    latest = (_latest_about(session, part, wanted, size) for part in parts)
    ids = heapq.nlargest(size + 1, chain.from_iterable(latest))
    rows = history_of(session.execute(history_rows(HistoryEvent.id.in_(ids)).order_by(HistoryEvent.id.desc())))
    return _CHANGES.page(rows, limit=size, cursor=cursor, key=lambda row: (row.id,))


def _latest_about(
    session: Session, client_ids: Sequence[int], wanted: Sequence[ColumnElement[bool]], size: int
) -> Sequence[int]:
    """The ids of the latest ``size`` + 1 entries about each of these: one short read each, in the index's order."""
    reads = (
        select(HistoryEvent.id)
        .where(tells_of_clients([one]), *wanted)
        .order_by(HistoryEvent.id.desc())
        .limit(size + 1)
        .subquery()
        for one in client_ids
    )
    return session.scalars(union_all(*(select(read.c.id) for read in reads))).all()


def choose_clients(session: Session, actor: Actor, q: str, limit: int = 20) -> tuple[ClientChoice, ...]:
    """For type-ahead, by name; who is found by something else than the name comes after those.

    Own fields find a client only for who may read them: else they could be guessed.
    """
    terms, size = query_terms(q), page_size(limit)
    rows = session.execute(
        select(
            Client.id,
            Client.name,
            Client.edrpou,
            Client.segment,
            Client.phone,
            Client.email,
            visible_clients(actor).label("is_seen"),
        )
        .where(choosable_clients(actor), matches(session, Client.search_text, q))
        .order_by(Client.sort_key, Client.id)
        .limit(_LOOKED_THROUGH if terms else size)
    )
    known = ((row, search_text(row.name, row.edrpou, row.segment, row.phone, row.email)) for row in rows)
    chosen = [row for row, text in known if row.is_seen or all(term in text for term in terms)]
    chosen.sort(key=lambda row: not all(term in search_text(row.name) for term in terms))
    return tuple(ClientChoice(row.id, row.name, row.edrpou) for row in chosen[:size])
