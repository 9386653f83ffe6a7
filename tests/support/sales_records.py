"""Deals, steps and history inserted directly, for tests of what is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from support.company import Company

from engine.bpmn.compiled import (
    ApprovalRule,
    CompiledProcess,
    FieldDefinition,
    FieldType,
    Outcome,
    OutcomeKind,
    Stage,
    StepDefinition,
    StepKind,
)
from engine.events import Event
from engine.model.client import Client, Contact
from engine.model.deal import Deal, DealResult
from engine.model.department import Department
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.history_chain import ChainEntry, entry_hash
from engine.policy.search_keys import search_text

Row = TypeVar("Row")

OFFER, APPROVAL, SIGNATURE = "Пропозиція", "Погодження", "Підписання"


def sales_process() -> CompiledProcess:
    """Prepare an offer, let Legal approve it with four eyes, sign."""
    decisions = tuple(
        Outcome(id=kind.value, kind=kind, needs_reason=kind is not OutcomeKind.APPROVED)
        for kind in (OutcomeKind.APPROVED, OutcomeKind.RETURNED, OutcomeKind.REJECTED)
    )
    done = (Outcome(id="completed", kind=OutcomeKind.COMPLETED),)
    offer = StepDefinition(
        element_id="prepare",
        source_id="Task_Prepare",
        process_key="sale",
        name="Підготувати пропозицію",
        kind=StepKind.USER,
        stage=OFFER,
        outcomes=done,
        instruction="Порахуйте знижку",
        deadline_text="3 р.д.",
        fields=(
            FieldDefinition(name="discount", label="Знижка, %", type=FieldType.PERCENT, default="5"),
            FieldDefinition(name="deal.amount", label="Сума", type=FieldType.MONEY),
            FieldDefinition(name="deal.close_date", label="Закриття", type=FieldType.DATE),
        ),
    )
    approval = StepDefinition(
        element_id="approve",
        source_id="Task_Approve",
        process_key="sale",
        name="Погодити договір",
        kind=StepKind.APPROVAL,
        stage=APPROVAL,
        outcomes=decisions,
        four_eyes=True,
        approval=ApprovalRule(mode="count", count=2),
    )
    return CompiledProcess(
        key="sale",
        name="Продаж",
        content_hash="5a1e" * 16,
        executable="",
        steps={"prepare": offer, "approve": approval},
        stages=tuple(Stage(name=name, position=at) for at, name in enumerate((OFFER, APPROVAL, SIGNATURE))),
        conditions={},
        timers={},
        loops={},
        messages={},
        calls={},
        assignments={},
        variables=frozenset(),
        elements={"prepare": offer.name, "approve": approval.name, "wait": "Чекати три дні"},
    )


class SalesRecords:
    """Inserts rows with sensible defaults as of ``at``; every method flushes, so that ids are there."""

    def __init__(self, session: Session, company: Company, at: datetime) -> None:
        self.session, self.company, self.at = session, company, at
        self.definition = self._definition()
        self._deals = 0

    def client(self, name: str = "ТОВ «Промінь»", **values: Any) -> Client:
        client = Client(name=name, created_at=self.at, **values)
        client.search_text = search_text(name, client.edrpou, client.phone, client.email)
        return self._added(client)

    def contact(self, client: Client, full_name: str, **values: Any) -> Contact:
        contact = Contact(client_id=client.id, full_name=full_name, created_at=self.at, **values)
        contact.search_text = search_text(full_name, contact.phone, contact.email)
        return self._added(contact)

    def deal(self, owner: Person, *, client: Client | None = None, title: str = "Насоси", **values: Any) -> Deal:
        """An open deal with its running instance."""
        self._deals += 1
        client = client or self.client(f"Клієнт {self._deals}")
        wanted = {
            "amount": Decimal(1000),
            "stage": OFFER,
            "stage_since": self.at,
            "opened_at": self.at,
            "definition_key": "sale",
        } | values
        deal = Deal(
            number=f"У-{self._deals}",
            title=title,
            client_id=client.id,
            owner_id=owner.id,
            **wanted,
        )
        deal.search_text = search_text(deal.number, title, client.name)
        self._added(deal)
        self._added(
            ProcessInstance(
                deal_id=deal.id, definition_id=self.definition.id, execution_state=b"", started_at=self.at, walked={}
            )
        )
        return deal

    def instance(self, deal: Deal) -> ProcessInstance:
        return self.session.query(ProcessInstance).filter_by(deal_id=deal.id).one()

    def step(
        self,
        deal: Deal,
        *,
        assignee: Person | None = None,
        group: Department | None = None,
        due_in: timedelta | None = timedelta(days=1),
        **values: Any,
    ) -> WorkItem:
        """A live step, held if there is an assignee."""
        step = sales_process().steps[values.get("element_id", "prepare")]
        wanted = {
            "activity_id": f"a{self.session.query(WorkItem).count()}",
            "element_id": step.element_id,
            "name": step.name,
            "kind": step.kind,
            "stage": step.stage,
            "state": WorkItemState.CLAIMED if assignee else WorkItemState.OPEN,
            "opened_at": self.at,
        } | values
        item = WorkItem(
            instance_id=self.instance(deal).id,
            deal_id=deal.id,
            assignee_id=assignee.id if assignee else None,
            group_id=group.id if group else None,
            due_at=self.at + due_in if due_in is not None else None,
            **wanted,
        )
        item.search_text = search_text(item.name, deal.number, deal.title)
        return self._added(item)

    def done_step(
        self, deal: Deal, by: Person, *, at: datetime | None = None, outcome: str = "completed", **values: Any
    ) -> WorkItem:
        return self.step(
            deal,
            assignee=by,
            state=WorkItemState.COMPLETED,
            completed_by_id=by.id,
            completed_at=at or self.at,
            outcome=outcome,
            **values,
        )

    def event(
        self,
        event: Event,
        deal: Deal,
        *,
        by: Person | None = None,
        at: datetime | None = None,
        step: WorkItem | None = None,
    ) -> HistoryEvent:
        """Append to the deal's chain."""
        entry = ChainEntry(
            deal=deal.id,
            number=deal.history_length + 1,
            kind=event.kind,
            actor_id=by.id if by else None,
            actor_name=by.full_name if by else "",
            work_item_id=step.id if step else None,
            at=at or self.at,
            data=event.data,
            previous_hash=deal.history_hash,
        )
        deal.history_length, deal.history_hash = entry.number, entry_hash(entry)
        return self._added(
            HistoryEvent(
                deal_id=deal.id,
                number=entry.number,
                kind=entry.kind,
                work_item_id=entry.work_item_id,
                actor_id=entry.actor_id,
                actor_name=entry.actor_name,
                at=entry.at,
                data=dict(entry.data),
                previous_hash=entry.previous_hash,
                entry_hash=deal.history_hash,
            )
        )

    def close(self, deal: Deal, result: DealResult, *, at: datetime | None = None) -> None:
        deal.result, deal.closed_at = result, at or self.at
        self.session.flush()

    def another_map(self, key: str, name: str) -> ProcessDefinition:
        """One whose deals are only counted: it cannot run."""
        return self._added(
            ProcessDefinition(
                key=key,
                version=1,
                name=name,
                state=DefinitionState.DRAFT,
                findings=[],
                created_at=self.at,
                created_by_id=self.company.owner.id,
            )
        )

    def _definition(self) -> ProcessDefinition:
        process = sales_process()
        definition = self._added(
            ProcessDefinition(
                key=process.key,
                version=1,
                name=process.name,
                state=DefinitionState.PUBLISHED,
                compiled=process.model_dump_json(),
                content_hash=process.content_hash,
                findings=[{"code": "no_deadline", "severity": "warning", "params": {}}],
                created_at=self.at,
                created_by_id=self.company.owner.id,
                published_at=self.at,
                published_by_id=self.company.owner.id,
            )
        )
        self._added(
            DefinitionFile(definition_id=definition.id, name="sale.bpmn", content=b"<definitions/>", sha256="0" * 64)
        )
        return definition

    def _added(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row
