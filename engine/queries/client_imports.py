"""Lists that were brought: how far each is, and what became of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.client import Client, Contact
from engine.model.client_import import (
    AT_WORK,
    PROMISING,
    TAKEN,
    WAITING,
    ClientImport,
    ClientImportRow,
    ImportKind,
    ImportState,
    RowState,
)
from engine.model.deal import Deal
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may, may
from engine.queries.pages import ListOrder, Page, page_size

_ORDER = ListOrder("rows_of_import", (int,))

_SHOWN_OF_OTHERS = 20
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ImportRow:
    """``counts`` are the rows in each state, ``settled`` those whose turn has come."""

    id: int
    kind: ImportKind
    file_name: str
    state: ImportState
    headings: Sequence[str]
    samples: Sequence[Sequence[str]]
    columns: Sequence[str]
    fills: bool
    owner_id: int | None
    owner_name: str
    fault: Mapping[str, Any] | None
    total: int
    requested_by: str
    uploaded_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    counts: Mapping[RowState, int]

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def waiting(self) -> int:
        """Rows whose turn is to come: to be taken over, or back."""
        return sum(self.counts.get(one, 0) for one in (TAKEN if self.state is ImportState.UNDOING else WAITING))

    @property
    def promising(self) -> int:
        """Rows that would add something."""
        return sum(self.counts.get(one, 0) for one in PROMISING)

    @property
    def may_be_undone(self) -> bool:
        is_over = self.state in (ImportState.DONE, ImportState.STOPPED, ImportState.UNDONE)
        return is_over and any(self.counts.get(one) for one in TAKEN)


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row of a list. ``client_name`` is that of ``client_id``, if that client is still here."""

    number: int
    cells: Sequence[str]
    state: RowState
    told: Mapping[str, Any]
    client_id: int | None
    client_name: str


def visible_imports(actor: Actor) -> ColumnElement[bool]:
    """One's own; those of all for who sees all deals."""
    return true() if may(actor, Ability.SEE_ALL_DEALS) else ClientImport.requested_by_id == actor.person_id


def client_imports(session: Session, actor: Actor) -> tuple[ImportRow, ...]:
    """The latest ones. Raises NotAllowed."""
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    latest = _imports(visible_imports(actor)).order_by(ClientImport.id.desc()).limit(_SHOWN_OF_OTHERS)
    return _told(session, latest)


def client_import(session: Session, actor: Actor, import_id: int) -> ImportRow:
    """Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    found = _told(session, _imports(ClientImport.id == import_id, visible_imports(actor)))
    if not found:
        raise NotFound
    return found[0]


def import_rows(
    session: Session,
    import_id: int,
    *,
    states: Collection[RowState] = (),
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ListedRow]:
    """One page of an import that the caller has found visible, in the order of the file. Raises CursorNotUnderstood."""
    size = page_size(limit)
    rows = (
        select(
            ClientImportRow.number,
            ClientImportRow.cells,
            ClientImportRow.state,
            ClientImportRow.told,
            ClientImportRow.client_id,
            Client.name.label("client_name"),
        )
        .outerjoin(Client, Client.id == ClientImportRow.client_id)
        .where(ClientImportRow.import_id == import_id)
    )
    if states:
        rows = rows.where(ClientImportRow.state.in_(states))
    after = _ORDER.after(cursor)
    if after is not None:
        rows = rows.where(ClientImportRow.number > after[0])
    found = session.execute(rows.order_by(ClientImportRow.number).limit(size + 1)).all()
    listed = [ListedRow(**row._asdict() | {"client_name": row.client_name or ""}) for row in found]
    return _ORDER.page(listed, limit=size, cursor=cursor, key=lambda row: (row.number,))


def refused_rows(session: Session, import_id: int) -> Iterator[ListedRow]:
    """All that were refused, of an import that the caller has found visible, as they are read."""
    rows = session.execute(
        select(ClientImportRow.number, ClientImportRow.cells, ClientImportRow.state, ClientImportRow.told)
        .where(ClientImportRow.import_id == import_id, ClientImportRow.state == RowState.REFUSED)
        .order_by(ClientImportRow.number)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row in rows:
        yield ListedRow(**row._asdict(), client_id=None, client_name="")


def clients_named_in_fields(session: Session) -> frozenset[int]:
    """Ids that fields of deals, clients and contacts hold: of clients, and of other records whose numbers are alike."""
    named: set[int] = set()
    for column in (Deal.fields, Client.fields, Contact.fields):
        for fields in session.scalars(select(column).execution_options(yield_per=1000)):
            for value in fields.values():
                values = value if isinstance(value, list) else [value]
                named.update(one for one in values if isinstance(one, int) and not isinstance(one, bool))
    return frozenset(named)


def _imports(*conditions: ColumnElement[bool]) -> Select[Any]:
    owner, requester = Person.__table__.alias("owner"), Person.__table__.alias("requester")
    return (
        select(
            ClientImport.id,
            ClientImport.kind,
            ClientImport.file_name,
            ClientImport.state,
            ClientImport.headings,
            ClientImport.samples,
            ClientImport.columns,
            ClientImport.fills,
            ClientImport.owner_id,
            owner.c.full_name.label("owner_name"),
            ClientImport.fault,
            ClientImport.total,
            requester.c.full_name.label("requested_by"),
            ClientImport.uploaded_at,
            ClientImport.started_at,
            ClientImport.finished_at,
        )
        .outerjoin(owner, owner.c.id == ClientImport.owner_id)
        .outerjoin(requester, requester.c.id == ClientImport.requested_by_id)
        .where(*conditions)
    )


def _told(session: Session, statement: Select[Any]) -> tuple[ImportRow, ...]:
    rows = session.execute(statement).all()
    counted = session.execute(
        select(ClientImportRow.import_id, ClientImportRow.state, func.count())
        .where(ClientImportRow.import_id.in_([row.id for row in rows]))
        .group_by(ClientImportRow.import_id, ClientImportRow.state)
    )
    counts: dict[int, dict[RowState, int]] = {}
    for import_id, state, count in counted:
        counts.setdefault(import_id, {})[state] = count
    return tuple(
        ImportRow(**row._asdict() | {"owner_name": row.owner_name or ""}, counts=counts.get(row.id, {})) for row in rows
    )
