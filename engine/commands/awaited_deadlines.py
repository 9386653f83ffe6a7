"""Deadlines that wait for a date of the deal: a step opened before somebody filled it in gets its deadline then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import RelativeToField
from engine.commands.history import record
from engine.commands.step_opening import calendar_of_step, ladder_of_step
from engine.errors import DomainError
from engine.events import DeadlineSet
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.due_dates import due_at
from engine.policy.escalation_ladder import next_escalation_at
from engine.policy.permissions import Actor
from engine.queries.facts import DealFacts


def set_awaited_deadlines(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    waiting_elements: Iterable[str],
    *,
    facts: DealFacts,
    actor: Actor,
    at: datetime,
) -> None:
    """Count the deadlines of open steps of a locked instance that could not be counted when the steps were opened.

    ``waiting_elements`` are the elements of its open steps: only a map that counts from the deal's data is asked
    about. A deadline that has passed already is one of ``at``, so that the step is late from now and escalates.
    """
    counted = {one for one in waiting_elements if isinstance(process.steps[one].deadline, RelativeToField)}
    if not counted:
        return
    undated = select(WorkItem).where(
        WorkItem.instance_id == instance.id,
        WorkItem.element_id.in_(counted),
        WorkItem.due_at.is_(None),
        WorkItem.state.in_(LIVE),
    )
    for item in session.scalars(undated):
        step = process.steps[item.element_id]
        if step.deadline is None:
            continue
        calendar = calendar_of_step(session, item)
        try:
            due = max(due_at(step.deadline, item.opened_at, calendar, facts.value), at)
        except DomainError:  # nobody has filled it in yet, or what they have is no date
            continue
        ladder = ladder_of_step(session, process, step, item.group_id)
        item.due_at = due
        item.next_escalation_at = next_escalation_at(
            ladder, due, calendar, item.escalation_reached, opened_at=item.opened_at
        )
        told = DeadlineSet(name=item.name, due_at=due)
        record(session, told, actor=actor, at=at, deal=instance.deal, work_item_id=item.id)
