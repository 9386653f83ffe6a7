"""Clients who are probably one: the same tax number, phone, address of mail, or a name that differs in spelling alone.

Phones and addresses of contacts count like the client's own. Two who have different tax numbers are never the same,
whatever they share; what more than a few share says nothing; and neither are they whom somebody has told apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, literal, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from engine.errors import NotFound
from engine.likeness import likeness_key
from engine.model.client import Client, Contact
from engine.model.client_merge import NotDouble
from engine.policy.permissions import Actor
from engine.policy.personal_texts import ERASED
from engine.policy.phone_numbers import normalise_phone
from engine.queries.client_merges import one_client
from engine.queries.client_rows import ClientRow, client_rows, clients_of
from engine.queries.scopes import visible_clients

REASONS = ("edrpou", "phone", "email", "name")
"""The surest first."""
MOST_SHARING = 20
_MOST_READ = 20_000
_DUPLICATES_SHOWN = 10
_WHOLE_CODES = (8, 10, 12)  # digits; one that is still being typed tells nobody apart
_Table = type[Client | Contact]


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """``by`` names what coincides: edrpou, phone or email, of the client or of a contact there, or the name."""

    client_id: int
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class DoubleGroup:
    """Clients of whom each shares something with another one of them; ``reasons`` are what, the surest first."""

    clients: tuple[ClientRow, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoublesPage:
    """``total`` counts the groups. ``page`` begins at 1; ``is_cut``: more coincides than is looked through at once."""

    groups: tuple[DoubleGroup, ...]
    total: int
    page: int
    pages: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Group:
    ids: tuple[int, ...]
    reasons: tuple[str, ...]


def double_groups(session: Session, actor: Actor, *, page: int = 1, limit: int = 20) -> DoublesPage:
    """One page of the groups among the visible clients, in a constant number of statements.

    All that coincides is read, at most 20,000 places of it; nothing is read of who coincides with nobody.
    """
    keys = _keys(session, actor)
    apart = _told_apart(session)
    groups = _groups(keys, apart)
    pages = max(1, -(-len(groups) // limit))
    page = max(1, min(page, pages))
    shown = groups[(page - 1) * limit : page * limit]
    ids = [one for group in shown for one in group.ids]
    found = session.execute(client_rows(Client.id.in_(ids))).all() if ids else ()
    rows = {row.id: row for row in clients_of(session, actor, found)}
    told = (DoubleGroup(tuple(rows[one] for one in group.ids if one in rows), group.reasons) for group in shown)
    return DoublesPage(tuple(told), len(groups), page, pages, len(keys) >= _MOST_READ)


def compared_clients(session: Session, actor: Actor, ids: Collection[int]) -> tuple[ClientRow, ...]:
    """Clients side by side, the one first who is best kept: with the most open deals, with a tax number, the oldest.

    Raises NotFound where one of them does not stand, or is not visible.
    """
    found = session.execute(client_rows(Client.id.in_(ids), visible_clients(actor))).all()
    if len(found) != len(set(ids)):
        raise NotFound
    rows = clients_of(session, actor, found)
    return tuple(sorted(rows, key=lambda one: (-one.open_deals, not one.edrpou, one.created_at, one.id)))


def possible_duplicates(
    session: Session,
    edrpou: str = "",
    phone: str = "",
    email: str = "",
    name: str = "",
    *,
    besides: int | None = None,
) -> tuple[PossibleDuplicate, ...]:
    """Clients that share a code, a phone in any spelling, an address in any case or a like name; at most ten.

    ``besides``: the client who is looked at, with nobody whom somebody has told apart from that one. Not scoped:
    somebody who adds a client has to learn that a colleague has it, however many share it. Only the name is told.
    """
    code = edrpou.strip()
    same = _coincidences(code, normalise_phone(phone) or phone.strip(), email.strip().lower(), likeness_key(name))
    if not same:
        return ()
    stands = Client.merged_into_id.is_(None) & (Client.name != ERASED)
    if len(code) in _WHOLE_CODES:
        stands &= Client.edrpou.in_(("", code))
    if besides is not None:
        stands &= (Client.id != besides) & ~Client.id.in_(_apart_from(besides))
    parts = []
    for rank, (by, table, condition) in enumerate(same):
        part = select(Client.id, Client.name, literal(by).label("by"), literal(rank).label("rank")).distinct()
        if table is Contact:
            part = part.join(Contact, Contact.client_id == Client.id)
        parts.append(select(part.where(condition, stands).order_by(Client.id).limit(MOST_SHARING).subquery()))
    found = union_all(*parts).subquery()
    rows = session.execute(select(found).order_by(found.c.rank, found.c.id)).all()
    sharing = Counter(by for by, _id in {(row.by, row.id) for row in rows})
    says_nothing = {by for by, count in sharing.items() if besides is not None and count >= MOST_SHARING}
    duplicates: dict[int, PossibleDuplicate] = {}
    for row in rows:
        if row.by not in says_nothing:
            duplicates.setdefault(row.id, PossibleDuplicate(row.id, row.name, row.by))
    return tuple(duplicates.values())[:_DUPLICATES_SHOWN]


def similar_clients(session: Session, actor: Actor, client: ClientRow) -> tuple[tuple[PossibleDuplicate, bool], ...]:
    """Who is probably the same as a visible client, and whether the actor sees them; nobody for one who was erased."""
    if client.name == ERASED:
        return ()
    found = possible_duplicates(session, client.edrpou, client.phone, client.email, client.name, besides=client.id)
    seen = seen_clients(session, actor, [one.client_id for one in found])
    return tuple((one, one.client_id in seen) for one in found)


def seen_clients(session: Session, actor: Actor, ids: Collection[int]) -> frozenset[int]:
    """Those of the clients whom the actor sees."""
    if not ids:
        return frozenset()
    return frozenset(session.scalars(select(Client.id).where(Client.id.in_(ids), visible_clients(actor))))


def _coincidences(edrpou: str, phone: str, email: str, likeness: str) -> list[tuple[str, _Table, ColumnElement[bool]]]:
    """What to look for, the surest first."""
    same: list[tuple[str, _Table, ColumnElement[bool]]] = []
    if edrpou:
        same.append(("edrpou", Client, Client.edrpou == edrpou))
    for table in (Client, Contact):
        if phone:
            same.append(("phone", table, table.phone == phone))
        if email:
            same.append(("email", table, table.email == email))
    if likeness:
        same.append(("name", Client, Client.likeness == likeness))
    return same


def _apart_from(client_id: int) -> Select[int]:
    """Whom somebody has told apart from a client, or from one who was merged into it; as who they are now."""
    ids, told = one_client(client_id), aliased(Client)
    apart = union(
        select(NotDouble.high_id).where(NotDouble.low_id.in_(ids)),
        select(NotDouble.low_id).where(NotDouble.high_id.in_(ids)),
    )
    return select(func.coalesce(told.merged_into_id, told.id)).where(told.id.in_(apart))


def _keys(session: Session, actor: Actor) -> Sequence[Any]:
    """What several visible clients share: reason, key, client and the client's tax number; in one statement.

    Each column is grouped by its own index first, so that what only one has costs no more than walking the index.
    Phones and addresses, which clients and contacts have in common, are grouped once for both.
    """
    seen = (visible_clients(actor), Client.name != ERASED)
    merged = select(Client.id).where(Client.merged_into_id.is_not(None))
    stands, at_standing = Client.id.not_in(merged), Contact.client_id.not_in(merged)
    own = (("edrpou", Client.edrpou), ("name", Client.likeness))
    parts = [
        _shared(by, column, _several(select(column, Client.id).where(column != "", stands)), *seen)
        for by, column in own
    ]
    for by, of_client, of_contact in (("phone", Client.phone, Contact.phone), ("email", Client.email, Contact.email)):
        everywhere = union(
            select(of_client.label("key"), Client.id.label("id")).where(of_client != "", stands),
            select(of_contact.label("key"), Contact.client_id.label("id")).where(of_contact != "", at_standing),
        )
        several = select(_several(everywhere).cte(f"several_{by}s"))
        parts.append(_shared(by, of_client, several, *seen))
        parts.append(_shared(by, of_contact, several, *seen).join(Contact, Contact.client_id == Client.id))
    found = union(*parts).subquery("found")
    return session.execute(select(found).order_by(found.c.by, found.c.key, found.c.id).limit(_MOST_READ)).all()


def _several(keys: Any) -> Any:
    """Of keys with the client who has each, once: those that two clients have, and few more."""
    key = keys.subquery().c[0]
    return select(key).group_by(key).having(func.count().between(2, MOST_SHARING))


def _shared(by: str, column: InstrumentedAttribute[str], several: Any, *conditions: ColumnElement[bool]) -> Any:
    told = select(literal(by, String).label("by"), column.label("key"), Client.id.label("id"), Client.edrpou)
    return told.select_from(Client).where(column.in_(several), *conditions)


def _told_apart(session: Session) -> frozenset[tuple[int, int]]:
    """Pairs of standing clients, the smaller id first: a part of a client is told apart for the whole."""
    low, high = aliased(Client), aliased(Client)
    pairs = session.execute(
        select(func.coalesce(low.merged_into_id, low.id), func.coalesce(high.merged_into_id, high.id))
        .select_from(NotDouble)
        .join(low, low.id == NotDouble.low_id)
        .join(high, high.id == NotDouble.high_id)
    )
    return frozenset((min(one, other), max(one, other)) for one, other in pairs)


def _groups(keys: Iterable[Any], apart: Collection[tuple[int, int]]) -> list[_Group]:
    """Who belongs together by any of the keys; the surest first, then those who came last."""
    shared: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for row in keys:
        shared[row.by, row.key][row.id] = row.edrpou
    together = _Together()
    reasons: dict[tuple[int, int], set[str]] = defaultdict(set)
    for (by, _key), clients in shared.items():
        for pair in _pairs(clients, apart):
            reasons[pair].add(by)
            together.join(*pair)
    found: dict[int, tuple[set[int], set[str]]] = defaultdict(lambda: (set(), set()))
    for pair, why in reasons.items():
        ids, whys = found[together.first(pair[0])]
        ids.update(pair)
        whys.update(why)
    groups = [_Group(tuple(sorted(ids)), tuple(one for one in REASONS if one in whys)) for ids, whys in found.values()]
    return sorted(groups, key=lambda group: (REASONS.index(group.reasons[0]), -group.ids[-1]))


def _pairs(clients: Mapping[int, str], apart: Collection[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for (low, code), (high, other) in combinations(sorted(clients.items()), 2):
        if (low, high) not in apart and not (code and other and code != other):
            yield low, high


class _Together:
    """Sets that are joined pair by pair; each goes by its smallest member."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def first(self, one: int) -> int:
        while (above := self._above.get(one, one)) != one:
            self._above[one] = self._above.get(above, above)
            one = above
        return one

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.first(one), self.first(other)))
        self._above[high] = low
