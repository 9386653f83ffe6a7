"""What carrying one deal to another version of its map would do: the deal's own data asked, nothing written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.bpmn.carrying import Carried, CarryOrder, carry
from engine.bpmn.carrying_problems import CannotCarry, StateNotReadable
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import RelativeToField
from engine.bpmn.inspection import is_apart, waits_in
from engine.bpmn.runtime import StepContext
from engine.bpmn.standing import elements_in, standing
from engine.bpmn.state_codec import UnreadableState
from engine.bpmn.variables import decided_together, outcome_variable
from engine.bpmn.version_changes import Change, ChangeKind, changes_for, passed_approvals
from engine.errors import DomainError, MapFailed
from engine.model.process_instance import ProcessInstance
from engine.model.version_move import DeadlinePolicy
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.due_dates import CalendarDueTimes
from engine.policy.version_moves import choices_for, group_key, part_key
from engine.queries.calendars import default_calendar
from engine.queries.facts import DealFacts
from engine.queries.processes import process_of

_Asked = Row[tuple[str, str, WorkItemState, datetime, datetime | None, str | None]]


@dataclass(frozen=True, slots=True)
class Carry:
    """``places`` are where the deal stands, ``half_decided`` the elements of approvals that somebody has answered.

    ``passed_over`` are approvals that the choices leave behind without their being given. ``part`` is the part of its
    group whose choices were followed, empty where the group's own were.
    """

    carried: Carried
    changes: tuple[Change, ...]
    chosen: Mapping[str, str | None]
    places: tuple[str, ...]
    half_decided: tuple[str, ...]
    passed_over: tuple[str, ...]
    part: str = ""


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

    What was chosen for the part of a group that is refused as this deal is holds where the deal is refused without.
    Raises CannotCarry, MapFailed.
    """
    carrying = _Carrying(session, instance, definition_id, deadlines, at)
    try:
        places = standing(instance.execution_state)
        asked = _asked(session, instance.id)
        group = group_key(instance.definition_id, places, _halves(asked))
        try:
            return carrying.by(choices_for(choices, group, elements_in(places)), places, asked)
        except (CannotCarry, MapFailed) as refused:
            part = part_of(group, refused)
            if part not in choices:
                raise
            return carrying.by(choices_for(choices, part, elements_in(places)), places, asked, part=part)
    except UnreadableState as fault:
        raise CannotCarry((StateNotReadable("", instance.deal.title),)) from fault


def part_of(group: str, refused: DomainError) -> str:
    """The name of the deals of a group that are refused for what ``refused`` says."""
    problems = refused.problems if isinstance(refused, CannotCarry) else (refused,)
    return part_key(group, ((one.code, getattr(one, "element_id", "")) for one in problems))


@dataclass(frozen=True, slots=True)
class _Carrying:
    """One deal on its way to the version ``definition_id``."""

    session: Session
    instance: ProcessInstance
    definition_id: int
    deadlines: DeadlinePolicy
    at: datetime

    def by(
        self, chosen: Mapping[str, str | None], places: tuple[str, ...], asked: Sequence[_Asked], part: str = ""
    ) -> Carry:
        session, instance = self.session, self.instance
        old, new = process_of(session, instance.definition_id), process_of(session, self.definition_id)
        calendar = default_calendar(session)
        facts = DealFacts(instance.deal, new, calendar=calendar, at=self.at)
        due_times = CalendarDueTimes(calendar, facts.value)
        context = StepContext(at=self.at, due_times=due_times, facts=facts.of(new.variables))
        order = CarryOrder(
            choices=chosen,
            recompute=self.deadlines is DeadlinePolicy.RECOMPUTE,
            opened_at={one.activity_id: one.opened_at for one in asked if one.state in LIVE},
            half_decided=_half_decided(asked),
            known={**facts.fields(), **_outcomes(new, asked)},
        )
        carried = carry(old, new, instance.execution_state, order, context)
        stands = set(carried.elements.values()) | _began(new, carried)
        passed = passed_approvals(old, new, left=chosen, stands=stands)
        changes = (*_changes(old, new, carried), *(Change(ChangeKind.APPROVAL_PASSED, one) for one in passed))
        return Carry(carried, changes, chosen, places, _halves(asked), passed, part)


def depends_on_data(new: CompiledProcess, carry: Carry) -> bool:
    """Whether a deal that stands alike might be carried otherwise, for what is filled in it."""
    result = carry.carried.result
    if result.opened_messages or result.opened_calls or _conditional_events(new, carry.carried):
        return True
    rules = (new.timers[one.node_id] for one in result.opened_timers)
    return any(rule.expression is not None or isinstance(rule.rule, RelativeToField) for rule in rules)


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


def _half_decided(asked: Sequence[_Asked]) -> frozenset[str]:
    live = {one.activity_id for one in asked if one.state in LIVE}
    return frozenset(one.activity_id for one in asked if one.state is WorkItemState.COMPLETED) & live


def _halves(asked: Sequence[_Asked]) -> tuple[str, ...]:
    """The elements of approvals that somebody has answered and others not."""
    half = _half_decided(asked)
    return tuple(sorted({one.element_id for one in asked if one.activity_id in half}))


def _outcomes(new: CompiledProcess, asked: Iterable[_Asked]) -> dict[str, str]:
    """What each step that does not wait now decided last: a gateway of the new version may be the first to ask.

    Of one that runs several times, each time about something else, it is what all runs decided together so far.
    """
    asked = list(asked)
    waiting = {one.element_id for one in asked if one.state in LIVE}
    done = [one for one in asked if one.state is WorkItemState.COMPLETED and one.completed_at is not None]
    done.sort(key=lambda one: one.completed_at)
    given: dict[str, list[str]] = {}
    for one in done:
        if one.outcome is not None and (one.element_id not in waiting or is_apart(new, one.element_id)):
            given.setdefault(one.element_id, []).append(one.outcome)
    return {
        outcome_variable(step): decided_together(new.steps.get(step), all_of) if _is_several(new, step) else all_of[-1]
        for step, all_of in given.items()
    }


def _is_several(new: CompiledProcess, step: str) -> bool:
    loop = new.loops.get(step)
    return is_apart(new, step) or (loop is not None and loop.again_while is None)


def _changes(old: CompiledProcess, new: CompiledProcess, carried: Carried) -> tuple[Change, ...]:
    began = _began(new, carried)
    kept = set(carried.elements.values()) | {one for one in began if one in old.steps and one in new.steps}
    return changes_for(old, new, waiting=carried.waiting, kept=kept, began=began - kept)


def _began(new: CompiledProcess, carried: Carried) -> set[str]:
    """The elements at which something begins to wait."""
    result = carried.result
    began = {one.element_id for one in result.opened_steps} | {one.element_id for one in result.opened_calls}
    began |= {one.node_id for one in result.opened_timers} | {one.node_id for one in result.opened_messages}
    return began | {
        element
        for activity_id, element in _conditional_events(new, carried).items()
        if activity_id not in carried.elements
    }


def _conditional_events(new: CompiledProcess, carried: Carried) -> Mapping[str, str]:
    """Those that wait in the new version: element by activity."""
    if "conditionalEventDefinition" not in new.executable:
        return {}
    return waits_in(new, carried.result.state).conditional_events
