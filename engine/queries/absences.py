"""Who is away at a moment, because a substitute is appointed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.model.substitution import Substitution
from engine.queries.calendars import calendar_of_person

_FURTHEST_ZONE = timedelta(hours=14)  # UTC+14, the Line Islands
_Near = Select[int, int, date, date]


def _near_of(who: InstrumentedAttribute[int]) -> _Near:
    """Substitutions of some people that may be in force, wherever they live; written once, as every request asks."""
    return select(
        Substitution.person_id, Substitution.substitute_id, Substitution.starts_on, Substitution.ends_on
    ).where(
        who.in_(bindparam("people", expanding=True)),
        Substitution.starts_on <= bindparam("latest"),
        Substitution.ends_on >= bindparam("earliest"),
    )


AWAY = _near_of(Substitution.person_id)
"""The substitutions of those who are away themselves."""
SUBSTITUTED_BY = _near_of(Substitution.substitute_id)
"""The substitutions of those for whom the people act."""


def absent_of(session: Session, people: Collection[int], at: datetime) -> frozenset[int]:
    """Those of ``people`` who have a substitute at the aware instant ``at``."""
    return frozenset(person for person, _ in substitutions_at(session, AWAY, people, at))


def absent_until(session: Session, people: Collection[int], at: datetime) -> Mapping[int, date]:
    """Those of ``people`` who are away at ``at``, and the last local day on which somebody acts for them."""
    until: dict[int, date] = {}
    for row in _in_force(session, AWAY, people, at):
        until[row.person_id] = max(row.ends_on, until.get(row.person_id, row.ends_on))
    return until


def substitutions_at(
    session: Session, near: _Near, people: Collection[int], at: datetime
) -> frozenset[tuple[int, int]]:
    """Pairs (absent, substitute) in force at ``at``: both dates are local dates of the absent person's calendar.

    Of ``people`` as those who are AWAY, or SUBSTITUTED_BY them.
    """
    return frozenset((row.person_id, row.substitute_id) for row in _in_force(session, near, people, at))


def _in_force(
    session: Session, near: _Near, people: Collection[int], at: datetime
) -> Sequence[Row[int, int, date, date]]:
    days = {"earliest": (at - _FURTHEST_ZONE).date(), "latest": (at + _FURTHEST_ZONE).date()}
    return [
        row
        for row in session.execute(near, {"people": [*people], **days})
        if row.starts_on <= calendar_of_person(session, row.person_id).local(at).date() <= row.ends_on
    ]


def substitutes_of(session: Session, people: Collection[int], at: datetime) -> Mapping[int, tuple[int, ...]]:
    """Who acts for each of the people at ``at``, also through others: the mirror image of whom somebody substitutes."""
    acting: dict[int, set[int]] = {}
    newly = set(people)
    while newly:
        for absent in newly:
            acting[absent] = set()
        for absent, substitute in substitutions_at(session, AWAY, newly, at):
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
