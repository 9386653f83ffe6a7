"""The organisation is kept between transactions, and yet never older than what was committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from support.office import Office

from engine.commands.departments import update_department
from engine.commands.people import update_person
from engine.db.session import Database
from engine.errors import NotFound
from engine.queries.organisation import organisation


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = Database(database_url)
    yield Office(database)
    database.dispose()


def rename(session: Session, office: Office, department_id: int, name: str) -> None:
    update_department(session, department_id, {"name": name}, actor=office.actor("admin"), clock=office.clock)
    session.flush()


def name_of(office: Office, department_id: int) -> str:
    with office.database.read() as session:
        department = organisation(session).directory.department(department_id)
    assert department is not None
    return department.name


def person_named(office: Office, person_id: int) -> str:
    with office.database.read() as session:
        person = organisation(session).directory.person(person_id)
    assert person is not None
    return person.full_name


@pytest.mark.postgres
def test_a_change_that_commits_after_a_later_one_is_seen(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    office = Office(database)
    iryna, finance = office.company.iryna.id, office.company.finance.id
    with database.write() as slow:  # a person: changes of departments wait for one another
        update_person(slow, iryna, {"full_name": "Ірина Мельник"}, actor=office.actor("admin"), clock=office.clock)
        slow.flush()
        with database.write() as fast:
            rename(fast, office, finance, "Казначейство")
        assert (person_named(office, iryna), name_of(office, finance)) == ("Ірина Бондар", "Казначейство")
    assert person_named(office, iryna) == "Ірина Мельник"
    database.dispose()


def test_what_was_rolled_back_is_not_kept(office: Office) -> None:
    legal, finance = office.company.legal.id, office.company.finance.id
    with suppress(NotFound), office.database.write() as session:
        rename(session, office, legal, "Комплаєнс")
        organisation(session)
        rename(session, office, 987654, "Немає такого")
    office.clock.advance(timedelta(seconds=1))
    with office.database.write() as session:
        rename(session, office, finance, "Казначейство")
    assert (name_of(office, legal), name_of(office, finance)) == ("Юридичний відділ", "Казначейство")
