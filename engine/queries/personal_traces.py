"""Where in the history of a client and of the client's deals a person is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.errors import NotFound
from engine.events import (
    ClientAdded,
    ClientChanged,
    ClientLetterHeldBack,
    ClientLetterReceived,
    ClientLetterReturned,
    ClientLetterSent,
    ClientLetterSentAgain,
    ClientLetterWritten,
    ContactAdded,
    ContactChanged,
    DealClientReplaced,
    kind_of,
)
from engine.model.client import Client, Contact
from engine.model.client_merge import ClientMerge
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.history_event import HistoryEvent, tells_of_clients
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED, salts_of, text_at
from engine.policy.personal_traces import Traces, orders_of, traces
from engine.queries.client_merges import doubles_of, one_client
from engine.queries.scopes import visible_clients

_OF_CLIENTS = (kind_of(ClientAdded), kind_of(ClientChanged))
_OF_CONTACTS = (kind_of(ContactAdded), kind_of(ContactChanged))
_OF_LETTERS = tuple(
    kind_of(one)
    for one in (
        ClientLetterHeldBack,
        ClientLetterReceived,
        ClientLetterReturned,
        ClientLetterSent,
        ClientLetterSentAgain,
        ClientLetterWritten,
    )
)
_CLIENT_REPLACED = kind_of(DealClientReplaced)
_WORDS = frozenset({"name", "full_name", "email", "edrpou"})
_READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class FoundTrace:
    """An entry that names the person: of a deal, or of the company where ``deal_id`` is None.

    ``places`` are those of its texts (see personal_texts), ``texts`` what stands there. Without ``places`` the entry is
    from before texts were salted: what it says is under its hash and stays.
    """

    event_id: int
    deal_id: int | None
    deal_number: str
    number: int | None
    kind: str
    at: datetime
    places: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def can_be_erased(self) -> bool:
        return bool(self.places)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of one of the client's deals with all its versions. ``is_named``: its name holds the person."""

    latest_id: int
    deal_id: int
    deal_number: str
    name: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class PersonFound:
    """Who is to be erased, and where the history names them. ``full_name`` is the contact's, or the client's name.

    ``files`` are all of the client's deals; ``contact_ids`` of the contacts who are erased, also of doubles of theirs
    that merges have removed.
    """

    client_id: int
    contact_id: int | None
    full_name: str
    traces: Traces
    found: tuple[FoundTrace, ...]
    files: tuple[FoundFile, ...]
    contact_ids: frozenset[int]

    @property
    def can_be_erased(self) -> tuple[FoundTrace, ...]:
        return tuple(one for one in self.found if one.can_be_erased)

    @property
    def kept(self) -> tuple[FoundTrace, ...]:
        """What is from before texts were salted."""
        return tuple(one for one in self.found if not one.can_be_erased)


def person_found(
    session: Session, actor: Actor, client_id: int, contact_id: int | None = None, words: Sequence[str] = ()
) -> PersonFound:
    """A contact of the client, or the client with all contacts; ``words`` are other words for them.

    Raises NotFound, NotAllowed.
    """
    client = session.scalar(select(Client).where(Client.id == client_id, visible_clients(actor, only=client_id)))
    if client is None:
        raise NotFound
    ensure_may(actor, Ability.ERASE_PERSON)
    contacts = _contacts_of_person(session, client_id, contact_id)
    if contact_id is not None and not contacts:
        raise NotFound
    cards = [client, *session.scalars(select(Client).where(Client.merged_into_id == client_id).order_by(Client.id))]
    known: list[Client | Contact] = [*contacts] if contact_id is not None else [*cards, *contacts]
    contact_ids = frozenset(one.id for one in contacts)
    contact_ids |= doubles_of(session, client_id, contact_ids)
    former_words, former_phones = _former(session, client_id, contact_ids if contact_id is not None else None)
    names = [name for one in known for name in ([one.name] if isinstance(one, Client) else orders_of(one.full_name))]
    codes = [one.edrpou for one in cards] if contact_id is None else []
    named = traces(
        [*names, *(one.email for one in known), *codes, *former_words, *words],
        [*(one.phone for one in known), *former_phones],
        fields_of_client=contact_id is None,
    )
    whose = _Whose(
        client_id,
        frozenset(session.scalars(one_client(client_id))),
        contact_id,
        contact_ids,
        _merge_moments(session, client_id),
    )
    found = tuple(_found(session, whose, named))
    files = tuple(_files(session, client_id, named))
    return PersonFound(client_id, contact_id, _name_of(known[0]), named, found, files, whose.contact_ids)


def _contacts_of_person(session: Session, client_id: int, contact_id: int | None) -> Sequence[Contact]:
    """All contacts of a client and of who was merged into it; or one contact, with the same one of a merged client."""
    of_client = Contact.client_id.in_(one_client(client_id))
    contacts = session.scalars(select(Contact).where(of_client).order_by(Contact.id)).all()
    if contact_id is None:
        return contacts
    known = [one for one in contacts if one.id == contact_id]
    left = [one for one in contacts if one.id != contact_id and one.client_id != client_id]
    if not known or not left:
        return known
    names, phones, emails = _ever(session, known[0])
    return known + [one for one in left if one.sort_key in names and one.phone in phones and one.email in emails]


def _ever(session: Session, contact: Contact) -> tuple[set[str], set[str], set[str]]:
    """What a contact's card says and has said: with one of these it was like another's when the clients were merged."""
    said = {"full_name": {contact.full_name}, "phone": {contact.phone}, "email": {contact.email}}
    changes = session.scalars(
        select(HistoryEvent.data).where(
            HistoryEvent.kind == kind_of(ContactChanged),
            HistoryEvent.data["contact_id"].as_integer() == contact.id,
        )
    )
    for data in changes:
        for name, values in data["changes"].items():
            if name in said:
                said[name].update(one or "" for one in values)
    return {sort_key(one) for one in said["full_name"]}, said["phone"], said["email"]


def _files(session: Session, client_id: int, named: Traces) -> Iterator[FoundFile]:
    rows = session.execute(
        select(func.max(DealFile.id).label("latest"), DealFile.deal_id, Deal.number, DealFile.name)
        .join(Deal, Deal.id == DealFile.deal_id)
        .where(Deal.client_id == client_id, DealFile.erased_at.is_(None))
        .group_by(DealFile.deal_id, Deal.number, DealFile.name)
        .order_by(DealFile.deal_id, DealFile.name)
    )
    for row in rows:
        yield FoundFile(row.latest, row.deal_id, row.number, row.name, is_named=named.are_in(row.name))


def _name_of(known: Client | Contact) -> str:
    return known.name if isinstance(known, Client) else known.full_name


def _former(session: Session, client_id: int, contact_ids: frozenset[int] | None) -> tuple[list[str], list[str]]:
    """By which words and phones the card has known the person before: who has married is still the same.

    ``contact_ids`` are those of one contact, None: the client with all.
    Not by those of another client that a merge wrote into the card until it was undone.
    """
    rows = session.execute(
        select(HistoryEvent.kind, HistoryEvent.data).where(
            HistoryEvent.kind.in_((*_OF_CLIENTS, *_OF_CONTACTS)),
            tells_of_clients(one_client(client_id)),
        )
    )
    theirs = (_said(data) for kind, data in rows if _is_of_card(kind, data, contact_ids))
    anothers = _written_for_a_while(session, client_id)
    told = [(name, one) for said in theirs for name, one in said if one not in anothers]
    words = [one for name, one in told if name in _WORDS]
    words += [spelt for name, one in told if name == "full_name" for spelt in orders_of(one)]
    return words, [one for name, one in told if name == "phone"]


def _is_of_card(kind: str, data: Mapping[str, Any], contact_ids: frozenset[int] | None) -> bool:
    return contact_ids is None or (kind not in _OF_CLIENTS and data.get("contact_id") in contact_ids)


def _written_for_a_while(session: Session, client_id: int) -> frozenset[str]:
    undone = select(ClientMerge.changes).where(
        ClientMerge.kept_id.in_(one_client(client_id)), ClientMerge.undone_at.is_not(None)
    )
    changes = [one for one in session.scalars(undone) if one]
    return frozenset(new for one in changes for _old, new in one.values() if isinstance(new, str))


def _said(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in {"name": [data.get("name")], **(data.get("changes") or {})}.items():
        yield from ((name, one) for one in values if isinstance(one, str))


@dataclass(frozen=True, slots=True)
class _Whose:
    """Who is erased: the client by all their ids, or one contact; ``contact_ids`` are theirs, too.

    ``merged_at`` are the moments at which the client's card was written into another's, or out of it again.
    """

    client_id: int
    ids: frozenset[int]
    contact_id: int | None
    contact_ids: frozenset[int]
    merged_at: frozenset[datetime]


def _found(session: Session, whose: _Whose, named: Traces) -> Iterator[FoundTrace]:
    rows = session.execute(
        select(
            HistoryEvent.id,
            HistoryEvent.deal_id,
            HistoryEvent.number,
            HistoryEvent.kind,
            HistoryEvent.at,
            HistoryEvent.data,
            HistoryEvent.salt,
            Deal.number.label("deal_number"),
            Deal.client_id,
        )
        .outerjoin(Deal, Deal.id == HistoryEvent.deal_id)
        .where(or_(HistoryEvent.deal_id.in_(deals_naming(whose.client_id)), _is_of_client(whose.client_id)))
        .order_by(HistoryEvent.id)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in rows:
        salts = salts_of(row.kind, row.data, row.salt)
        is_own = row.data.get("client_id") in whose.ids if row.deal_id is None else row.client_id == whose.client_id
        is_theirs = _is_theirs(row.kind, row.data, whose, is_own=is_own)
        tells_card = is_own or row.kind == _CLIENT_REPLACED or row.at in whose.merged_at
        texts_at = {place: text_at(row.data, place) for place in salts}
        places = tuple(
            place
            for place, text in texts_at.items()
            if text != ERASED and (is_theirs or (tells_card and named.own(place)) or named.are_in(text))
        )
        texts = tuple(texts_at[place] for place in places)
        if not row.salt:
            texts = tuple(text for text in _texts_in(row.data) if named.are_in(text))
        if texts:
            yield FoundTrace(row.id, row.deal_id, row.deal_number or "", row.number, row.kind, row.at, places, texts)


def _is_theirs(kind: str, data: Mapping[str, Any], whose: _Whose, *, is_own: bool) -> bool:
    """Whether the entry tells of nothing but the card, or the letters, of whoever is erased.

    That is a contact, or the client with all. ``is_own``: it is of the client, or of a deal of theirs.
    """
    if kind in _OF_CONTACTS:
        return data.get("contact_id") in whose.contact_ids or (is_own and whose.contact_id is None)
    return is_own and whose.contact_id is None and (kind in _OF_CLIENTS or kind in _OF_LETTERS)


def _is_of_client(client_id: int) -> ColumnElement[bool]:
    """Entries of the client's card, and of the cards into which it was merged, although it may be apart again."""
    kept = select(ClientMerge.kept_id).where(ClientMerge.merged_id.in_(one_client(client_id)))
    is_this = or_(tells_of_clients(one_client(client_id)), tells_of_clients(kept))
    return and_(HistoryEvent.deal_id.is_(None), HistoryEvent.kind.in_((*_OF_CLIENTS, *_OF_CONTACTS)), is_this)


def _merge_moments(session: Session, client_id: int) -> frozenset[datetime]:
    rows = session.execute(
        select(ClientMerge.merged_at, ClientMerge.undone_at).where(ClientMerge.merged_id.in_(one_client(client_id)))
    )
    return frozenset(at for row in rows for at in row if at is not None)


def deals_naming(client_id: int) -> Select[int]:
    """The ids of a client's deals, and of those that were a client's with which it was merged once."""
    merged = select(HistoryEvent.deal_id).where(_tells_merge(client_id))
    return select(Deal.id).where(or_(Deal.client_id == client_id, Deal.id.in_(merged))).order_by(Deal.id)


def _tells_merge(client_id: int) -> ColumnElement[bool]:
    """Entries of deals that say what two clients had in their cards when they were merged, or told apart again."""
    named = (HistoryEvent.data[name].as_integer().in_(one_client(client_id)) for name in ("client_id", "previous_id"))
    return and_(HistoryEvent.kind == kind_of(DealClientReplaced), or_(*named))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)
