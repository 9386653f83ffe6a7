"""How the steps of a map go in work: how often done, late, returned, and how much working time they take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Ability, Actor
from engine.queries.calendars import default_calendar
from engine.queries.done_steps import DoneSteps, done_days, newest_done, on_versions
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
    elements: Collection[str],
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> Mapping[str, StepFacts]:
    """Of ``elements``, by their ids, over all versions of the map ``key``; done within the period as DoneSteps has it.

    Nothing of an element that no deal came to. Raises NotFound.
    """
    ensure_sees(actor, Ability.SEE_MAPS)
    versions = session.scalars(select(ProcessDefinition.id).where(ProcessDefinition.key == key)).all()
    steps = DoneSteps((WorkItem.element_id,), versions, elements, since, until)
    days = done_days(session, steps)
    calendar = default_calendar(session)
    times: dict[str, list[timedelta]] = defaultdict(list)
    for (element,), opened_at, completed_at in newest_done(session, steps, days, most=_NEWEST_STEPS):
        times[element] += worked(calendar, opened_at, completed_at)
    live = _live(session, versions, elements, now)
    departures = departures_of_map(session, actor, key)
    facts = {}
    for element in elements:
        done, (are_open, are_late) = days.get((element,), ()), live.get(element, (0, 0))
        moves = departures[element].moves if element in departures else 0
        if done or are_open or moves:
            facts[element] = StepFacts(
                done=sum(day.done for day in done),
                late=sum(day.late for day in done),
                returned=sum(day.returned for day in done),
                open=are_open,
                open_late=are_late,
                moves=moves,
                taken=timing(times[element]),
            )
    return facts


def _live(
    session: Session, versions: Collection[int], elements: Collection[str], now: datetime
) -> Mapping[str, tuple[int, int]]:
    """How many steps of an element are open, and how many of these are late."""
    rows = session.execute(
        select(WorkItem.element_id, func.count(), func.count().filter(WorkItem.due_at < now))
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(on_versions(versions, elements), WorkItem.state.in_(LIVE))
        .group_by(WorkItem.element_id)
    )
    return {element: (count, late) for element, count, late in rows}
