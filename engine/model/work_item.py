"""A work item: a user task that waits for a person in one instance. It guards its own state."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.bpmn.compiled import StepKind
from engine.db.base import Base
from engine.db.indexes import index_of_known, index_where
from engine.db.types import Identity, Json, Moment, Word
from engine.db.work_session import change
from engine.errors import AlreadyCancelled, AlreadyClaimed, AlreadyCompleted, DealIsSuspended
from engine.model.deal import Deal
from engine.model.department import Department
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance


class WorkItemState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"  # its deal is: nobody can act on it, and no time counts


LIVE = (WorkItemState.OPEN, WorkItemState.CLAIMED)
PENDING = (*LIVE, WorkItemState.SUSPENDED)
"""Not done and not withdrawn: live now, or again when the deal is resumed."""


class WorkItem(Base):
    """``part`` numbers the work items of one activity when several people decide on it (approval by all, N or a list).

    ``approver`` is the entry of the rule's list that this part answers.
    ``escalation_reached`` counts the rungs of the ladder already climbed; ``next_escalation_at`` is when the next is
    due. ``asked_by_id`` is who asks for an approval: with four eyes, that person may not give it.
    """

    __tablename__ = "work_item"
    is_plain = True
    __table_args__ = (
        UniqueConstraint("instance_id", "activity_id", "part"),
        index_of_known("ix_work_item_assignee_live", "assignee_id", "state", "due_at"),
        index_of_known("ix_work_item_group_live", "group_id", "state", "due_at"),
        index_where("assignee_id IS NULL", "ix_work_item_unheld", "group_id", "state", "due_at", "id"),
        Index("ix_work_item_latest", "state", text("coalesce(completed_at, opened_at)"), "id"),
        Index("ix_work_item_state_due", "state", "due_at", "id", "deal_id"),
        Index("ix_work_item_deal_state", "deal_id", "state"),
        index_of_known("ix_work_item_asked_by_state", "asked_by_id", "state"),
        index_of_known("ix_work_item_done", "completed_by_id", "completed_at", "id"),
        index_of_known("ix_work_item_next_escalation_at", "next_escalation_at"),
        Index("ix_work_item_element", "element_id", "state", "completed_at", "instance_id", "due_at", "outcome"),
        index_where("outcome = 'returned'", "ix_work_item_returned", "completed_at", "deal_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    activity_id: Mapped[str] = mapped_column(String(32))
    part: Mapped[int] = mapped_column(default=0)
    element_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(500))
    kind: Mapped[StepKind] = mapped_column(Word(StepKind))
    stage: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[WorkItemState] = mapped_column(Word(WorkItemState), default=WorkItemState.OPEN)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approver: Mapped[str] = mapped_column(String(200), default="")
    opened_at: Mapped[datetime] = mapped_column(Moment)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    next_escalation_at: Mapped[datetime | None] = mapped_column(Moment)
    escalation_reached: Mapped[int] = mapped_column(default=0)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str | None] = mapped_column(String(200))
    comment: Mapped[str] = mapped_column(Text, default="")
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    item_index: Mapped[int | None]
    item: Mapped[Any | None] = mapped_column(Json)
    search_text: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own spelling

    instance: Mapped[ProcessInstance] = relationship()
    deal: Mapped[Deal] = relationship()
    group: Mapped[Department | None] = relationship()
    assignee: Mapped[Person | None] = relationship(foreign_keys=[assignee_id])
    completed_by: Mapped[Person | None] = relationship(foreign_keys=[completed_by_id])

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def ensure_live(self) -> None:
        """Raises AlreadyCompleted or AlreadyCancelled, saying by whom and when."""
        state = self.state
        if state is WorkItemState.COMPLETED:
            by = self.completed_by.full_name if self.completed_by else ""
            raise AlreadyCompleted(by=by, at=self.completed_at, outcome=self.outcome)
        if state is WorkItemState.CANCELLED:
            raise AlreadyCancelled
        if state is WorkItemState.SUSPENDED:
            raise DealIsSuspended

    def claim(self, person: Person, *, at: datetime) -> None:
        """Raises AlreadyClaimed when somebody else holds the step."""
        self.ensure_live()
        if self.assignee_id is not None and self.assignee_id != person.id:
            raise AlreadyClaimed(by=self.assignee.full_name if self.assignee else "")
        self.assignee_id, self.assignee = person.id, person
        self.state, self.claimed_at = WorkItemState.CLAIMED, at

    def release(self) -> None:
        self.ensure_live()
        self.assignee_id = self.assignee = self.claimed_at = None
        self.state = WorkItemState.OPEN

    def assign(self, person: Person, *, at: datetime) -> None:
        """Hand the step to ``person``, whoever held it."""
        self.ensure_live()
        self.assignee_id, self.assignee = person.id, person
        self.state, self.claimed_at = WorkItemState.CLAIMED, at

    def complete(
        self,
        person_id: int,
        *,
        outcome: str,
        values: dict[str, Any],
        comment: str,
        on_behalf_of_id: int | None,
        at: datetime,
    ) -> None:
        self.ensure_live()
        change(
            self,
            state=WorkItemState.COMPLETED,
            outcome=outcome,
            values=values,
            comment=comment,
            completed_at=at,
            completed_by_id=person_id,
            on_behalf_of_id=on_behalf_of_id,
            next_escalation_at=None,
        )

    def cancel(self, *, at: datetime) -> None:
        """The deal went another way. A step that is done stays done."""
        if self.state in PENDING:
            self.state, self.completed_at, self.next_escalation_at = WorkItemState.CANCELLED, at, None

    def suspend(self) -> None:
        """Its deal is suspended: it leaves every list of what is to be done, and no escalation comes."""
        self.ensure_live()
        self.state, self.next_escalation_at = WorkItemState.SUSPENDED, None

    def restore(self) -> None:
        """A suspended or withdrawn step waits again, with whom it was. What is done stays done."""
        if self.state in (WorkItemState.SUSPENDED, WorkItemState.CANCELLED):
            self.state = WorkItemState.OPEN if self.assignee_id is None else WorkItemState.CLAIMED
            self.completed_at = None
