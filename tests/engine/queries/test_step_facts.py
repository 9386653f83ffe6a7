from __future__ import annotations

from collections.abc import Callable
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

HOUR = timedelta(hours=1)


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
    found = step_facts(session, owner, "sale", since=now - timedelta(days=1), until=now + HOUR, now=now)
    prepare, approve = found["prepare"], found["approve"]
    assert (prepare.done, prepare.late, prepare.returned, prepare.open, prepare.open_late) == (5, 2, 0, 1, 1)
    assert (prepare.share_late, prepare.taken.median, prepare.taken.count) == (0.4, 2 * HOUR, 5)
    assert (approve.done, approve.returned, approve.open, approve.open_late) == (2, 1, 1, 0)
    assert approve.share_late is approve.share_returned is None, "two say nothing"
    assert step_facts(session, owner, "sale", now=now)["prepare"].done == 6
    assert step_facts(session, owner, "another", now=now) == {}
    with pytest.raises(NotFound):
        step_facts(session, as_actor(company.olena), "sale", now=now)
