"""The accounts of the demo company that its sign-in page offers, in the order in which a visitor tries them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.person import Person

_LOGINS = ("olena", "taras", "iryna", "oksana", "petro", "bohdan", "owner", "admin")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    login: str
    full_name: str
    position: str


def demo_people(session: Session) -> tuple[DemoPerson, ...]:
    found = {
        person.login: DemoPerson(person.login, person.full_name, person.position)
        for person in session.scalars(select(Person).where(Person.login.in_(_LOGINS), Person.is_active))
    }
    return tuple(found[login] for login in _LOGINS if login in found)
