"""The list of clients as its address asks for it: filter, order, page. The same for the page and for its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from engine.errors import N_
from engine.policy.permissions import Actor
from engine.queries.client_list_columns import ClientColumn
from engine.queries.client_rows import ClientRow
from engine.queries.clients import ClientSort, clients
from engine.queries.pages import Page
from webui.forms.typed_values import read_id
from webui.listed_pages import all_pages

COLUMNS = {
    ClientColumn.CONTACT: N_("Contact"),
    ClientColumn.NEXT_STEP: N_("Next step"),
    ClientColumn.OPEN_DEALS: N_("Open deals"),
    ClientColumn.OWNER: N_("Owner"),
    ClientColumn.ADDED: N_("Added"),
    ClientColumn.SOURCE: N_("Source"),
}
SORTS = {ClientColumn.ADDED: "created_at"}
"""By which word of the address a column sorts."""
NUMERIC = frozenset({ClientColumn.OPEN_DEALS})
PAGE_SIZE = 50
OWN_FILTER = "own."
"""Before the names of the company's own fields in an address."""


@dataclass(frozen=True, slots=True)
class ClientFilter:
    """``owner_text`` is the owner's name as the form shows it, ``own`` what the company's own fields should hold."""

    q: str = ""
    owner_id: int | None = None
    owner_text: str = ""
    sort: ClientSort = ClientSort.NAME
    own: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, str]) -> ClientFilter:
        """Read from an address. What means nothing is not applied."""
        owner, sort = given.get("owner", ""), given.get("sort", "")
        return cls(
            q=given.get("q", "").strip()[:200],
            owner_id=read_id(owner),
            owner_text=given.get("owner_text", "") if owner else "",
            sort=ClientSort(sort) if sort in set(ClientSort) else ClientSort.NAME,
            own=tuple(
                (name.removeprefix(OWN_FILTER), value[:200])
                for name, value in given.items()
                if name.startswith(OWN_FILTER) and value
            ),
        )

    def address(self, endpoint: str = "clients.list_clients", **changes: str | None) -> str:
        """The address of the same list with ``changes``. A change starts at the first page again."""
        given: dict[str, str | None] = {
            "q": self.q or None,
            "owner": str(self.owner_id) if self.owner_id else None,
            "owner_text": self.owner_text or None,
            "sort": None if self.sort is ClientSort.NAME else self.sort.value,
        } | {OWN_FILTER + name: value for name, value in self.own}
        values: dict[str, Any] = {name: value for name, value in (given | changes).items() if value}
        return url_for(endpoint, **values)

    def sorted_by(self, sort: str) -> str:
        return self.address(sort=sort)

    def page(
        self, session: Session, actor: Actor, *, cursor: str | None = None, limit: int = PAGE_SIZE
    ) -> Page[ClientRow]:
        """Raises CursorNotUnderstood."""
        return clients(
            session,
            actor,
            q=self.q,
            owner_id=self.owner_id,
            own=dict(self.own),
            sort=self.sort,
            limit=limit,
            cursor=cursor,
        )

    def all_rows(self, session: Session, actor: Actor) -> Iterator[ClientRow]:
        """Every row of the list, read page by page."""
        return all_pages(lambda cursor, limit: self.page(session, actor, cursor=cursor, limit=limit))
