"""Clients and contacts as every list shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from engine.model.client import Client, Contact
from engine.model.deal import Deal, DealResult
from engine.model.person import Person
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.scopes import visible_deals


@dataclass(frozen=True, slots=True)
class ClientRow:
    """``open_deals`` and ``next_due_at`` count only the deals that the actor sees.

    A client without a live step in them has no ``next_due_at`` and ``has_next_step`` False. ``fields`` are the values
    of the company's own fields by name, as JSON.
    """

    id: int
    name: str
    edrpou: str
    segment: str
    source: str
    phone: str
    email: str
    owner_id: int | None
    owner_name: str
    created_at: datetime
    version: int
    open_deals: int
    has_next_step: bool
    next_due_at: datetime | None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactRow:
    id: int
    client_id: int
    client_name: str
    full_name: str
    position: str
    phone: str
    email: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def client_rows(*conditions: Any) -> Select[*tuple[Any, ...]]:
    """The statement whose rows ``clients_of`` reads. The caller adds order and limit."""
    return (
        select(
            Client.id,
            Client.name,
            Client.edrpou,
            Client.segment,
            Client.source,
            Client.phone,
            Client.email,
            Client.owner_id,
            Person.full_name.label("owner_name"),
            Client.created_at,
            Client.version,
            Client.fields,
        )
        .select_from(Client)
        .outerjoin(Person, Person.id == Client.owner_id)
        .where(*conditions)
    )


def clients_of(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> tuple[ClientRow, ...]:
    """The rows with what is known of their open deals, read in one more statement."""
    work = _open_work(session, actor, [row.id for row in rows])
    return tuple(_client_row(row, *work.get(row.id, (0, 0, None))) for row in rows)


def contacts_of(session: Session, *conditions: Any, limit: int | None = None) -> tuple[ContactRow, ...]:
    """Contacts by name, of clients that the caller has found visible or scopes in ``conditions``."""
    statement = (
        select(
            Contact.id,
            Contact.client_id,
            Client.name.label("client_name"),
            Contact.full_name,
            Contact.position,
            Contact.phone,
            Contact.email,
            Contact.fields,
        )
        .join(Client, Client.id == Contact.client_id)
        .where(*conditions)
        .order_by(Contact.sort_key, Contact.id)
        .limit(limit)
    )
    return tuple(ContactRow(**row._asdict()) for row in session.execute(statement))


def _client_row(row: Row[Any], open_deals: int, live_steps: int, next_due_at: datetime | None) -> ClientRow:
    return ClientRow(
        **row._asdict() | {"owner_name": row.owner_name or ""},
        open_deals=open_deals,
        has_next_step=live_steps > 0,
        next_due_at=next_due_at,
    )


def _open_work(
    session: Session, actor: Actor, client_ids: Collection[int]
) -> dict[int, tuple[int, int, datetime | None]]:
    """Per client: open deals, live steps, nearest deadline."""
    if not client_ids:
        return {}
    is_open = Deal.result == DealResult.OPEN  # beside the counts: as a condition, SQLite would read all that is open
    rows = session.execute(
        select(
            Deal.client_id,
            func.count(Deal.id.distinct()).filter(is_open),
            func.count(WorkItem.id).filter(is_open),
            func.min(WorkItem.due_at).filter(is_open),
        )
        .select_from(Deal)
        .outerjoin(WorkItem, (WorkItem.deal_id == Deal.id) & WorkItem.state.in_(LIVE))
        .where(Deal.client_id.in_(client_ids), visible_deals(actor))
        .group_by(Deal.client_id)
    )
    return {client_id: (deals, steps, due_at) for client_id, deals, steps, due_at in rows}
