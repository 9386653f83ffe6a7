"""Two windows, two people, a double click, two workers: nobody fails, and nothing comes twice. On PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.at_once import at_once
from support.founded_offices import FoundedOffices
from support.office import Office

from engine.commands.letter_templates import add_letter_template
from engine.commands.list_choices import keep_list_choice
from engine.commands.loss_reasons import add_loss_reason
from engine.commands.own_fields import add_own_field
from engine.commands.saved_reports import (
    ReportDraft,
    rename_saved_report,
    save_report,
    schedule_saved_report,
    tell_of_saved_reports,
)
from engine.errors import InvalidInput
from engine.model.notice import Notice, NoticeKind
from engine.model.own_field import FieldSubject
from engine.model.saved_report import ReportKind, Rhythm
from engine.policy.own_fields import OwnFieldDraft
from engine.policy.report_periods import ReportFilters
from engine.policy.report_schedule import Schedule
from engine.queries.deal_columns import DealColumn, DealColumns

pytestmark = pytest.mark.postgres


@pytest.fixture
def office(postgresql_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """A file database has one writer at a time."""
    with founded.at_work(postgresql_database_url) as office:
        yield office


def save(office: Office, name: str) -> int:
    return office.do("bohdan", save_report, ReportDraft(name, ReportKind.ACTIVITY, ReportFilters())).id


def test_columns_chosen_twice_for_the_first_time_are_those_chosen_last(office: Office) -> None:
    actor = office.actor("olena")

    def keep(column: DealColumn) -> Callable[[Session], object]:
        return lambda session: keep_list_choice(
            session, DealColumns.LIST_NAME, DealColumns.of([column], [column]).as_kept(), actor=actor
        )

    at_once(office.database, keep(DealColumn.OWNER), keep(DealColumn.AMOUNT))
    with office.database.read() as session:
        assert DealColumns.kept(session, actor).shown == (DealColumn.AMOUNT,)


def test_of_two_reports_that_get_one_name_the_second_is_told(office: Office) -> None:
    actor, one, other = office.actor("bohdan"), save(office, "Один"), save(office, "Другий")

    def rename(report: int) -> Callable[[Session], object]:
        return lambda session: rename_saved_report(session, report, "Разом", actor=actor, clock=office.clock)

    with pytest.raises(InvalidInput) as told:
        at_once(office.database, rename(one), rename(other))
    assert told.value.errors["name"].code == "report_name_taken"


@pytest.mark.parametrize("is_first_ever", [True, False])
@pytest.mark.parametrize(
    ("command", "given", "other"),
    [
        (add_letter_template, ("Рахунок", "Рахунок", "Добрий день!"), ("Інший", "Інший", "Добрий день!")),
        (add_loss_reason, ("Дорого для них",), ("Інша причина",)),
        (add_own_field, (FieldSubject.CLIENT, OwnFieldDraft("Галузь")), (FieldSubject.CLIENT, OwnFieldDraft("Інше"))),
    ],
)
def test_what_two_add_to_a_list_of_the_company_stands_there_as_if_one_had_come_later(
    office: Office,
    command: Callable[..., object],
    given: tuple[object, ...],
    other: tuple[object, ...],
    is_first_ever: bool,
) -> None:
    actor = office.actor("admin")

    def add(session: Session) -> object:
        return command(session, *given, actor=actor, clock=office.clock)

    if not is_first_ever:
        office.do("admin", command, *other)
    with pytest.raises(InvalidInput):
        at_once(office.database, add, add)


def test_two_workers_tell_of_a_report_once(office: Office) -> None:
    office.do("bohdan", schedule_saved_report, save(office, "Щодня"), Schedule(Rhythm.DAY, time(9)))
    office.clock.advance(timedelta(days=1))
    with office.database.write() as first, office.database.write() as second:
        told = [tell_of_saved_reports(one, clock=office.clock) for one in (first, second)]
    assert told == [1, 0]
    with office.database.read() as session:
        counted = select(func.count()).where(Notice.kind == NoticeKind.SAVED_REPORT)
        assert session.scalar(counted) == 1
