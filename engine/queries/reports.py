"""Reports: the funnel, lateness, workload. Each counts within what the actor sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.errors import NotFound
from engine.events import StageChanged, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.department import Department, Membership
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.policy.permissions import Ability, Actor, may
from engine.queries.deal_board import stages_of_map
from engine.queries.scopes import visible_deals, visible_work_items


@dataclass(frozen=True, slots=True)
class FunnelStage:
    """Deals opened in the period that ``reached`` the stage at least once, are ``here`` now, ``ended`` here unwon."""

    name: str
    reached: int
    here: int
    ended: int


@dataclass(frozen=True, slots=True)
class Funnel:
    definition_key: str
    opened: int
    open: int
    won: int
    lost: int
    cancelled: int
    stages: tuple[FunnelStage, ...]


class LatenessGroup(StrEnum):
    PERSON = "person"
    DEPARTMENT = "department"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class LatenessRow:
    """``done`` steps of the period, ``done_late`` after their deadline; ``open_late`` steps are late now.

    ``id`` is the person's or the department's; None for a step's name and for nobody's.
    """

    id: int | None
    name: str
    done: int
    done_late: int
    open_late: int


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    person_id: int
    full_name: str
    held: int
    overdue: int
    open_deals: int


def funnel(
    session: Session, actor: Actor, definition_key: str, since: datetime | None = None, until: datetime | None = None
) -> Funnel:
    """Of the deals of a map opened from ``since`` up to, not including, ``until``. Raises NotFound."""
    chosen = deals_opened(actor, definition_key, since, until)
    results: dict[DealResult, int] = dict.fromkeys(DealResult, 0)
    here: dict[str, int] = {}
    ended: dict[str, int] = {}
    for stage, result, count in session.execute(
        select(Deal.stage, Deal.result, func.count()).where(*chosen).group_by(Deal.stage, Deal.result)
    ):
        results[result] += count
        if result is DealResult.OPEN:
            here[stage] = here.get(stage, 0) + count
        elif result is not DealResult.WON:
            ended[stage] = ended.get(stage, 0) + count
    reached = _stages_reached(session, *chosen)
    planned = stages_of_map(session, definition_key)
    names = [*planned, *sorted({name for name in (*reached, *here, *ended) if name} - set(planned))]
    return Funnel(
        definition_key=definition_key,
        opened=sum(results.values()),
        open=results[DealResult.OPEN],
        won=results[DealResult.WON],
        lost=results[DealResult.LOST],
        cancelled=results[DealResult.CANCELLED],
        stages=tuple(FunnelStage(name, reached.get(name, 0), here.get(name, 0), ended.get(name, 0)) for name in names),
    )


def deals_opened(
    actor: Actor, definition_key: str, since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    """Conditions: the deals of a map that the actor sees, opened in the period. Raises NotFound."""
    ensure_reads_reports(actor)
    chosen = [visible_deals(actor), Deal.definition_key == definition_key]
    chosen += [Deal.opened_at >= since] if since else []
    chosen += [Deal.opened_at < until] if until else []
    return chosen


def lateness(
    session: Session,
    actor: Actor,
    group_by: LatenessGroup = LatenessGroup.PERSON,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> tuple[LatenessRow, ...]:
    """Worst first. A done step counts for who did it, a late live one for who holds it. Raises NotFound."""
    ensure_reads_reports(actor)
    done = [WorkItem.state == WorkItemState.COMPLETED]
    done += [WorkItem.completed_at >= since] if since else []
    done += [WorkItem.completed_at < until] if until else []
    is_done = and_(*done)
    is_open_late = and_(WorkItem.state.in_(LIVE), WorkItem.due_at < now)
    statement = _grouped(group_by).add_columns(
        func.count().filter(is_done),
        func.count().filter(is_done, WorkItem.completed_at > WorkItem.due_at),
        func.count().filter(is_open_late),
    )
    rows = session.execute(statement.where(visible_work_items(actor), or_(is_done, is_open_late)))
    found = [LatenessRow(row[0], row[1] or "", *row[2:]) for row in rows]
    return tuple(sorted(found, key=lambda row: (-row.open_late, -row.done_late, sort_key(row.name), row.id or 0)))


def workload(session: Session, actor: Actor, *, now: datetime) -> tuple[WorkloadRow, ...]:
    """Active people by live steps held, the most loaded first: everybody's, or those of departments headed.

    Raises NotFound.
    """
    ensure_reads_reports(actor)
    held = (
        select(
            WorkItem.assignee_id,
            func.count().label("held"),
            func.count().filter(WorkItem.due_at < now).label("overdue"),
        )
        .where(WorkItem.state.in_(LIVE), WorkItem.assignee_id.is_not(None))
        .group_by(WorkItem.assignee_id)
        .subquery()
    )
    owned = (
        select(Deal.owner_id, func.count().label("deals"))
        .where(Deal.result == DealResult.OPEN)
        .group_by(Deal.owner_id)
        .subquery()
    )
    statement = (
        select(
            Person.id,
            Person.full_name,
            func.coalesce(held.c.held, 0),
            func.coalesce(held.c.overdue, 0),
            func.coalesce(owned.c.deals, 0),
        )
        .outerjoin(held, held.c.assignee_id == Person.id)
        .outerjoin(owned, owned.c.owner_id == Person.id)
        .where(Person.is_active)
    )
    if not may(actor, Ability.SEE_REPORTS):
        members = select(Membership.person_id).where(Membership.department_id.in_(actor.headed_department_ids))
        statement = statement.where(Person.id.in_(members))
    rows = [WorkloadRow(*row) for row in session.execute(statement)]
    return tuple(sorted(rows, key=lambda row: (-row.overdue, -row.held, sort_key(row.full_name), row.person_id)))


def ensure_reads_reports(actor: Actor) -> None:
    """Reports are open to those who see reports, and to heads of departments over what they see."""
    if not may(actor, Ability.SEE_REPORTS) and not actor.headed_department_ids:
        raise NotFound


def _stages_reached(session: Session, *chosen: ColumnElement[bool]) -> dict[str, int]:
    stage = HistoryEvent.data["stage"].as_string()
    rows = session.execute(
        select(stage, func.count(HistoryEvent.deal_id.distinct()))
        .join(Deal, Deal.id == HistoryEvent.deal_id)
        .where(*chosen, HistoryEvent.kind == kind_of(StageChanged))
        .group_by(stage)
    )
    return {row[0]: row[1] for row in rows}


def _grouped(group_by: LatenessGroup) -> Select[*tuple[Any, ...]]:
    """Select the group's id and name; the caller adds the counts."""
    match group_by:
        case LatenessGroup.PERSON:
            responsible = func.coalesce(WorkItem.completed_by_id, WorkItem.assignee_id)
            return (
                select(responsible, Person.full_name)
                .select_from(WorkItem)
                .outerjoin(Person, Person.id == responsible)
                .group_by(responsible, Person.full_name)
            )
        case LatenessGroup.DEPARTMENT:
            return (
                select(WorkItem.group_id, Department.name)
                .select_from(WorkItem)
                .outerjoin(Department, Department.id == WorkItem.group_id)
                .group_by(WorkItem.group_id, Department.name)
            )
        case LatenessGroup.STEP:
            return select(null(), WorkItem.name).select_from(WorkItem).group_by(WorkItem.name)
