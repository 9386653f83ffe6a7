"""How the steps of a map go in work: how often done, late, returned, and how much working time they take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.permissions import Ability, Actor
from engine.queries.calendars import default_calendar
from engine.queries.interventions import departures_of_map
from engine.queries.scopes import ensure_sees
from engine.queries.version_figures import Timing, timing, worked

ENOUGH_STEPS = 5
"""Fewer done steps say nothing."""

_NEWEST_STEPS = 100


@dataclass(frozen=True, slots=True)
class StepFacts:
    """``done`` in the period, of them ``late`` and ``returned`` for rework; ``open`` and ``open_late`` now.

    ``taken`` is the working time from opened to done of the newest of the period; ``moves`` is how often a deal was
    sent to the step out of the map's order, ever.
    """

    done: int = 0
    late: int = 0
    returned: int = 0
    open: int = 0
    open_late: int = 0
    moves: int = 0
    taken: Timing = field(default_factory=Timing)

    @property
    def share_late(self) -> float | None:
        """From 0 to 1, of the done steps; None where too few are done to say."""
        return self.late / self.done if self.done >= ENOUGH_STEPS else None

    @property
    def share_returned(self) -> float | None:
        """From 0 to 1, of the done steps; None where too few are done to say."""
        return self.returned / self.done if self.done >= ENOUGH_STEPS else None


def step_facts(
    session: Session,
    actor: Actor,
    key: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> Mapping[str, StepFacts]:
    """By element id, over all versions of the map ``key``; steps done from ``since`` up to, not including, ``until``.

    Raises NotFound.
    """
    ensure_sees(actor, Ability.SEE_MAPS)
    of_map = select(ProcessDefinition.id).where(ProcessDefinition.key == key)
    within = [WorkItem.state == WorkItemState.COMPLETED]
    within += [WorkItem.completed_at >= since] if since else []
    within += [WorkItem.completed_at < until] if until else []
    done, live = and_(*within), WorkItem.state.in_(LIVE)
    counted = (
        select(
            WorkItem.element_id,
            func.count().filter(done),
            func.count().filter(done, WorkItem.completed_at > WorkItem.due_at),
            func.count().filter(done, WorkItem.outcome == OutcomeKind.RETURNED.value),
            func.count().filter(live),
            func.count().filter(live, WorkItem.due_at < now),
        )
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(ProcessInstance.definition_id.in_(of_map), or_(done, live))
        .group_by(WorkItem.element_id)
    )
    newest = func.row_number().over(
        partition_by=WorkItem.element_id, order_by=(WorkItem.completed_at.desc(), WorkItem.id.desc())
    )
    numbered = (
        select(WorkItem.element_id, WorkItem.opened_at, WorkItem.completed_at, newest.label("place"))
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(ProcessInstance.definition_id.in_(of_map), done)
        .subquery()
    )
    calendar = default_calendar(session)
    times: dict[str, list[timedelta]] = defaultdict(list)
    for row in session.execute(select(numbered).where(numbered.c.place <= _NEWEST_STEPS)):
        times[row.element_id] += worked(calendar, row.opened_at, row.completed_at)
    moves = {element: one.moves for element, one in departures_of_map(session, actor, key).items()}
    counts = {row[0]: row[1:] for row in session.execute(counted)}
    nothing = (0, 0, 0, 0, 0)
    return {
        element: StepFacts(*counts.get(element, nothing), moves=moves.get(element, 0), taken=timing(times[element]))
        for element in counts.keys() | moves.keys()
    }
