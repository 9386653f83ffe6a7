"""People as callers name them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import N_, FieldNotUnderstood, InvalidInput
from engine.model.person import Person


def person_named(session: Session, named: int | str, field: str = "to") -> int:
    """The id of who is named by id or login. Raises InvalidInput, told at ``field``."""
    if isinstance(named, int):
        return named
    person_id = session.scalar(select(Person.id).where(Person.login == named))
    if person_id is None:
        raise InvalidInput({field: FieldNotUnderstood(value=named, expected=N_("a person"))})
    return person_id
