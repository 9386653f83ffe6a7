"""Whom a letter to a client can go to by the client's card: those who matter, those who are looked for, those named.

A card can have thousands of contacts, so none of these reads them all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine.model.client import Contact
from engine.model.client_letter import ClientLetter
from engine.policy.search_keys import query_terms, search_text
from engine.queries.client_letters import LetterDesk, Receiver
from engine.queries.text_search import matches

_LATEST_LETTERS = 20


@dataclass(frozen=True, slots=True)
class ReceiversFound:
    """Each address once. ``is_cut``: there are more, or may be."""

    receivers: tuple[Receiver, ...]
    is_cut: bool


def likely_receivers(session: Session, desk: LetterDesk, *, limit: int) -> ReceiversFound:
    """Whom the deal's latest letters went to or came from, then others by name; the client's own address is the last.

    ``limit`` is of all together.
    """
    written = named_receivers(session, desk, _written_to(session, desk.deal_id)[:limit])
    return _found(_at_client(session, desk, limit), _own(desk), limit, first=written)


def found_receivers(session: Session, desk: LetterDesk, q: str, *, limit: int) -> ReceiversFound:
    """Those whom ``q`` finds as it finds contacts, by name; the client's own address is the last."""
    card = search_text(desk.client, desk.email)
    own = _own(desk) if all(term in card for term in query_terms(q)) else ()
    return _found(_at_client(session, desk, limit, q), own, limit)


def named_receivers(session: Session, desk: LetterDesk, addresses: Iterable[str]) -> tuple[Receiver, ...]:
    """Those of the addresses that the client's card has, spelled as there, in the order given."""
    wanted = list(dict.fromkeys(one.casefold() for one in addresses))
    known = {one.address.casefold(): one for one in (*_own(desk), *_contacts_named(session, desk.client_id, wanted))}
    return tuple(known[one] for one in wanted if one in known)


def names_at_client(session: Session, client_id: int, addresses: Collection[str]) -> dict[str, str]:
    """The names that the client's contacts have at the addresses, by the address in small letters."""
    return {one.address.casefold(): one.name for one in _contacts_named(session, client_id, addresses)}


def _found(
    by_name: Sequence[Receiver], own: Sequence[Receiver], limit: int, *, first: Sequence[Receiver] = ()
) -> ReceiversFound:
    """One contact more than may be shown was read: whether there are more is told by that."""
    known: dict[str, Receiver] = {}
    for one in (*first, *by_name):
        known.setdefault(one.address.casefold(), one)
    last = [one for one in own if one.address.casefold() not in known]
    shown = [*list(known.values())[: limit - len(last)], *last]
    return ReceiversFound(tuple(shown), is_cut=len(by_name) > limit or len(known) + len(last) > len(shown))


def _own(desk: LetterDesk) -> tuple[Receiver, ...]:
    return (Receiver(desk.email, desk.client),) if desk.email else ()


def _written_to(session: Session, deal_id: int) -> list[str]:
    """The addresses of the deal's latest letters, the last first, whoever they belong to."""
    rows = session.execute(
        select(ClientLetter.sender, ClientLetter.receivers)
        .where(ClientLetter.deal_id == deal_id)
        .order_by(ClientLetter.id.desc())
        .limit(_LATEST_LETTERS)
    )
    found = (one for sender, receivers in rows for one in (sender, *(str(to["address"]) for to in receivers)) if one)
    return list(dict.fromkeys(found))


def _at_client(session: Session, desk: LetterDesk, limit: int, q: str = "") -> list[Receiver]:
    statement = _addresses(desk.client_id).where(matches(session, Contact.search_text, q)).limit(limit + 1)
    return [Receiver(address, name) for address, name in session.execute(statement)]


def _contacts_named(session: Session, client_id: int, addresses: Collection[str]) -> list[Receiver]:
    """Where two contacts have one address, the first by name is the last of the two."""
    if not addresses:
        return []
    wanted = {one.casefold() for one in addresses}
    rows = session.execute(_addresses(client_id).where(func.lower(Contact.email).in_(wanted))).all()
    return [Receiver(address, name) for address, name in reversed(rows)]


def _addresses(client_id: int) -> Select[str, str]:
    return (
        select(Contact.email, Contact.full_name)
        .where(Contact.client_id == client_id, Contact.email != "")
        .order_by(Contact.sort_key, Contact.id)
    )
