"""Departures of deals from their maps: how often, where, and the last one of a deal with whether it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from engine.events import (
    Commented,
    HeadTold,
    IncidentRecorded,
    ReminderSent,
    StepClaimed,
    StepReleased,
    StepReminded,
    kind_of,
)
from engine.model.history_event import HistoryEvent
from engine.model.intervention import Intervention, InterventionKind
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.processes import element_name, process_of
from engine.queries.scopes import ensure_sees

# What changes nothing of where the deal stands.
_HARMLESS = tuple(
    map(kind_of, (Commented, StepClaimed, StepReleased, ReminderSent, StepReminded, HeadTold, IncidentRecorded))
)


def happened_since(history_length: int) -> ColumnElement[bool]:
    """A condition on the events of one deal: something happened to it after its history had that length."""
    return and_(HistoryEvent.number > history_length, HistoryEvent.kind.not_in(_HARMLESS))


@dataclass(frozen=True, slots=True)
class InterventionRow:
    """``element_name`` is where a moved deal went. ``may_undo``: nothing has happened to the deal since."""

    id: int
    kind: InterventionKind
    element_name: str
    reason: str
    at: datetime
    by_name: str
    may_undo: bool


def last_intervention(session: Session, deal_id: int) -> InterventionRow | None:
    """The latest of a deal that the caller has found visible, unless it was undone."""
    row = session.execute(
        select(Intervention, Person.full_name)
        .outerjoin(Person, Person.id == Intervention.by_id)
        .where(Intervention.deal_id == deal_id)
        .order_by(Intervention.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.Intervention.undone_at is not None:
        return None
    one: Intervention = row.Intervention
    since = session.scalar(
        select(HistoryEvent.id).where(HistoryEvent.deal_id == deal_id, happened_since(one.history_length)).limit(1)
    )
    return InterventionRow(
        id=one.id,
        kind=one.kind,
        element_name=element_name(process_of(session, one.definition_id), one.element_id),
        reason=one.reason,
        at=one.at,
        by_name=row.full_name or "",
        may_undo=since is None,
    )


@dataclass(frozen=True, slots=True)
class DepartureCount:
    """How often deals were sent to a step out of the map's order, and how often past an approval that was not given."""

    element_id: str
    moves: int
    past_approvals: int
    last_at: datetime


def departures_of_map(session: Session, actor: Actor, key: str) -> Mapping[str, DepartureCount]:
    """Over all versions of the map ``key``, by element. Moves that were undone do not count. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    counts: dict[str, DepartureCount] = {}
    rows = session.execute(
        select(Intervention.element_id, Intervention.passed_over, func.count(), func.max(Intervention.at))
        .join(ProcessDefinition, ProcessDefinition.id == Intervention.definition_id)
        .where(
            ProcessDefinition.key == key,
            Intervention.kind == InterventionKind.MOVED,
            Intervention.undone_at.is_(None),
        )
        .group_by(Intervention.element_id, Intervention.passed_over)
    )
    for element_id, passed_over, number, last_at in rows:
        known = counts.get(element_id)
        counts[element_id] = DepartureCount(
            element_id=element_id,
            moves=number + (known.moves if known else 0),
            past_approvals=(number if passed_over else 0) + (known.past_approvals if known else 0),
            last_at=max(last_at, known.last_at) if known else last_at,
        )
    return counts
