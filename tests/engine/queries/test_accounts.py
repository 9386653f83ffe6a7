"""What is kept of an account is current: every change that decides who may do what is noticed at its commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, update
from support.office import Office

from engine.commands.people import PersonDraft, add_person, set_password, set_substitution, update_person
from engine.commands.tokens import create_token, revoke_token
from engine.db.glance import glance
from engine.db.session import Database
from engine.model.api_token import ApiToken
from engine.model.calendar import Calendar, CalendarException
from engine.model.company_revision import CompanyRevision
from engine.model.department import Department, Membership
from engine.model.person import Person, Role
from engine.model.substitution import Substitution
from engine.queries.accounts import Accounts

Statement = Callable[[Office], Any]

# One statement per table and action, as anybody might write it: in bulk, without a command.
CHANGES: dict[str, Statement] = {
    "a person is changed": lambda office: update(Person).where(Person.id == office.company.olena.id).values(theme="x"),
    "a department is changed": lambda office: update(Department).values(head_id=office.company.olena.id),
    "a membership is added": lambda office: insert(Membership).values(
        person_id=office.company.olena.id, department_id=office.company.legal.id
    ),
    "a membership is changed": lambda office: (
        update(Membership)
        .where(Membership.department_id == office.company.sales.id)
        .values(department_id=office.company.marketing.id)
    ),
    "memberships are removed": lambda _: delete(Membership),
    "a substitution is added": lambda office: insert(Substitution).values(
        person_id=office.company.olena.id,
        substitute_id=office.company.taras.id,
        starts_on=date(2026, 3, 2),
        ends_on=date(2026, 3, 3),
    ),
    "a calendar is changed": lambda _: update(Calendar).values(zone="Asia/Tokyo"),
    "a holiday is added": lambda _: insert(CalendarException).values(calendar_id=1, day=date(2026, 3, 9), spans=[]),
    "a token is revoked": lambda office: update(ApiToken).values(revoked_at=office.clock.now()),
    "tokens are removed": lambda _: delete(ApiToken),
}


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    office = Office(Database(database_url))
    yield office
    office.database.dispose()


def revision(database: Database) -> int:
    with database.read() as session:
        return session.query(CompanyRevision).one().number


def test_every_change_of_the_company_is_counted(office: Office) -> None:
    office.do("olena", create_token, office.company.olena.id, "1C")
    unnoticed = []
    for name, change in CHANGES.items():
        before = revision(office.database)
        with office.database.write() as session:
            session.execute(change(office))
        if revision(office.database) <= before:
            unnoticed.append(name)
    assert unnoticed == []


def test_what_is_rolled_back_is_not_counted(office: Office) -> None:
    before = revision(office.database)
    with office.database.write() as session:
        session.execute(update(Person).values(theme="x"))
        session.rollback()
    assert revision(office.database) == before


def test_the_same_account_again_costs_one_glance(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    token = office.do("olena", create_token, office.company.olena.id, "1C")
    accounts = Accounts(office.database)
    first = accounts.of_token(token, office.clock.now())
    executed: list[str] = []
    glances: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: executed.append(told[2]))

    def noted(database: Database, statement: str) -> Any:
        glances.append(statement)
        return glance(database, statement)

    monkeypatch.setattr("engine.queries.accounts.glance", noted)
    again = accounts.of_token(token, office.clock.now())
    assert again is first
    assert again is not None
    assert (executed, glances) == ([], ["SELECT number FROM company_revision WHERE id = 1"])


def test_every_process_refuses_a_revoked_token_at_once(office: Office) -> None:
    token = office.do("olena", create_token, office.company.olena.id, "1C")
    other_process = Accounts(office.database)
    assert other_process.of_token(token, office.clock.now()) is not None
    with office.database.read() as session:
        token_id = session.query(ApiToken).one().id
    office.do("olena", revoke_token, token_id)
    assert other_process.of_token(token, office.clock.now()) is None


def test_who_left_is_refused_at_once_and_who_came_back_is_known_again(office: Office) -> None:
    person = office.do("admin", add_person, PersonDraft("maria", "Марія Нова", Role.APPROVER))
    accounts = Accounts(office.database)
    known = [accounts.of_person(person.id, office.clock.now()) is not None]
    for is_active in (False, True):
        office.do("admin", update_person, person.id, {"is_active": is_active})
        known.append(accounts.of_person(person.id, office.clock.now()) is not None)
    assert known == [True, False, True]


def test_a_new_password_changes_the_stamp_and_a_new_role_the_actor(office: Office) -> None:
    accounts, olena = Accounts(office.database), office.company.olena
    before = accounts.of_person(olena.id, office.clock.now())
    office.do("admin", set_password, olena.id, "another password")
    office.do("admin", update_person, olena.id, {"role": Role.HEAD})
    after = accounts.of_person(olena.id, office.clock.now())
    assert before is not None
    assert after is not None
    assert (after.session_stamp != before.session_stamp, after.actor.role) == (True, Role.HEAD)


def test_a_substitution_begins_and_ends_by_itself(office: Office) -> None:
    olena, taras = office.company.olena, office.company.taras
    tomorrow = date(2026, 3, 3)
    office.do("admin", set_substitution, olena.id, taras.id, tomorrow, tomorrow)
    accounts = Accounts(office.database)
    acts_for = []
    for day in (2, 3):
        for minute in (59, 60):  # around midnight in Kyiv
            account = accounts.of_person(taras.id, datetime(2026, 3, day, 21, tzinfo=UTC) + timedelta(minutes=minute))
            assert account is not None
            acts_for.append(bool(account.actor.substitutes_for))
    assert acts_for == [False, True, True, False]
