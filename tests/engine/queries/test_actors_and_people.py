from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session
from support.company import Company

from engine.alphabet import sort_key
from engine.errors import NotFound
from engine.model import ApiToken, Calendar, CalendarException, Role, Substitution
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from engine.queries.people import calendars, choose_people, departments, people, person_view

Act = Callable[[Person], Actor]


def test_an_actor_has_role_departments_and_everything_below_the_headed_ones(
    session: Session, company: Company, now: datetime
) -> None:
    company.marketing.parent_id = company.sales.id
    company.sales.parent_id = company.marketing.id  # a circle, drawn by mistake, ends
    session.flush()
    bohdan = actor_of(session, company.bohdan.id, now)
    assert (bohdan.role, bohdan.login, bohdan.locale) == (Role.HEAD, "bohdan", "uk")
    assert bohdan.department_ids == {company.sales.id}
    assert bohdan.headed_department_ids == {company.sales.id, company.marketing.id}


def test_who_left_is_no_actor(session: Session, company: Company, now: datetime) -> None:
    company.danylo.is_active = False
    session.flush()
    with pytest.raises(NotFound):
        actor_of(session, company.danylo.id, now)


@pytest.mark.parametrize(
    ("at", "acts"),
    [
        (datetime(2026, 3, 15, 21, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 15, 22, 0, tzinfo=UTC), True),  # midnight in Kyiv: 16 March begins
        (datetime(2026, 3, 17, 21, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 17, 22, 0, tzinfo=UTC), False),
    ],
)
def test_a_substitution_counts_in_local_days_of_the_absent_person(
    session: Session, company: Company, at: datetime, *, acts: bool
) -> None:
    session.add(
        Substitution(
            person_id=company.iryna.id,
            substitute_id=company.petro.id,
            starts_on=date(2026, 3, 16),
            ends_on=date(2026, 3, 17),
        )
    )
    session.flush()
    petro = actor_of(session, company.petro.id, at)
    assert petro.substitutes_for == ({company.iryna.id} if acts else frozenset())
    assert petro.substituted_department_ids == ({company.legal.id} if acts else frozenset())


def test_who_is_away_passes_on_whom_they_stand_in_for(session: Session, company: Company, now: datetime) -> None:
    today = now.date()
    for person, substitute in ((company.iryna, company.petro), (company.petro, company.oksana)):
        session.add(Substitution(person_id=person.id, substitute_id=substitute.id, starts_on=today, ends_on=today))
    session.flush()
    assert actor_of(session, company.oksana.id, now).substitutes_for == {company.iryna.id, company.petro.id}


def test_only_who_manages_people_sees_their_list(session: Session, company: Company, as_actor: Act) -> None:
    rows = people(session, as_actor(company.admin)).items
    assert {row.login for row in rows} == {person.login for person in company.people}
    (olena,) = people(session, as_actor(company.admin), "коваль").items
    assert [department.name for department in olena.departments] == ["Відділ продажів"]
    with pytest.raises(NotFound):
        people(session, as_actor(company.bohdan))


def test_people_are_listed_page_by_page_and_each_once(session: Session, company: Company, as_actor: Act) -> None:
    shown, cursor = [], None
    while True:
        page = people(session, as_actor(company.admin), cursor=cursor, limit=2)
        shown += [row.full_name for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert shown == sorted(shown, key=sort_key)
    assert set(shown) == {person.full_name for person in company.people}
    assert len(shown) == len(set(shown))


def test_one_s_own_page_is_open_and_a_colleague_s_is_not(
    session: Session, company: Company, as_actor: Act, now: datetime
) -> None:
    session.add(ApiToken(person_id=company.olena.id, name="Скрипт", token_hash="0" * 64, created_at=now))
    session.add(
        Substitution(
            person_id=company.taras.id, substitute_id=company.olena.id, starts_on=now.date(), ends_on=now.date()
        )
    )
    session.flush()
    olena = as_actor(company.olena)
    view = person_view(session, olena, company.olena.id)
    assert [token.name for token in view.tokens] == ["Скрипт"]
    assert [(one.person_name, one.substitute_name) for one in view.substitutions] == [("Тарас Мельник", "Олена Коваль")]
    with pytest.raises(NotFound):
        person_view(session, olena, company.taras.id)
    with pytest.raises(NotFound):
        person_view(session, as_actor(company.admin), 10**9)


def test_departments_name_their_head_and_count_active_members(
    session: Session, company: Company, as_actor: Act
) -> None:
    company.taras.is_active = False
    session.flush()
    rows = {row.name: row for row in departments(session, as_actor(company.iryna))}
    assert (rows["Відділ продажів"].head_name, rows["Відділ продажів"].members) == ("Богдан Шевченко", 2)
    assert (rows["Маркетинг"].head_name, rows["Маркетинг"].members) == ("", 1)


def test_calendars_show_their_hours_and_the_days_that_differ(session: Session, company: Company) -> None:
    night = Calendar(name="Ніч", zone="Europe/Kyiv", weekly={"0": [["22:00", "06:00"]]})
    night.exceptions = [CalendarException(day=date(2026, 8, 24), name="День Незалежності", spans=[])]
    session.add(night)
    session.flush()
    first, second = calendars(session)
    assert (first.name, first.is_default) == ("Київ", True)
    assert [(one.name, one.spans) for one in second.exceptions] == [("День Незалежності", ())]


def test_a_step_can_be_handed_to_any_active_person(session: Session, company: Company, as_actor: Act) -> None:
    company.taras.is_active = False
    session.flush()
    olena = as_actor(company.olena)
    assert [one.full_name for one in choose_people(session, olena, "логіст")] == ["Петро Лисенко"]
    assert choose_people(session, olena, "тарас") == ()
    assert len(choose_people(session, olena, "", limit=3)) == 3
