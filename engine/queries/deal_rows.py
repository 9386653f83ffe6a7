"""A deal as every list shows it: lists, the board's cards, a client's deals, search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.person import Person
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.queries.client_letters import has_unread_letter


@dataclass(frozen=True, slots=True)
class DealRow:
    """``next_step`` is the live step with the nearest deadline; ``overdue_steps`` counts the late live steps.

    ``version`` is the length of the deal's history: whoever edits the deal says which they had read.
    ``is_suspended``: nothing in the deal goes on until it is resumed. ``has_failed``: something in it has to be mended.
    ``has_unread_letter``: the client has written, and nobody has read it yet.
    """

    id: int
    number: str
    title: str
    client_id: int
    client_name: str
    amount: Decimal | None
    currency: str
    close_date: date | None
    owner_id: int
    owner_name: str
    definition_key: str
    stage: str
    stage_since: datetime | None
    result: DealResult
    loss_reason: str
    loss_reason_id: int | None
    opened_at: datetime
    closed_at: datetime | None
    version: int
    is_suspended: bool
    has_failed: bool
    has_unread_letter: bool
    open_steps: int
    overdue_steps: int
    next_step: str
    next_due_at: datetime | None

    @property
    def overdue(self) -> bool:
        return self.overdue_steps > 0


@dataclass(slots=True)
class _OpenSteps:
    count: int = 0
    overdue: int = 0
    next_step: str = ""
    next_due_at: datetime | None = None


def deal_rows(*conditions: Any) -> Select[*tuple[Any, ...]]:
    """The statement whose rows ``deals_of`` reads. The caller adds order and limit."""
    return (
        select(
            Deal.id,
            Deal.number,
            Deal.title,
            Deal.client_id,
            Client.name.label("client_name"),
            Deal.amount,
            Deal.currency,
            Deal.close_date,
            Deal.owner_id,
            Person.full_name.label("owner_name"),
            Deal.definition_key,
            Deal.stage,
            Deal.stage_since,
            Deal.result,
            Deal.loss_reason,
            Deal.loss_reason_id,
            Deal.opened_at,
            Deal.closed_at,
            Deal.history_length.label("version"),
            _runs(ProcessInstance.state == InstanceState.SUSPENDED).label("is_suspended"),
            _runs(ProcessInstance.open_incidents > 0).label("has_failed"),
            has_unread_letter().label("has_unread_letter"),
        )
        .select_from(Deal)
        .join(Client, Client.id == Deal.client_id)
        .join(Person, Person.id == Deal.owner_id)
        .where(*conditions)
    )


def _runs(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the deal's map runs so; asked for the rows of one page only.

    A count and no EXISTS: for a page of a file, PostgreSQL would look for these among all deals of the company.
    """
    runs = select(func.count()).select_from(ProcessInstance).where(ProcessInstance.deal_id == Deal.id, condition)
    return runs.scalar_subquery() > 0


def deals_of(session: Session, rows: Sequence[Row[Any]], now: datetime) -> tuple[DealRow, ...]:
    """The rows with what is known of their live steps, read in one more statement."""
    steps = _open_steps(session, [row.id for row in rows], now)
    return tuple(_deal_row(row, steps.get(row.id, _OpenSteps())) for row in rows)


def _deal_row(row: Row[Any], steps: _OpenSteps) -> DealRow:
    return DealRow(
        **row._asdict(),
        open_steps=steps.count,
        overdue_steps=steps.overdue,
        next_step=steps.next_step,
        next_due_at=steps.next_due_at,
    )


def _open_steps(session: Session, deal_ids: Collection[int], now: datetime) -> dict[int, _OpenSteps]:
    if not deal_ids:
        return {}
    rank = func.row_number().over(
        partition_by=WorkItem.deal_id, order_by=(WorkItem.due_at.asc().nulls_last(), WorkItem.id)
    )
    of_deal = func.count().over(partition_by=WorkItem.deal_id)
    late = func.count().filter(WorkItem.due_at < now).over(partition_by=WorkItem.deal_id)
    live = (
        select(
            WorkItem.deal_id,
            WorkItem.name,
            WorkItem.due_at,
            rank.label("rank"),
            of_deal.label("steps"),
            late.label("late"),
        )
        .where(WorkItem.deal_id.in_(deal_ids), WorkItem.state.in_(LIVE))
        .subquery()
    )
    return {
        row.deal_id: _OpenSteps(row.steps, row.late, row.name, row.due_at)
        for row in session.execute(select(live).where(live.c.rank == 1))
    }
