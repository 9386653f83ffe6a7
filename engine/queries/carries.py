"""What carrying one deal to another version of its map would do: the deal's own data asked, nothing written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.bpmn.carrying import Carried, CarryOrder, carry
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import StepContext
from engine.bpmn.standing import elements_in, standing
from engine.bpmn.variables import outcome_variable
from engine.bpmn.version_changes import Change, ChangeKind, changes_for, passed_approvals
from engine.model.process_instance import ProcessInstance
from engine.model.version_move import DeadlinePolicy
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.due_dates import CalendarDueTimes
from engine.policy.version_moves import choices_for, group_key
from engine.queries.calendars import default_calendar
from engine.queries.facts import DealFacts
from engine.queries.processes import process_of

_Asked = Row[tuple[str, str, WorkItemState, datetime, datetime | None, str | None]]


@dataclass(frozen=True, slots=True)
class Carry:
    """``places`` are where the deal stands, ``half_decided`` the elements of approvals that somebody has answered.

    ``passed_over`` are approvals that the choices leave behind without their being given.
    """

    carried: Carried
    changes: tuple[Change, ...]
    chosen: Mapping[str, str | None]
    places: tuple[str, ...]
    half_decided: tuple[str, ...]
    passed_over: tuple[str, ...]


def carry_of(
    session: Session,
    instance: ProcessInstance,
    definition_id: int,
    *,
    choices: Mapping[str, Any],
    deadlines: DeadlinePolicy,
    at: datetime,
) -> Carry:
    """Carry ``instance`` to the version ``definition_id``, in memory. ``choices`` are those of a VersionMove.

    Raises CannotCarry, MapFailed.
    """
    old, new = process_of(session, instance.definition_id), process_of(session, definition_id)
    calendar = default_calendar(session)
    facts = DealFacts(instance.deal, new, calendar=calendar, at=at)
    context = StepContext(at=at, due_times=CalendarDueTimes(calendar, facts.value), facts=facts.of(new.variables))
    asked = _asked(session, instance.id)
    half = _half_decided(asked)
    places = standing(instance.execution_state)
    halves = tuple(sorted({one.element_id for one in asked if one.activity_id in half}))
    chosen = choices_for(choices, group_key(instance.definition_id, places, halves), elements_in(places))
    order = CarryOrder(
        choices=chosen,
        recompute=deadlines is DeadlinePolicy.RECOMPUTE,
        opened_at={one.activity_id: one.opened_at for one in asked if one.state in LIVE},
        half_decided=half,
        known={**facts.fields(), **_outcomes(asked)},
    )
    carried = carry(old, new, instance.execution_state, order, context)
    stands = set(carried.elements.values()) | _began(carried)
    passed = passed_approvals(old, new, left=chosen, stands=stands)
    changes = (*_changes(old, new, carried), *(Change(ChangeKind.APPROVAL_PASSED, one) for one in passed))
    return Carry(carried, changes, chosen, places, halves, passed)


def half_decided_elements(session: Session, instance_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Per instance, the elements of approvals by several that some have answered and others not."""
    live, done = WorkItem.__table__.alias(), WorkItem.__table__.alias()
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(
        select(live.c.instance_id, live.c.element_id)
        .join(done, (done.c.instance_id == live.c.instance_id) & (done.c.activity_id == live.c.activity_id))
        .where(
            live.c.instance_id.in_(list(instance_ids)),
            live.c.state.in_(LIVE),
            done.c.state == WorkItemState.COMPLETED,
        )
    )
    for instance_id, element_id in rows:
        found[instance_id].add(element_id)
    return {instance_id: tuple(sorted(elements)) for instance_id, elements in found.items()}


def _asked(session: Session, instance_id: int) -> list[_Asked]:
    return list(
        session.execute(
            select(
                WorkItem.activity_id,
                WorkItem.element_id,
                WorkItem.state,
                WorkItem.opened_at,
                WorkItem.completed_at,
                WorkItem.outcome,
            ).where(WorkItem.instance_id == instance_id)
        )
    )


def _half_decided(asked: Iterable[_Asked]) -> frozenset[str]:
    live = {one.activity_id for one in asked if one.state in LIVE}
    return frozenset(one.activity_id for one in asked if one.state is WorkItemState.COMPLETED) & live


def _outcomes(asked: Iterable[_Asked]) -> dict[str, str]:
    """What each step that does not wait now decided last: a gateway of the new version may be the first to ask."""
    asked = list(asked)
    waiting = {one.element_id for one in asked if one.state in LIVE}
    done = [one for one in asked if one.state is WorkItemState.COMPLETED and one.completed_at is not None]
    done.sort(key=lambda one: one.completed_at)
    return {
        outcome_variable(one.element_id): one.outcome
        for one in done
        if one.outcome is not None and one.element_id not in waiting
    }


def _changes(old: CompiledProcess, new: CompiledProcess, carried: Carried) -> tuple[Change, ...]:
    began = _began(carried)
    kept = set(carried.elements.values()) | {one for one in began if one in old.steps and one in new.steps}
    return changes_for(old, new, waiting=carried.waiting, kept=kept, began=began - kept)


def _began(carried: Carried) -> set[str]:
    """The elements at which something begins to wait."""
    result = carried.result
    began = {one.element_id for one in result.opened_steps} | {one.element_id for one in result.opened_calls}
    return began | {one.node_id for one in result.opened_timers} | {one.node_id for one in result.opened_messages}
