"""A step as every list shows it: the inbox, a deal's open steps, a client's next step, search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import FromClause, Row, Select, select
from sqlalchemy.orm import aliased

from engine.bpmn.compiled import StepKind
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.department import Department
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.permissions import Actor, may_act_on_step, may_claim_step

_Assignee = aliased(Person)
_CompletedBy = aliased(Person)
_Owner = aliased(Person)


@dataclass(frozen=True, slots=True)
class WorkItemRow:
    """``overdue`` and the permissions are as of the moment and for the actor of the query."""

    id: int
    name: str
    kind: StepKind
    stage: str
    state: WorkItemState
    element_id: str
    definition_id: int
    deal_id: int
    deal_number: str
    deal_title: str
    client_id: int
    client_name: str
    amount: Decimal | None
    currency: str
    owner_name: str
    assignee_id: int | None
    assignee_name: str
    group_id: int | None
    group_name: str
    due_at: datetime | None
    opened_at: datetime
    overdue: bool
    completed_at: datetime | None
    completed_by_name: str
    outcome: str | None
    may_claim: bool
    may_act: bool

    @property
    def who(self) -> str:
        """The person who holds the step, else the department that may take it."""
        return self.assignee_name or self.group_name


def work_item_rows(*conditions: Any, page: FromClause | None = None) -> Select[*tuple[Any, ...]]:
    """The statement whose rows ``row_of`` reads. The caller adds order and limit.

    ``page`` is a subquery of the ids of the rows to read. It stands first: PostgreSQL seeks the best order of the first
    eight tables, and a ninth it would join to all steps of the company.
    """
    return (
        select(
            WorkItem.id,
            WorkItem.name,
            WorkItem.kind,
            WorkItem.stage,
            WorkItem.state,
            WorkItem.element_id,
            ProcessInstance.definition_id,
            WorkItem.deal_id,
            Deal.number.label("deal_number"),
            Deal.title.label("deal_title"),
            Deal.client_id,
            Client.name.label("client_name"),
            Deal.amount,
            Deal.currency,
            _Owner.full_name.label("owner_name"),
            WorkItem.assignee_id,
            _Assignee.full_name.label("assignee_name"),
            WorkItem.group_id,
            Department.name.label("group_name"),
            WorkItem.due_at,
            WorkItem.opened_at,
            WorkItem.completed_at,
            _CompletedBy.full_name.label("completed_by_name"),
            WorkItem.outcome,
        )
        .select_from(WorkItem if page is None else page.join(WorkItem, WorkItem.id == page.c.id))
        .join(Deal, Deal.id == WorkItem.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .join(_Owner, _Owner.id == Deal.owner_id)
        .outerjoin(_Assignee, _Assignee.id == WorkItem.assignee_id)
        .outerjoin(Department, Department.id == WorkItem.group_id)
        .outerjoin(_CompletedBy, _CompletedBy.id == WorkItem.completed_by_id)
        .where(*conditions)
    )


def row_of(row: Row[Any], actor: Actor, now: datetime) -> WorkItemRow:
    live = row.state in LIVE
    return WorkItemRow(
        **row._asdict()
        | {
            "assignee_name": row.assignee_name or "",
            "group_name": row.group_name or "",
            "completed_by_name": row.completed_by_name or "",
        },
        overdue=live and row.due_at is not None and row.due_at < now,
        may_claim=live and may_claim_step(actor, assignee_id=row.assignee_id, group_id=row.group_id),
        may_act=live and may_act_on_step(actor, assignee_id=row.assignee_id, group_id=row.group_id),
    )


def rows_of(rows: Iterable[Row[Any]], actor: Actor, now: datetime) -> tuple[WorkItemRow, ...]:
    return tuple(row_of(row, actor, now) for row in rows)
