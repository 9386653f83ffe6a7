from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.bpmn.compiled import OutcomeKind
from engine.errors import NotFound
from engine.events import Commented
from engine.model import ControlLook, DealResult, WorkItemState
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.control import DealsList, Holder, StepsList, control, controlled_deals, controlled_steps, looks

Act = Callable[[Person], Actor]

HOUR = timedelta(hours=1)


def test_steps_are_counted_by_who_holds_them_and_every_number_is_that_of_its_list(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    for due_in in (-2 * HOUR, HOUR, timedelta(days=2), None):
        records.step(deal, assignee=company.olena, due_in=due_in)
    records.step(deal, group=company.legal, due_in=-HOUR)
    records.step(deal, assignee=company.petro, group=company.logistics, due_in=timedelta(days=1))
    records.step(deal, assignee=company.taras, due_in=-HOUR, state=WorkItemState.SUSPENDED)
    records.done_step(deal, company.taras, due_in=-HOUR)
    bohdan = as_actor(company.bohdan)
    found = control(session, bohdan, now=now)
    assert found.holders == (
        Holder(company.olena.id, None, "Олена Коваль", overdue=1, today=1, open=4, nearest_due_at=now - 2 * HOUR),
        Holder(None, company.legal.id, "Юридичний відділ", overdue=1, today=0, open=1, nearest_due_at=now - HOUR),
        Holder(company.petro.id, None, "Петро Лисенко", 0, 0, 1, now + timedelta(days=1)),
    )
    assert {which: listed.total for which, listed in found.steps.items()} == {
        StepsList.OVERDUE: 2,
        StepsList.TODAY: 1,
        StepsList.UNTAKEN: 1,
    }
    for one in found.holders:
        listed_of = partial(
            controlled_steps, session, bohdan, now=now, person_id=one.person_id, department_id=one.department_id
        )
        for which, count in (
            (StepsList.OVERDUE, one.overdue),
            (StepsList.TODAY, one.today),
            (StepsList.OPEN, one.open),
        ):
            listed = listed_of(which)
            assert (listed.total, len(listed.items)) == (count, count), (one.name, which)


def test_sums_at_risk_are_those_of_open_deals_with_a_late_step(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    for amount, currency, due_in in ((100, "UAH", -HOUR), (20, "UAH", -HOUR), (7, "EUR", -HOUR), (1000, "UAH", HOUR)):
        deal = records.deal(company.olena, amount=Decimal(amount), currency=currency)
        records.step(deal, assignee=company.olena, due_in=due_in)
        session.refresh(deal)
    found = control(session, as_actor(company.admin), now=now)
    assert (found.deals_at_risk, found.at_risk) == (3, {"EUR": Decimal(7), "UAH": Decimal(120)})


def test_deals_that_stand_still_are_told_by_why(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    """Five working days before Monday noon is the Monday before."""
    long_ago, lately = now - timedelta(days=7, hours=1), now - timedelta(days=6)
    deals = {name: records.deal(company.olena, title=name, stage_since=long_ago) for name in ("мовчить", "говорять")}
    deals |= {name: records.deal(company.olena, title=name) for name in ("стоїть", "повертали", "повернули раз")}
    for name, at in (("мовчить", long_ago), ("говорять", lately)):
        records.event(Commented(text="Чекаємо", step="", mentions={}, files=[]), deals[name], at=at)
        records.step(deals[name], assignee=company.olena)
    returned = OutcomeKind.RETURNED.value
    for name, moments in (
        ("повертали", (now - HOUR, now - timedelta(days=29))),
        ("повернули раз", (now - HOUR, now - timedelta(days=31))),
    ):
        records.step(deals[name], assignee=company.olena)
        for at in moments:
            records.done_step(deals[name], company.iryna, at=at, outcome=returned)
    closed = records.deal(company.olena, stage_since=long_ago)
    records.close(closed, DealResult.LOST)
    for row in deals.values():
        session.refresh(row)

    def titles(which: DealsList, person: Person) -> list[str]:
        return [row.title for row in controlled_deals(session, as_actor(person), which, now=now).items]

    assert titles(DealsList.SILENT, company.bohdan) == ["мовчить"]
    assert titles(DealsList.STALLED, company.bohdan) == ["стоїть"]
    assert titles(DealsList.RETURNED, company.bohdan) == ["повертали"]
    assert titles(DealsList.SILENT, company.petro) == []


def test_a_head_of_a_department_controls_its_people_and_what_it_may_take_alone(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    records.step(deal, assignee=company.olena, due_in=-HOUR)
    records.step(deal, assignee=company.iryna, due_in=-HOUR)
    records.step(deal, group=company.legal, due_in=-HOUR)
    records.step(deal, group=company.finance, due_in=-HOUR)
    found = control(session, as_actor(company.iryna), now=now)
    assert [one.name for one in found.holders] == ["Ірина Бондар", "Юридичний відділ"]
    assert found.steps[StepsList.OVERDUE].total == 2
    for outsider in (company.olena, company.danylo):
        with pytest.raises(NotFound):
            control(session, as_actor(outsider), now=now)
        with pytest.raises(NotFound):
            controlled_steps(session, as_actor(outsider), StepsList.OPEN, now=now)


def test_days_without_a_look_are_told_from_the_first_look_on(
    session: Session, company: Company, as_actor: Act, now: datetime
) -> None:
    today = date(2026, 3, 16)
    for day in (date(2026, 3, 11), date(2026, 3, 13)):
        session.add(ControlLook(person_id=company.bohdan.id, day=day, at=now))
    session.flush()
    (row,) = looks(session, as_actor(company.owner), now=now)
    assert row.name == "Богдан Шевченко"
    assert row.days[-5:] == (
        (date(2026, 3, 10), None),
        (date(2026, 3, 11), True),
        (date(2026, 3, 12), False),
        (date(2026, 3, 13), True),
        (today, None),
    )
    (own,) = looks(session, as_actor(company.iryna), now=now)
    assert own.name == "Ірина Бондар"
