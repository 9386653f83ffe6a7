"""What the company holds about a client, for the client who asks for it (GDPR, article 15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.client import Client, Contact
from engine.model.deal import Deal, DealResult
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.client_letters import ClientLetterRow, letters_of_deals
from engine.queries.client_merges import one_client
from engine.queries.client_notes import NoteRow, notes_of
from engine.queries.client_rows import ClientRow, ContactRow, client_rows, clients_of, contacts_of
from engine.queries.pages import LONGEST_PAGE
from engine.queries.scopes import visible_clients, visible_deals


@dataclass(frozen=True, slots=True)
class ClientDeal:
    """``fields`` are what the steps of its map asked for, by name, as JSON. The letters are the earliest first."""

    number: str
    title: str
    amount: Decimal | None
    currency: str
    close_date: date | None
    result: DealResult
    loss_reason: str
    opened_at: datetime
    closed_at: datetime | None
    fields: Mapping[str, Any]
    letters: tuple[ClientLetterRow, ...]


@dataclass(frozen=True, slots=True)
class ClientData:
    """``merged`` are the cards of those who were merged into the client, as they were then."""

    card: ClientRow
    merged: tuple[ClientRow, ...]
    contacts: tuple[ContactRow, ...]
    notes: tuple[NoteRow, ...]
    deals: tuple[ClientDeal, ...]


def client_data(session: Session, actor: Actor, client_id: int) -> ClientData:
    """Raises NotFound, NotAllowed."""
    ensure_may_take(session, client_id, actor)
    known = one_client(client_id)
    cards = clients_of(session, actor, session.execute(client_rows(Client.id.in_(known)).order_by(Client.id)).all())
    return ClientData(
        card=next(one for one in cards if one.id == client_id),
        merged=tuple(one for one in cards if one.id != client_id),
        contacts=contacts_of(session, Contact.client_id.in_(known)),
        notes=_notes(session, client_id),
        deals=_deals(session, actor, client_id),
    )


def ensure_may_take(session: Session, client_id: int, actor: Actor) -> None:
    """Whoever may erase a client may hand out what is held about it. Raises NotFound, NotAllowed."""
    if session.scalar(select(Client.id).where(Client.id == client_id, visible_clients(actor, only=client_id))) is None:
        raise NotFound
    ensure_may(actor, Ability.ERASE_PERSON)


def _notes(session: Session, client_id: int) -> tuple[NoteRow, ...]:
    found: list[NoteRow] = []
    cursor: str | None = None
    while True:
        page = notes_of(session, client_id, limit=LONGEST_PAGE, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found)


def _deals(session: Session, actor: Actor, client_id: int) -> tuple[ClientDeal, ...]:
    wanted = Deal.client_id.in_(one_client(client_id)), visible_deals(actor)
    deals = session.scalars(select(Deal).where(*wanted).order_by(Deal.opened_at, Deal.id)).all()
    letters = letters_of_deals(session, [deal.id for deal in deals])
    return tuple(
        ClientDeal(
            number=deal.number,
            title=deal.title,
            amount=deal.amount,
            currency=deal.currency,
            close_date=deal.close_date,
            result=deal.result,
            loss_reason=deal.loss_reason,
            opened_at=deal.opened_at,
            closed_at=deal.closed_at,
            fields=dict(deal.fields),
            letters=letters[deal.id],
        )
        for deal in deals
    )
