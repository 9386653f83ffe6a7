"""How steps of maps were done: counted, and the newest of each.

What is counted comes out of one index, by days; the days tell since when the newest were done, and only these are read
as rows. A large company has done a step tens of thousands of times: to find all their rows and sort them took seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.bpmn.compiled import OutcomeKind
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem, WorkItemState

_AT_ONCE = 200  # conditions of one statement: SQLite takes no more than a thousand in a row

Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class DoneSteps:
    """Steps of certain elements on certain versions, done from ``since`` up to, not including, ``until``.

    ``by`` is what they are told apart by: columns of WorkItem and ProcessInstance.
    """

    by: tuple[InstrumentedAttribute[Any], ...]
    definition_ids: Collection[int]
    elements: Collection[str]
    since: datetime | None = None
    until: datetime | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        within: list[ColumnElement[bool]] = [WorkItem.completed_at.is_not(None)]
        within += [WorkItem.completed_at >= self.since] if self.since else []
        within += [WorkItem.completed_at < self.until] if self.until else []
        return and_(on_versions(self.definition_ids, self.elements), WorkItem.state == WorkItemState.COMPLETED, *within)


@dataclass(frozen=True, slots=True)
class DoneDay:
    """What was done on one day, the first of it at ``began``; of the ``done`` some ``late``, some ``returned``."""

    began: datetime
    done: int
    late: int
    returned: int


def on_versions(definition_ids: Collection[int], elements: Collection[str]) -> ColumnElement[bool]:
    """Of work items joined with their instances."""
    return and_(ProcessInstance.definition_id.in_(definition_ids), WorkItem.element_id.in_(elements))


def done_days(session: Session, steps: DoneSteps) -> Mapping[Key, Sequence[DoneDay]]:
    """By what they are told apart by, the latest day first."""
    began = func.min(WorkItem.completed_at)
    rows = session.execute(
        select(
            *steps.by,
            began,
            func.count(),
            func.count().filter(WorkItem.completed_at > WorkItem.due_at),
            func.count().filter(WorkItem.outcome == OutcomeKind.RETURNED.value),
        )
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .where(steps.condition)
        .group_by(*steps.by, func.date(WorkItem.completed_at))
        .order_by(began.desc())
    )
    days: dict[Key, list[DoneDay]] = {}
    for row in rows:
        days.setdefault(tuple(row[:-4]), []).append(DoneDay(*row[-4:]))
    return days


def newest_done(
    session: Session, steps: DoneSteps, days: Mapping[Key, Sequence[DoneDay]], *, most: int
) -> Iterator[tuple[Key, datetime, datetime]]:
    """Of each key at most ``most``: the key, when the step was opened and when it was done. ``days`` are of them."""
    conditions = [_of_key(steps, key) & (WorkItem.completed_at >= _since(found, most)) for key, found in days.items()]
    place = func.row_number().over(partition_by=steps.by, order_by=(WorkItem.completed_at.desc(), WorkItem.id.desc()))
    for start in range(0, len(conditions), _AT_ONCE):
        numbered = (
            select(*steps.by, WorkItem.opened_at, WorkItem.completed_at, place.label("place"))
            .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
            .where(steps.condition, or_(*conditions[start : start + _AT_ONCE]))
            .subquery()
        )
        for *key, opened_at, completed_at, _place in session.execute(select(numbered).where(numbered.c.place <= most)):
            yield tuple(key), opened_at, completed_at


def _of_key(steps: DoneSteps, key: Key) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(steps.by, key, strict=True)))


def _since(days: Sequence[DoneDay], most: int) -> datetime:
    """When the day began on or after which at least ``most`` were done, or all of them."""
    count = 0
    for day in days:
        count += day.done
        if count >= most:
            return day.began
    return days[-1].began
