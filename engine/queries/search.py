"""The one search box: deals, clients, contacts, live steps and what was written, each within what the actor sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.client import Client, Contact
from engine.model.deal import Deal
from engine.policy.permissions import Actor
from engine.policy.search_keys import query_terms
from engine.queries.client_rows import ClientRow, ContactRow, client_rows, clients_of, contacts_of
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.inbox import inbox
from engine.queries.inbox_tabs import Tab
from engine.queries.pages import page_size
from engine.queries.scopes import visible_clients, visible_deals
from engine.queries.text_search import matches
from engine.queries.work_item_rows import WorkItemRow
from engine.queries.written_texts import FoundText, written_texts


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The newest deals, clients, letters and comments first, contacts by name, steps by deadline."""

    deals: tuple[DealRow, ...] = ()
    clients: tuple[ClientRow, ...] = ()
    contacts: tuple[ContactRow, ...] = ()
    steps: tuple[WorkItemRow, ...] = ()
    texts: tuple[FoundText, ...] = ()

    @property
    def count(self) -> int:
        return len(self.deals) + len(self.clients) + len(self.contacts) + len(self.steps) + len(self.texts)


def search(session: Session, actor: Actor, q: str, limit: int = 10, *, now: datetime) -> SearchResults:
    """At most ``limit`` of each kind. An empty ``q`` finds nothing."""
    if not query_terms(q):
        return SearchResults()
    size = page_size(limit)
    clients = client_rows(visible_clients(actor), matches(session, Client.search_text, q)).order_by(Client.id.desc())
    return SearchResults(
        deals=_deals(session, actor, q, size, now),
        clients=clients_of(session, actor, session.execute(clients.limit(size)).all()),
        contacts=contacts_of(session, visible_clients(actor), matches(session, Contact.search_text, q), limit=size),
        steps=inbox(session, actor, tab=Tab.ALL, q=q, limit=size, now=now).items,
        texts=written_texts(session, actor, q, limit=size),
    )


def _deals(session: Session, actor: Actor, q: str, size: int, now: datetime) -> tuple[DealRow, ...]:
    """The ids first: what a row tells beside the deal is looked up for the shown ones only."""
    found = select(Deal.id).where(visible_deals(actor), matches(session, Deal.search_text, q))
    newest = found.order_by(Deal.id.desc()).limit(size).subquery("newest")
    rows = session.execute(deal_rows().join(newest, newest.c.id == Deal.id).order_by(Deal.id.desc())).all()
    return deals_of(session, rows, now)
