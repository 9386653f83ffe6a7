"""Whether a client of somebody's list is here already: by tax number, phone or e-mail, else by name alone.

Names are the same as they are sorted: case and quotation marks do not count. Two who have different tax numbers are
never the same, whatever they share: an accountant answers for many companies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from engine.alphabet import sort_key
from engine.errors import N_, DomainError
from engine.model.client import Client, Contact
from engine.policy.imported_rows import ReadRow

_ASKED_AT_ONCE = 500


class SeveralFit(DomainError):
    """A guess would put one client's data into another's card."""

    code: ClassVar[str] = "several_fit"
    template: ClassVar[str] = N_("Several clients fit this row: %(names)s. Add the EDRPOU code.")


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client who is here (``id``), or one of an earlier ``row`` of the same list."""

    name: str
    edrpou: str = ""
    phone: str = ""
    email: str = ""
    id: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """``by`` is edrpou, phone, email or name."""

    client: KnownClient
    by: str


class KnownClients:
    """The clients that rows may be the same as; those of earlier rows are kept beside those of the database."""

    def __init__(self) -> None:
        self._by: dict[tuple[str, str], dict[tuple[int | None, int | None], KnownClient]] = {}

    def read(self, session: Session, rows: Sequence[ReadRow]) -> None:
        """Learn whom the database holds of these rows, in a few statements."""
        codes = {row.edrpou for row in rows} - {""}
        phones = {one for row in rows for one in row.phones}
        emails = {one for row in rows for one in row.emails}
        names = {sort_key(row.name) for row in rows} - {""}
        for column, wanted in (
            (Client.edrpou, codes),
            (Client.phone, phones),
            (Client.email, emails),
            (Client.sort_key, names),
        ):
            for some in _portions(wanted):
                for row in session.execute(_CLIENTS.where(column.in_(some))):
                    self.keep(KnownClient(row.name, row.edrpou, row.phone, row.email, row.id))
        for column, wanted, by in ((Contact.phone, phones, "phone"), (Contact.email, emails, "email")):
            for some in _portions(wanted):
                for found in session.execute(_OF_CONTACTS.add_columns(column.label("key")).where(column.in_(some))):
                    client = KnownClient(found.name, found.edrpou, found.phone, found.email, found.id)
                    self._put(by, found.key, client)

    def keep(self, client: KnownClient, phones: Iterable[str] = (), emails: Iterable[str] = ()) -> None:
        """``phones`` and ``emails`` are those that find the client beside the card's own."""
        self._put("edrpou", client.edrpou, client)
        self._put("name", sort_key(client.name), client)
        for phone in {client.phone, *phones}:
            self._put("phone", phone, client)
        for email in {client.email, *emails}:
            self._put("email", email, client)

    def ids(self) -> list[int]:
        """Of those who are in the database."""
        return sorted({client_id for found in self._by.values() for client_id, _ in found if client_id is not None})

    def same(self, row: ReadRow) -> Same | None:
        """Raises SeveralFit."""
        if row.edrpou and (found := self._found("edrpou", row.edrpou)):
            return Same(found[0], "edrpou")
        for by, keys in (("phone", row.phones), ("email", row.emails)):
            for key in keys:
                fitting = [one for one in self._found(by, key) if _may_be(row, one)]
                if fitting:
                    return Same(_only(row, fitting), by)
        alike = [
            one for one in self._found("name", sort_key(row.name)) if _may_be(row, one) and _says_no_other(row, one)
        ]
        return Same(_only(row, alike), "name") if alike else None

    def named(self, row: ReadRow) -> Same | None:
        """The same for a row that describes nobody and only names somebody: one of that name is enough.

        Raises SeveralFit.
        """
        found = self.same(row)
        if found is None and (alike := [one for one in self._found("name", sort_key(row.name)) if _may_be(row, one)]):
            found = Same(_only(row, alike), "name")
        return found

    def _found(self, by: str, key: str) -> list[KnownClient]:
        return list(self._by.get((by, key), {}).values()) if key else []

    def _put(self, by: str, key: str, client: KnownClient) -> None:
        if key:
            self._by.setdefault((by, key), {}).setdefault((client.id, client.row), client)


def _may_be(row: ReadRow, client: KnownClient) -> bool:
    return not (row.edrpou and client.edrpou and row.edrpou != client.edrpou)


def _says_no_other(row: ReadRow, client: KnownClient) -> bool:
    """By name alone: nothing that both have differs. Where both have a phone or an address, they would have met."""
    return not (row.phones and client.phone) and not (row.emails and client.email)


def _only(row: ReadRow, fitting: Sequence[KnownClient]) -> KnownClient:
    """Of several, the one that is called so. Raises SeveralFit."""
    called = [one for one in fitting if sort_key(one.name) == sort_key(row.name)] if len(fitting) > 1 else list(fitting)
    if len(called) != 1:
        raise SeveralFit(names=list(dict.fromkeys(one.name for one in fitting)))
    return called[0]


_STANDING = aliased(Client)
_CLIENTS = (
    select(
        _STANDING.id,
        Client.name,
        func.coalesce(func.nullif(Client.edrpou, ""), _STANDING.edrpou).label("edrpou"),
        Client.phone,
        Client.email,
    )
    .join(_STANDING, _STANDING.id == func.coalesce(Client.merged_into_id, Client.id))
    .order_by(_STANDING.id, Client.id)
)
"""Also by what was known of those who were merged into another one: then it is about that one."""
_OF_CONTACTS = _CLIENTS.join(Contact, Contact.client_id == Client.id)


def _portions(wanted: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(wanted)
    for first in range(0, len(ordered), _ASKED_AT_ONCE):
        yield ordered[first : first + _ASKED_AT_ONCE]
