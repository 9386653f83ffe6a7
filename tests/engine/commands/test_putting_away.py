"""A department or a calendar made by mistake is deleted, one that was in use is put away: history goes on naming it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.office import Office
from support.sales_map import sales_map
from support.versions import edited

from engine.clock import Clock
from engine.commands.calendars import (
    STANDARD_WEEK,
    CalendarExists,
    CalendarInUse,
    CalendarIsArchived,
    CalendarWasUsed,
    add_calendar,
    archive_calendar,
    delete_calendar,
    make_default,
    restore_calendar,
    update_weekly_hours,
)
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.control_letters import tell_of_control
from engine.commands.departments import (
    DepartmentDraft,
    DepartmentInUse,
    DepartmentIsArchived,
    DepartmentWasUsed,
    add_department,
    archive_department,
    delete_department,
    restore_department,
    update_department,
)
from engine.commands.people import update_person
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.calendar import Calendar
from engine.model.deal import DealResult
from engine.model.department import Department
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeKind
from engine.policy.permissions import Actor
from engine.queries.directories import directory
from engine.queries.people import departments
from engine.queries.uses import calendar_uses, department_uses

WEEK = {day: [(start, end) for start, end in spans] for day, spans in STANDARD_WEEK.items()}


@pytest.fixture
def stock(office: Office) -> Department:
    return office.do("admin", add_department, DepartmentDraft("Склад"))


def put(office: Office, *department_ids: int) -> None:
    office.do("admin", update_person, office.company.danylo.id, {"department_ids": department_ids})


def told(office: Office) -> list[tuple[str, str]]:
    kinds = ("department", "calendar")
    with office.database.read() as session:
        found = session.scalars(select(HistoryEvent).order_by(HistoryEvent.id))
        ends = ("_archived", "_restored", "_deleted")
        return [(one.kind, one.data["name"]) for one in found if one.kind.startswith(kinds) and one.kind.endswith(ends)]


def test_a_cancelled_deal_is_not_opened_again_for_a_department_that_was_put_away(
    office: Office, stock: Department
) -> None:
    process = sales_map()
    first = process.steps["prepare"].model_copy(update={"responsible": ("Склад",)})
    office.publish(edited(process, {"prepare": first}))
    deal = office.open_deal()
    office.do("olena", cancel_deal, deal.id, "Пішов")
    office.publish()
    office.do("admin", archive_department, stock.id)
    with pytest.raises(DepartmentIsArchived):
        office.do("olena", reopen_deal, deal.id, "Повернувся")
    assert office.deal(deal).result is DealResult.CANCELLED
    office.do("admin", restore_department, stock.id)
    office.do("olena", reopen_deal, deal.id, "Повернувся")
    assert office.step("prepare").group_id == stock.id


def test_who_headed_a_department_that_was_put_away_gets_no_daily_control_of_it(
    office: Office, stock: Department
) -> None:
    danylo = office.company.danylo.id
    office.do("admin", update_department, stock.id, {"head_id": danylo})
    assert danylo in told_of_control(office)
    office.do("admin", archive_department, stock.id)
    office.clock.advance(timedelta(days=1))
    assert told_of_control(office) == {office.company.bohdan.id, *heads_of_others(office)}


def told_of_control(office: Office) -> set[int | None]:
    """To whom the control of today is told."""
    with office.database.write() as session:
        tell_of_control(session, clock=office.clock)
    with office.database.read() as session:
        return set(
            session.scalars(
                select(Notice.person_id).where(
                    Notice.kind == NoticeKind.DAILY_CONTROL, Notice.due_at >= office.clock.now()
                )
            )
        )


def heads_of_others(office: Office) -> set[int]:
    return {office.company.iryna.id, office.company.oksana.id, office.company.petro.id}


def test_a_department_made_by_mistake_is_deleted_however_often_that_is_asked(office: Office, stock: Department) -> None:
    assert [office.do("admin", delete_department, stock.id) for _press in range(2)] == ["Склад", "Склад"]
    with office.database.read() as session:
        assert directory(session).department(stock.id) is None
        assert "Склад" not in {one.name for one in departments(session, office.actor("admin"))}
    for command in (archive_department, restore_department):
        with pytest.raises(NotFound):
            office.do("admin", command, stock.id)
    assert told(office) == [("department_deleted", "Склад")]
    again = office.do("admin", add_department, DepartmentDraft("Склад"))
    assert again.id > stock.id, "history goes on meaning the other one by its id"
    with pytest.raises(NotFound):
        office.do("admin", delete_department, 999)


def test_one_that_had_people_is_put_away_and_used_again(office: Office, stock: Department) -> None:
    put(office, stock.id)
    with pytest.raises(DepartmentInUse):
        office.do("admin", archive_department, stock.id)
    put(office)
    with pytest.raises(DepartmentWasUsed):
        office.do("admin", delete_department, stock.id)
    for _press in range(2):
        office.do("admin", archive_department, stock.id)
    with pytest.raises(InvalidInput):
        put(office, stock.id)
    with pytest.raises(DepartmentIsArchived):
        office.do("admin", update_department, stock.id, {"name": "Комора"})
    with pytest.raises(InvalidInput) as known:
        office.do("admin", add_department, DepartmentDraft("склад"))
    assert isinstance(known.value.errors["name"], DepartmentIsArchived)
    with pytest.raises(InvalidInput):
        office.do("admin", add_department, DepartmentDraft("Полиця", parent_id=stock.id))
    with office.database.read() as session:
        found = directory(session)
        assert "склад" not in found.departments_by_name
        assert found.department(stock.id) is not None, "what it did is still told by its name"
    for _press in range(2):
        office.do("admin", restore_department, stock.id)
    put(office, stock.id)
    assert told(office) == [("department_archived", "Склад"), ("department_restored", "Склад")]


def test_what_keeps_a_department_from_being_put_away_is_told(office: Office) -> None:
    legal = office.company.legal
    office.open_deal()
    office.prepare()
    with office.database.read() as session:
        uses = department_uses(session, legal.id)
    assert (uses.people > 0, uses.steps, len(uses.maps)) == (True, 1, 1)
    assert uses.now
    assert uses.ever
    part = office.do("admin", add_department, DepartmentDraft("Архів договорів", parent_id=legal.id))
    with office.database.read() as session:
        assert department_uses(session, legal.id).parts == 1
    office.do("admin", delete_department, part.id)


def test_a_calendar_made_by_mistake_is_deleted_and_one_in_use_is_put_away(office: Office, stock: Department) -> None:
    first = add(office, "Компанія") if not calendars(office) else calendars(office)[0]
    mistaken, shifts = add(office, "Помилка"), add(office, "Зміни")
    for _press in range(2):
        assert office.do("admin", delete_calendar, mistaken.id) == "Помилка"
    office.do("admin", update_department, stock.id, {"calendar_id": shifts.id})
    with pytest.raises(CalendarInUse):
        office.do("admin", archive_calendar, shifts.id)
    with office.database.read() as session:
        assert calendar_uses(session, shifts.id).departments == ("Склад",)
    office.do("admin", update_department, stock.id, {"calendar_id": None})
    with pytest.raises(CalendarWasUsed):
        office.do("admin", delete_calendar, shifts.id)
    for _press in range(2):
        office.do("admin", archive_calendar, shifts.id)
    for refused in (make_default, _set_week):
        with pytest.raises(CalendarIsArchived):
            office.do("admin", refused, shifts.id)
    with pytest.raises(InvalidInput):
        office.do("admin", update_department, stock.id, {"calendar_id": shifts.id})
    with pytest.raises(InvalidInput) as known:
        add(office, "Зміни")
    assert isinstance(known.value.errors["name"], CalendarIsArchived)
    office.do("admin", restore_calendar, shifts.id)
    with pytest.raises(InvalidInput) as known:
        add(office, "Зміни")
    assert isinstance(known.value.errors["name"], CalendarExists)
    with pytest.raises(CalendarInUse):
        office.do("admin", archive_calendar, first.id)
    assert told(office) == [
        ("calendar_deleted", "Помилка"),
        ("calendar_archived", "Зміни"),
        ("calendar_restored", "Зміни"),
    ]


def test_the_company_s_first_calendar_was_used_even_when_it_counts_by_another(office: Office) -> None:
    first = add(office, "Компанія") if not calendars(office) else calendars(office)[0]
    office.do("admin", make_default, add(office, "Друга").id)
    with pytest.raises(CalendarWasUsed):
        office.do("admin", delete_calendar, first.id)
    office.do("admin", archive_calendar, first.id)


def test_a_department_comes_back_only_with_what_it_needs(office: Office, stock: Department) -> None:
    add(office, "Компанія")
    shifts = add(office, "Зміни")
    office.do("admin", update_department, stock.id, {"calendar_id": shifts.id})
    put(office, stock.id)
    put(office)
    office.do("admin", archive_department, stock.id)
    office.do("admin", archive_calendar, shifts.id)
    with pytest.raises(CalendarIsArchived):
        office.do("admin", restore_department, stock.id)
    office.do("admin", restore_calendar, shifts.id)
    office.do("admin", restore_department, stock.id)


@pytest.mark.parametrize("login", ["olena", "bohdan", "owner", "danylo"])
def test_only_who_manages_them_puts_them_away(office: Office, stock: Department, login: str) -> None:
    calendar = add(office, "Зміни")
    for command in (archive_department, restore_department, delete_department):
        with pytest.raises(NotAllowed):
            office.do(login, command, stock.id)
    for change in (archive_calendar, restore_calendar, delete_calendar):
        with pytest.raises(NotAllowed):
            office.do(login, change, calendar.id)


def _set_week(session: Session, calendar_id: int, *, actor: Actor, clock: Clock) -> Calendar:
    return update_weekly_hours(session, calendar_id, WEEK, actor=actor, clock=clock)


def add(office: Office, name: str) -> Calendar:
    return office.do("admin", add_calendar, name, "Europe/Kyiv", WEEK)


def calendars(office: Office) -> list[Calendar]:
    with office.database.read() as session:
        return list(session.scalars(select(Calendar).order_by(Calendar.id)))
