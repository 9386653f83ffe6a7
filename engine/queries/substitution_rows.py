"""Who stands in for whom, with the names of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from engine.model.person import Person
from engine.model.substitution import Substitution


@dataclass(frozen=True, slots=True)
class SubstitutionRow:
    """Both dates are included."""

    id: int
    person_id: int
    person_name: str
    substitute_id: int
    substitute_name: str
    starts_on: date
    ends_on: date


def substitution_rows(session: Session, *conditions: ColumnElement[bool]) -> tuple[SubstitutionRow, ...]:
    """All that fulfil ``conditions``, the earliest first."""
    absent, substitute = aliased(Person), aliased(Person)
    rows = session.execute(
        select(
            Substitution.id,
            Substitution.person_id,
            absent.full_name,
            Substitution.substitute_id,
            substitute.full_name,
            Substitution.starts_on,
            Substitution.ends_on,
        )
        .join(absent, absent.id == Substitution.person_id)
        .join(substitute, substitute.id == Substitution.substitute_id)
        .where(*conditions)
        .order_by(Substitution.starts_on, Substitution.id)
    )
    return tuple(SubstitutionRow(*row) for row in rows)
