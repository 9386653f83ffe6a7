"""Files of deals that were brought: how far each is, and what became of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, true
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.client import Client
from engine.model.client_import import AT_WORK, ImportState, RowState
from engine.model.deal import Deal
from engine.model.deal_import import DealImport, DealImportRow
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may, may
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import visible_deals

_ORDER = ListOrder("rows_of_deal_import", (int,))
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class DealImportView:
    """``counts`` are the rows in each state. ``fault``: why the file is unreadable."""

    id: int
    file_name: str
    definition_key: str
    locale: str
    unused: Sequence[str]
    opens: bool
    state: ImportState
    fault: Mapping[str, Any] | None
    total: int
    requested_by: str
    uploaded_at: datetime
    finished_at: datetime | None
    counts: Mapping[RowState, int]

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def waiting(self) -> int:
        """Rows whose turn is to come."""
        return self.counts.get(RowState.NEW, 0)

    @property
    def sound(self) -> int:
        """Rows that are opened, or will be."""
        return self.total - self.refused

    @property
    def refused(self) -> int:
        return self.counts.get(RowState.REFUSED, 0)


@dataclass(frozen=True, slots=True)
class OpenedDeal:
    """A deal as it is by now."""

    id: int
    number: str
    title: str
    client: str
    owner: str
    amount: Decimal | None
    currency: str
    close_date: date | None


@dataclass(frozen=True, slots=True)
class DealRow:
    """A row of a file. ``deal`` is the one that was opened, None where there is none that the reader may see."""

    number: int
    texts: Mapping[str, str]
    state: RowState
    faults: Mapping[str, Any]
    deal: OpenedDeal | None = None


def visible_deal_imports(actor: Actor) -> ColumnElement[bool]:
    """One's own; those of all for who sees all deals."""
    return true() if may(actor, Ability.SEE_ALL_DEALS) else DealImport.requested_by_id == actor.person_id


def deal_imports(session: Session, actor: Actor) -> tuple[DealImportView, ...]:
    """The latest ones. Raises NotAllowed."""
    ensure_may(actor, Ability.OPEN_DEAL)
    return _told(session, _imports(visible_deal_imports(actor)).order_by(DealImport.id.desc()).limit(_SHOWN))


def deal_import(session: Session, actor: Actor, import_id: int) -> DealImportView:
    """Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.OPEN_DEAL)
    found = _told(session, _imports(DealImport.id == import_id, visible_deal_imports(actor)))
    if not found:
        raise NotFound
    return found[0]


def deal_import_rows(
    session: Session,
    actor: Actor,
    import_id: int,
    *,
    states: Collection[RowState] = (),
    limit: int = 50,
    cursor: str | None = None,
) -> Page[DealRow]:
    """One page of an import that the caller has found visible, in the order of the file. Raises CursorNotUnderstood."""
    size = page_size(limit)
    rows = (
        select(
            DealImportRow.number,
            DealImportRow.texts,
            DealImportRow.state,
            DealImportRow.faults,
            Deal.id,
            Deal.number.label("deal_number"),
            Deal.title,
            Client.name.label("client"),
            Person.full_name.label("owner"),
            Deal.amount,
            Deal.currency,
            Deal.close_date,
        )
        .select_from(DealImportRow)
        .outerjoin(Deal, and_(Deal.id == DealImportRow.deal_id, visible_deals(actor)))
        .outerjoin(Client, Client.id == Deal.client_id)
        .outerjoin(Person, Person.id == Deal.owner_id)
        .where(DealImportRow.import_id == import_id)
    )
    if states:
        rows = rows.where(DealImportRow.state.in_(states))
    after = _ORDER.after(cursor)
    if after is not None:
        rows = rows.where(DealImportRow.number > after[0])
    found = session.execute(rows.order_by(DealImportRow.number).limit(size + 1)).all()
    listed = [DealRow(row.number, row.texts, row.state, row.faults, _opened(row)) for row in found]
    return _ORDER.page(listed, limit=size, cursor=cursor, key=lambda row: (row.number,))


def refused_deal_rows(session: Session, import_id: int) -> Iterator[DealRow]:
    """All that were refused, of an import that the caller has found visible, as they are read."""
    rows = session.execute(
        select(DealImportRow.number, DealImportRow.texts, DealImportRow.state, DealImportRow.faults)
        .where(DealImportRow.import_id == import_id, DealImportRow.state == RowState.REFUSED)
        .order_by(DealImportRow.number)
        .execution_options(yield_per=500)
    )
    for row in rows:
        yield DealRow(**row._asdict())


def _opened(row: Row[Any]) -> OpenedDeal | None:
    if row.id is None:
        return None
    return OpenedDeal(
        row.id, row.deal_number, row.title, row.client, row.owner, row.amount, row.currency, row.close_date
    )


def _imports(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            DealImport.id,
            DealImport.file_name,
            DealImport.definition_key,
            DealImport.locale,
            DealImport.unused,
            DealImport.opens,
            DealImport.state,
            DealImport.fault,
            DealImport.total,
            Person.full_name.label("requested_by"),
            DealImport.uploaded_at,
            DealImport.finished_at,
        )
        .join(Person, Person.id == DealImport.requested_by_id)
        .where(*conditions)
    )


def _told(session: Session, statement: Select[Any]) -> tuple[DealImportView, ...]:
    rows = session.execute(statement).all()
    counted = session.execute(
        select(DealImportRow.import_id, DealImportRow.state, func.count())
        .where(DealImportRow.import_id.in_([row.id for row in rows]))
        .group_by(DealImportRow.import_id, DealImportRow.state)
    )
    counts: dict[int, dict[RowState, int]] = {}
    for import_id, state, count in counted:
        counts.setdefault(import_id, {})[state] = count
    return tuple(DealImportView(**row._asdict(), counts=counts.get(row.id, {})) for row in rows)
