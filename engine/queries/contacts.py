"""Contacts: the list of people at clients."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, literal, tuple_
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.errors import NotFound
from engine.model.client import Contact
from engine.policy.permissions import Actor
from engine.queries.client_merges import standing_client_id
from engine.queries.client_rows import ContactRow, contacts_of
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import visible_clients
from engine.queries.text_search import matches

_ORDER = ListOrder("contacts", (str, int))


def contacts(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    client_id: int | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ContactRow]:
    """One page of the contacts of visible clients by name; of one client if given, also of one who was merged.

    Raises NotFound for a client that is not visible, CursorNotUnderstood.
    """
    conditions = [visible_clients(actor)]
    if client_id is not None:
        standing = standing_client_id(session, actor, client_id)
        if standing is None:
            raise NotFound
        conditions.append(Contact.client_id == standing)
    return _page(session, conditions, q=q, limit=limit, cursor=cursor)


def contacts_at(session: Session, client_id: int, *, limit: int) -> Page[ContactRow]:
    """The first page of the contacts of a client that the caller has found visible."""
    return _page(session, [Contact.client_id == client_id], q="", limit=limit, cursor=None)


def _page(
    session: Session, conditions: Sequence[ColumnElement[bool]], *, q: str, limit: int, cursor: str | None
) -> Page[ContactRow]:
    size, wanted = page_size(limit), [*conditions, matches(session, Contact.search_text, q)]
    after = _ORDER.after(cursor)
    if after is not None:
        last = tuple_(literal(after[0], Contact.sort_key.type), literal(after[1], BigInteger))
        wanted.append(tuple_(Contact.sort_key, Contact.id) > last)
    rows = contacts_of(session, *wanted, limit=size + 1)
    return _ORDER.page(rows, limit=size, cursor=cursor, key=lambda row: (sort_key(row.full_name), row.id))


def contact_at(session: Session, client_id: int, contact_id: int | None) -> ContactRow | None:
    """A contact of a client that the caller has found visible; None where it is none of theirs."""
    if contact_id is None:
        return None
    return next(iter(contacts_of(session, Contact.id == contact_id, Contact.client_id == client_id)), None)


def contact_view(session: Session, actor: Actor, contact_id: int) -> ContactRow:
    """One contact of a visible client. Raises NotFound."""
    found = contacts_of(session, Contact.id == contact_id, visible_clients(actor))
    if not found:
        raise NotFound
    return found[0]
