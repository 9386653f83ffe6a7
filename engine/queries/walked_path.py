"""The path that a deal walked over its diagram, in the ids of the owner's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.errors import NotFound
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import PENDING_CALLS, ServiceCall
from engine.model.work_item import PENDING, WorkItem
from engine.policy.permissions import Actor
from engine.queries.deal_history import ensure_visible_deal
from engine.queries.processes import process_of


@dataclass(frozen=True, slots=True)
class WalkedPath:
    """``passed`` counts per element or sequence flow; ``open`` and ``overdue`` are elements where a step waits.

    A call of another system waits, too. ``failing`` are elements where something failed and was not put right yet.
    """

    definition_id: int
    passed: Mapping[str, int]
    open: tuple[str, ...]
    overdue: tuple[str, ...]
    failing: tuple[str, ...] = ()


def walked_path(session: Session, actor: Actor, deal_id: int, now: datetime) -> WalkedPath:
    """Of the deal's latest instance. Raises NotFound."""
    ensure_visible_deal(session, actor, deal_id)
    instance = session.execute(
        select(
            ProcessInstance.id, ProcessInstance.definition_id, ProcessInstance.walked, ProcessInstance.open_incidents
        )
        .where(ProcessInstance.deal_id == deal_id)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    ).one_or_none()
    if instance is None:
        raise NotFound
    process = process_of(session, instance.definition_id)
    passed: dict[str, int] = {}
    for element_id, times in instance.walked.items():
        source_id = source_id_of(process, element_id)
        passed[source_id] = passed.get(source_id, 0) + times
    live = session.execute(
        select(WorkItem.element_id, WorkItem.due_at)
        .where(WorkItem.instance_id == instance.id, WorkItem.deal_id == deal_id, WorkItem.state.in_(PENDING))
        .order_by(WorkItem.id)
    ).all()
    calls = _calls(session, instance.id) if process.calls else ()
    failed = [element_id for element_id, attempts in calls if attempts]
    if instance.open_incidents:
        failed += _failed(session, instance.id)
    waiting = [element_id for element_id, _ in (*live, *calls)]
    return WalkedPath(
        definition_id=instance.definition_id,
        passed=passed,
        open=_distinct(source_id_of(process, element_id) for element_id in waiting),
        overdue=_distinct(
            source_id_of(process, element_id) for element_id, due_at in live if due_at is not None and due_at < now
        ),
        failing=_distinct(source_id_of(process, element_id) for element_id in failed),
    )


def _calls(session: Session, instance_id: int) -> Sequence[tuple[str, int]]:
    """Element and number of failures of each call that is not answered yet."""
    found = session.execute(
        select(ServiceCall.element_id, ServiceCall.attempts)
        .where(ServiceCall.instance_id == instance_id, ServiceCall.state.in_(PENDING_CALLS))
        .order_by(ServiceCall.opened_at, ServiceCall.id)
    )
    return [(row.element_id, row.attempts) for row in found]


def _failed(session: Session, instance_id: int) -> Sequence[str]:
    return session.scalars(
        select(Incident.element_id)
        .where(Incident.instance_id == instance_id, Incident.state == IncidentState.OPEN, Incident.element_id != "")
        .order_by(Incident.id)
    ).all()


def source_id_of(process: CompiledProcess, element_id: str) -> str:
    """The id in the owner's file; what neither a person nor another system does kept its id."""
    step, call = process.steps.get(element_id), process.calls.get(element_id)
    if step is not None:
        return step.source_id
    return (call.source_id if call is not None else "") or element_id


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
