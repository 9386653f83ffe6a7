"""Who stands in for whom, as far as the actor may arrange it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.model.department import Membership
from engine.model.person import Person
from engine.model.substitution import Substitution
from engine.policy.permissions import Ability, Actor, may
from engine.queries.pages import page_size
from engine.queries.people import PersonChoice
from engine.queries.substitution_rows import SubstitutionRow, substitution_rows
from engine.queries.text_search import matches


def arrangeable_substitutions(session: Session, actor: Actor, today: date) -> tuple[SubstitutionRow, ...]:
    """Those that last until ``today`` or longer: of oneself, of the members of headed departments, or all."""
    return substitution_rows(session, Substitution.ends_on >= today, _arranged_by(actor, Substitution.person_id))


def own_standing_in(session: Session, actor: Actor, today: date) -> tuple[SubstitutionRow, ...]:
    """Those that last until ``today`` or longer in which the actor is the substitute, whoever has arranged them."""
    return substitution_rows(session, Substitution.ends_on >= today, Substitution.substitute_id == actor.person_id)


def substitution_row(session: Session, substitution_id: int) -> SubstitutionRow:
    """The substitution that a command has just arranged."""
    return substitution_rows(session, Substitution.id == substitution_id)[0]


def arranges_for_others(session: Session, actor: Actor) -> bool:
    """Whether there is somebody beside the actor whose absence they may arrange."""
    others = Person.is_active, Person.id != actor.person_id, _arranged_by(actor, Person.id)
    return session.scalar(select(Person.id).where(*others).limit(1)) is not None


def people_arranged_for(session: Session, actor: Actor, q: str, *, limit: int) -> tuple[PersonChoice, ...]:
    """The active people whose absence the actor may arrange, for type-ahead: the actor first, then by name."""
    rows = session.execute(
        select(Person.id, Person.full_name, Person.position)
        .where(Person.is_active, matches(session, Person.search_text, q), _arranged_by(actor, Person.id))
        .order_by(Person.id != actor.person_id, Person.sort_key, Person.id)
        .limit(page_size(limit))
    )
    return tuple(PersonChoice(*row) for row in rows)


def _arranged_by(actor: Actor, person_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    if may(actor, Ability.MANAGE_PEOPLE):
        return true()
    own = person_id == actor.person_id
    if not actor.headed_department_ids:
        return own
    members = select(Membership.person_id).where(Membership.department_id.in_(actor.headed_department_ids))
    return own | person_id.in_(members.correlate(None))
