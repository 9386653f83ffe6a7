"""A department is put away while somebody is put into it, or a map that names it goes live. On PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy.orm import Session
from support.at_once import at_once
from support.founded_offices import FoundedOffices
from support.office import Office

from engine.commands.calendars import STANDARD_WEEK, CalendarExists, add_calendar, archive_calendar
from engine.commands.definitions import check_map, deploy_definition
from engine.commands.departments import (
    DepartmentDraft,
    DepartmentExists,
    DepartmentInUse,
    add_department,
    archive_department,
    update_department,
)
from engine.commands.people import PersonDraft, add_person, update_person
from engine.commands.publishing import publish_definition
from engine.errors import InvalidInput, MapHasErrors
from engine.model.department import Department
from engine.model.person import Role
from engine.queries.uses import department_uses

pytestmark = pytest.mark.postgres

MAP = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  targetNamespace="t"><process id="stock" name="Відвантаження">
  <startEvent id="s"/><userTask id="pack" name="Спакувати"><extensionElements><camunda:properties>
    <camunda:property name="етап" value="Перший"/><camunda:property name="термін" value="1 р.д."/>
    <camunda:property name="відповідальний" value="Комора"/></camunda:properties></extensionElements></userTask>
  <endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="pack"/>
  <sequenceFlow id="f2" sourceRef="pack" targetRef="e"/></process></definitions>"""


@pytest.fixture
def office(postgresql_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """A file database has one writer at a time."""
    with founded.at_work(postgresql_database_url) as office:
        yield office


@pytest.fixture
def stock(office: Office) -> Department:
    """Used once, so that it is archived, not deleted."""
    made = office.do("admin", add_department, DepartmentDraft("Комора"))
    for ids in ((made.id,), ()):
        office.do("admin", update_person, office.company.danylo.id, {"department_ids": ids})
    return made


def by(office: Office, login: str, command: Callable[..., object], *given: object) -> Callable[[Session], object]:
    actor = office.actor(login)
    return lambda session: command(session, *given, actor=actor, clock=office.clock)


def test_nobody_comes_into_a_department_that_is_put_away_at_that_moment(office: Office, stock: Department) -> None:
    archive = by(office, "admin", archive_department, stock.id)
    person = PersonDraft("stepan", "Степан Комірник", Role.APPROVER, department_ids=(stock.id,))
    for come in (
        by(office, "admin", update_person, office.company.danylo.id, {"department_ids": (stock.id,)}),
        by(office, "admin", add_person, person),
        by(office, "admin", add_department, DepartmentDraft("Полиця", parent_id=stock.id)),
    ):
        with pytest.raises(InvalidInput):
            at_once(office.database, archive, come)
        with office.database.read() as session:
            assert not department_uses(session, stock.id).now


def test_a_department_that_somebody_comes_into_is_not_put_away(office: Office, stock: Department) -> None:
    come = by(office, "admin", update_person, office.company.danylo.id, {"department_ids": (stock.id,)})
    with pytest.raises(DepartmentInUse):
        at_once(office.database, come, by(office, "admin", archive_department, stock.id))


def test_a_map_does_not_go_live_for_a_department_that_is_put_away_at_that_moment(
    office: Office, stock: Department
) -> None:
    draft = office.do("owner", deploy_definition, check_map({"stock.bpmn": MAP.encode()}, library={}))
    archive = by(office, "admin", archive_department, stock.id)
    with pytest.raises(MapHasErrors) as refused:
        at_once(office.database, archive, by(office, "owner", publish_definition, draft.id))
    assert {one.code for one in refused.value.findings} == {"RESPONSIBLE_ARCHIVED"}


def test_a_department_is_not_put_away_while_a_map_that_names_it_goes_live(office: Office, stock: Department) -> None:
    draft = office.do("owner", deploy_definition, check_map({"stock.bpmn": MAP.encode()}, library={}))
    publish = by(office, "owner", publish_definition, draft.id)
    with pytest.raises(DepartmentInUse):
        at_once(office.database, publish, by(office, "admin", archive_department, stock.id))


def test_a_new_department_does_not_count_by_a_calendar_that_is_put_away_at_that_moment(
    office: Office, stock: Department
) -> None:
    week = {day: [(start, end) for start, end in spans] for day, spans in STANDARD_WEEK.items()}
    add = partial(office.do, "admin", add_calendar)
    add("Компанія", "Europe/Kyiv", week)
    shifts = add("Зміни", "Europe/Kyiv", week)
    for calendar_id in (shifts.id, None):
        office.do("admin", update_department, stock.id, {"calendar_id": calendar_id})
    count = by(office, "admin", add_department, DepartmentDraft("Полиця", calendar_id=shifts.id))
    with pytest.raises(InvalidInput):
        at_once(office.database, by(office, "admin", archive_calendar, shifts.id), count)


def test_of_two_that_are_given_one_name_at_once_the_second_is_told(office: Office) -> None:
    week = {day: [(start, end) for start, end in spans] for day, spans in STANDARD_WEEK.items()}
    for command, given, known in (
        (add_department, (DepartmentDraft("Комора"),), DepartmentExists),
        (add_calendar, ("Зміни", "Europe/Kyiv", week), CalendarExists),
    ):
        add = by(office, "admin", command, *given)
        with pytest.raises(InvalidInput) as refused:
            at_once(office.database, add, add)
        assert isinstance(refused.value.errors["name"], known)
