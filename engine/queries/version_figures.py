"""How deals went on versions of a map: how many were won, and how much working time their steps and they took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.model.deal import Deal, DealResult
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.business_calendar import BusinessCalendar, CalendarExhausted
from engine.policy.permissions import Ability, Actor
from engine.queries.calendars import default_calendar
from engine.queries.done_steps import DoneSteps, Key, done_days, newest_done
from engine.queries.scopes import ensure_sees, visible_deals

ENOUGH_DEALS = 10
"""Fewer finished deals say nothing about a version."""

_NEWEST_DEALS = 300
_NEWEST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Timing:
    """The median of the working time, by the company's calendar, of the newest ``count``; None of none."""

    median: timedelta | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """Deals that ended on this version, whichever they began on. ``steps`` are completed ones by element id."""

    definition_id: int
    won: int
    lost: int
    cancelled: int
    time_to_win: Timing
    time_to_lose: Timing
    steps: Mapping[str, Timing]

    @property
    def finished(self) -> int:
        """Won or lost: a cancelled deal says nothing about the map."""
        return self.won + self.lost

    @property
    def share_won(self) -> float | None:
        """From 0 to 1; None while no deal is finished."""
        return self.won / self.finished if self.finished else None

    @property
    def is_enough(self) -> bool:
        return self.finished >= ENOUGH_DEALS


def version_figures(
    session: Session,
    actor: Actor,
    definition_ids: Collection[int],
    *,
    elements: Collection[str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[int, VersionFigures]:
    """By definition id, of deals closed, and steps of ``elements`` done, from ``since`` up to ``until``, not included.

    The same number of statements whatever there is to count. Raises NotFound.
    """
    ensure_sees(actor, Ability.SEE_MAPS)
    calendar = default_calendar(session)
    closed = and_(*_within(Deal.closed_at, since, until), Deal.result != DealResult.OPEN, visible_deals(actor))
    results = _results(session, definition_ids, closed)
    deals = _deal_times(session, definition_ids, closed, calendar)
    done = DoneSteps((ProcessInstance.definition_id, WorkItem.element_id), definition_ids, elements, since, until)
    steps = _step_times(session, done, calendar)
    return {
        one: VersionFigures(
            definition_id=one,
            won=results[one, DealResult.WON],
            lost=results[one, DealResult.LOST],
            cancelled=results[one, DealResult.CANCELLED],
            time_to_win=timing(deals[one, DealResult.WON]),
            time_to_lose=timing(deals[one, DealResult.LOST]),
            steps={element: timing(times) for (version, element), times in steps.items() if version == one},
        )
        for one in definition_ids
    }


def _within(
    column: InstrumentedAttribute[Any], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [column.is_not(None)]
    conditions += [column >= since] if since else []
    conditions += [column < until] if until else []
    return conditions


def _results(
    session: Session, definition_ids: Collection[int], closed: ColumnElement[bool]
) -> dict[tuple[int, DealResult], int]:
    rows = session.execute(
        select(ProcessInstance.definition_id, Deal.result, func.count(Deal.id.distinct()))
        .join(ProcessInstance, ProcessInstance.deal_id == Deal.id)
        .where(ProcessInstance.definition_id.in_(definition_ids), closed)
        .group_by(ProcessInstance.definition_id, Deal.result)
    )
    found: dict[tuple[int, DealResult], int] = defaultdict(int)
    for definition_id, result, count in rows:
        found[definition_id, result] = count
    return found


def _deal_times(
    session: Session, definition_ids: Collection[int], closed: ColumnElement[bool], calendar: BusinessCalendar
) -> dict[tuple[int, DealResult], list[timedelta]]:
    newest = func.row_number().over(
        partition_by=(ProcessInstance.definition_id, Deal.result), order_by=(Deal.closed_at.desc(), Deal.id.desc())
    )
    numbered = (
        select(
            ProcessInstance.definition_id,
            Deal.result,
            Deal.opened_at,
            Deal.closed_at,
            newest.label("place"),
        )
        .join(ProcessInstance, ProcessInstance.deal_id == Deal.id)
        .where(ProcessInstance.definition_id.in_(definition_ids), closed)
        .subquery()
    )
    times: dict[tuple[int, DealResult], list[timedelta]] = defaultdict(list)
    for row in session.execute(select(numbered).where(numbered.c.place <= _NEWEST_DEALS)):
        times[row.definition_id, row.result] += worked(calendar, row.opened_at, row.closed_at)
    return times


def _step_times(session: Session, steps: DoneSteps, calendar: BusinessCalendar) -> dict[Key, list[timedelta]]:
    times: dict[Key, list[timedelta]] = defaultdict(list)
    for key, opened_at, completed_at in newest_done(session, steps, done_days(session, steps), most=_NEWEST_STEPS):
        times[key] += worked(calendar, opened_at, completed_at)
    return times


def worked(calendar: BusinessCalendar, start: datetime, end: datetime) -> Iterable[timedelta]:
    """One span, or none where the calendar has no answer."""
    try:
        return (calendar.working_time_between(start, end),)
    except CalendarExhausted:
        return ()


def timing(times: list[timedelta]) -> Timing:
    """The median of ``times``."""
    seconds = median(one.total_seconds() for one in times) if times else 0
    return Timing(timedelta(seconds=seconds), len(times)) if times else Timing()
