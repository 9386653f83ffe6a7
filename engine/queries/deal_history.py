"""A deal's timeline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.events import Commented, DealChanged, QuestionAnswered, QuestionAsked, kind_of
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.pages import ListOrder, Page, page_size
from engine.queries.scopes import visible_deals

_ORDER = ListOrder("deal_history", (int,))


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """``number`` counts within the deal. ``actor_name`` is as of then, empty for the machinery."""

    id: int
    deal_id: int | None
    number: int | None
    kind: str
    at: datetime
    actor_id: int | None
    actor_name: str
    work_item_id: int | None
    work_item_name: str
    data: Mapping[str, Any]


def ensure_visible_deal(session: Session, actor: Actor, deal_id: int) -> None:
    """Raises NotFound."""
    if session.scalar(select(Deal.id).where(Deal.id == deal_id, visible_deals(actor, only=deal_id))) is None:
        raise NotFound


def deal_history(
    session: Session,
    actor: Actor,
    deal_id: int,
    *,
    kinds: Collection[str] | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[HistoryRow]:
    """The deal's events, latest first; only those of ``kinds`` if given. Raises NotFound, CursorNotUnderstood."""
    ensure_visible_deal(session, actor, deal_id)
    size = page_size(limit)
    statement = history_rows(HistoryEvent.deal_id == deal_id)
    before = _ORDER.after(cursor)
    if before is not None:
        statement = statement.where(HistoryEvent.number < before[0])
    if kinds is not None:
        statement = statement.where(HistoryEvent.kind.in_(kinds))
    rows = history_of(session.execute(statement.order_by(HistoryEvent.number.desc()).limit(size + 1)))
    return _ORDER.page(rows, limit=size, cursor=cursor, key=lambda row: (row.number,))


_LATER = 3  # entries that stand before the one that somebody is led to


def history_with_entry(
    session: Session, actor: Actor, deal_id: int, number: int, *, limit: int = 50
) -> tuple[Page[HistoryRow], bool]:
    """A page of ``deal_history`` with the entry ``number`` on it, and whether later entries were left out for that.

    The latest page, where the entry is on it. Raises NotFound.
    """
    latest = deal_history(session, actor, deal_id, limit=limit)
    if latest.next_cursor is None or number >= (latest.items[-1].number or 0):
        return latest, False
    before = _ORDER.cursor((number + _LATER + 1,))
    return deal_history(session, actor, deal_id, limit=limit, cursor=before), True


def latest_history(session: Session, deal_id: int, *, limit: int) -> tuple[HistoryRow, ...]:
    """The newest events of a deal that the caller has already found visible, latest first."""
    statement = history_rows(HistoryEvent.deal_id == deal_id).order_by(HistoryEvent.number.desc()).limit(limit)
    return history_of(session.execute(statement))


@dataclass(frozen=True, slots=True)
class DealCurrency:
    """``now`` is the deal's own; ``changes`` are, oldest first, the entry of each change and what was left by it."""

    now: str
    changes: tuple[tuple[int, str], ...] = ()

    def after(self, number: int) -> str:
        """The currency in which money was meant once the entry was written."""
        return next((before for changed_at, before in self.changes if changed_at > number), self.now)


def deal_currency(session: Session, deal_id: int) -> DealCurrency:
    """Of a deal that the caller has already found visible."""
    now = session.execute(select(Deal.currency).where(Deal.id == deal_id)).scalar_one()
    changed = (
        select(HistoryEvent.number, HistoryEvent.data)
        .where(HistoryEvent.deal_id == deal_id, HistoryEvent.kind == kind_of(DealChanged))
        .order_by(HistoryEvent.number)
    )
    found = ((number, data.get("changes", {}).get("currency")) for number, data in session.execute(changed))
    return DealCurrency(now, tuple((number, change[0]) for number, change in found if change))


def entry_of_deal(session: Session, deal_id: int, number: int) -> HistoryRow:
    """An entry of a deal that the caller has already found visible. Raises NotFound."""
    found = history_of(session.execute(history_rows(HistoryEvent.deal_id == deal_id, HistoryEvent.number == number)))
    if not found:
        raise NotFound
    return found[0]


def comments_on_step(session: Session, deal_id: int, work_item_id: int) -> tuple[HistoryRow, ...]:
    """What people wrote at one step of a visible deal, oldest first."""
    statement = history_rows(
        HistoryEvent.deal_id == deal_id,
        HistoryEvent.work_item_id == work_item_id,
        HistoryEvent.kind == kind_of(Commented),
    )
    return history_of(session.execute(statement.order_by(HistoryEvent.number)))


def last_talk_on_step(session: Session, deal_id: int, work_item_id: int, *, besides: int) -> int:
    """The id of the last entry in which others than ``besides`` commented, asked or answered at a step; 0 for none."""
    last = session.scalar(
        select(func.max(HistoryEvent.id)).where(
            HistoryEvent.deal_id == deal_id,
            HistoryEvent.kind.in_([kind_of(Commented), kind_of(QuestionAsked), kind_of(QuestionAnswered)]),
            HistoryEvent.work_item_id == work_item_id,
            HistoryEvent.actor_id != besides,
        )
    )
    return last or 0


def history_rows(*conditions: Any) -> Select[*tuple[Any, ...]]:
    """The statement whose rows ``history_of`` reads. The caller adds order and limit."""
    return (
        select(
            HistoryEvent.id,
            HistoryEvent.deal_id,
            HistoryEvent.number,
            HistoryEvent.kind,
            HistoryEvent.at,
            HistoryEvent.actor_id,
            HistoryEvent.actor_name,
            HistoryEvent.work_item_id,
            WorkItem.name.label("work_item_name"),
            HistoryEvent.data,
        )
        .select_from(HistoryEvent)
        .outerjoin(WorkItem, WorkItem.id == HistoryEvent.work_item_id)
        .where(*conditions)
    )


def history_of(rows: Iterable[Row[Any]]) -> tuple[HistoryRow, ...]:
    return tuple(HistoryRow(**row._asdict() | {"work_item_name": row.work_item_name or ""}) for row in rows)
