"""Who is away at a moment, because a substitute is appointed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from engine.model.substitution import Substitution
from engine.queries.calendars import calendar_of_person

_FURTHEST_ZONE = timedelta(hours=14)  # UTC+14, the Line Islands


def absent_of(session: Session, people: Collection[int], at: datetime) -> frozenset[int]:
    """Those of ``people`` who have a substitute at the aware instant ``at``."""
    return frozenset(person for person, _ in substitutions_at(session, Substitution.person_id.in_(people), at))


def absent_until(session: Session, people: Collection[int], at: datetime) -> Mapping[int, date]:
    """Those of ``people`` who are away at ``at``, and the last local day on which somebody acts for them."""
    until: dict[int, date] = {}
    for row in _in_force(session, Substitution.person_id.in_(people), at):
        until[row.person_id] = max(row.ends_on, until.get(row.person_id, row.ends_on))
    return until


def substitutions_at(session: Session, condition: ColumnElement[bool], at: datetime) -> frozenset[tuple[int, int]]:
    """Pairs (absent, substitute) in force at ``at``: both dates are local dates of the absent person's calendar."""
    return frozenset((row.person_id, row.substitute_id) for row in _in_force(session, condition, at))


def _in_force(session: Session, condition: ColumnElement[bool], at: datetime) -> Sequence[Row[int, int, date, date]]:
    earliest, latest = (at - _FURTHEST_ZONE).date(), (at + _FURTHEST_ZONE).date()
    near = session.execute(
        select(Substitution.person_id, Substitution.substitute_id, Substitution.starts_on, Substitution.ends_on).where(
            condition, Substitution.starts_on <= latest, Substitution.ends_on >= earliest
        )
    )
    return [
        row
        for row in near
        if row.starts_on <= calendar_of_person(session, row.person_id).local(at).date() <= row.ends_on
    ]


def substitutes_of(session: Session, people: Collection[int], at: datetime) -> Mapping[int, tuple[int, ...]]:
    """Who acts for each of the people at ``at``, also through others: the mirror image of whom somebody substitutes."""
    acting: dict[int, set[int]] = {}
    newly = set(people)
    while newly:
        for absent in newly:
            acting[absent] = set()
        for absent, substitute in substitutions_at(session, Substitution.person_id.in_(newly), at):
            acting[absent].add(substitute)
        newly = {one for absent in newly for one in acting[absent]} - acting.keys()
    return {person_id: _all_acting(person_id, acting) for person_id in people}


def _all_acting(person_id: int, acting: Mapping[int, set[int]]) -> tuple[int, ...]:
    found: set[int] = set()
    newly = {person_id}
    while newly:
        newly = {one for absent in newly for one in acting[absent]} - found - {person_id}
        found |= newly
    return tuple(sorted(found))
