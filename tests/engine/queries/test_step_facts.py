from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.errors import NotFound
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.step_facts import step_facts

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]

HOUR = timedelta(hours=1)
STEPS = ("prepare", "approve")


def test_steps_of_a_map_are_counted_by_how_they_went_within_the_period(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    """Now is Monday noon: three hours before it the office opened."""
    deal, owner = records.deal(company.olena), as_actor(company.owner)
    for hours in (1, 1, 2, 2, 2):
        records.done_step(
            deal, company.olena, at=now, opened_at=now - hours * HOUR, due_in=-HOUR if hours == 1 else HOUR
        )
    records.done_step(deal, company.olena, at=now - timedelta(days=40), opened_at=now - timedelta(days=41))
    records.step(deal, assignee=company.olena, due_in=-HOUR)
    for outcome in ("returned", "approved"):
        records.done_step(deal, company.iryna, element_id="approve", outcome=outcome)
    records.step(deal, group=company.legal, element_id="approve", due_in=HOUR)
    found = step_facts(session, owner, "sale", elements=STEPS, since=now - timedelta(days=1), until=now + HOUR, now=now)
    prepare, approve = found["prepare"], found["approve"]
    assert (prepare.done, prepare.late, prepare.returned, prepare.open, prepare.open_late) == (5, 2, 0, 1, 1)
    assert (prepare.share_late, prepare.taken.median, prepare.taken.count) == (0.4, 2 * HOUR, 5)
    assert (approve.done, approve.returned, approve.open, approve.open_late) == (2, 1, 1, 0)
    assert approve.share_late is approve.share_returned is None, "two say nothing"
    assert step_facts(session, owner, "sale", elements=STEPS, now=now)["prepare"].done == 6
    assert step_facts(session, owner, "another", elements=STEPS, now=now) == {}
    with pytest.raises(NotFound):
        step_facts(session, as_actor(company.olena), "sale", elements=STEPS, now=now)


def test_the_median_is_of_the_newest_hundred_whichever_days_they_were_done_on(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    """Sixty on each of three days: of the middle one only the forty that were done last count."""
    deal, owner = records.deal(company.olena), as_actor(company.owner)
    for days, hours in ((0, 1), (3, 2), (4, 3)):
        for minutes in range(60):
            at = now - timedelta(days=days, minutes=minutes)
            long = hours if days != 3 or minutes < 40 else 3
            records.done_step(deal, company.olena, at=at, opened_at=at - long * timedelta(minutes=1))
    taken = step_facts(session, owner, "sale", elements=STEPS, now=now)["prepare"].taken
    assert (taken.median, taken.count) == (timedelta(minutes=1), 100)
    taken = step_facts(session, owner, "sale", elements=STEPS, until=now - timedelta(days=2), now=now)["prepare"].taken
    assert (taken.median, taken.count) == (timedelta(minutes=3), 100)


def test_only_the_steps_asked_for_are_told_of(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    records.done_step(deal, company.iryna, element_id="approve", outcome="returned")
    records.step(deal, assignee=company.olena)
    assert step_facts(session, as_actor(company.owner), "sale", elements=("prepare",), now=now).keys() == {"prepare"}


def test_statements_do_not_grow_with_steps(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, statements: CountStatements
) -> None:
    now = records.at

    def read() -> int:
        with statements() as told:
            step_facts(session, as_actor(company.owner), "sale", elements=STEPS, now=now)
        return len(told)

    deal = records.deal(company.olena)
    records.done_step(deal, company.olena, at=now)
    read()
    few = read()
    for number in range(20):
        records.done_step(records.deal(company.olena), company.olena, at=now - timedelta(days=number))
        records.done_step(deal, company.iryna, element_id="approve", outcome="returned")
    assert read() == few
