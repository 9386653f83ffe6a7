"""Long lists are read in the order of an index, page by page, and to their end without being counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from bench.copies import grow, hire, sample
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.company import Company
from support.office import Office
from support.sales_records import SalesRecords

from engine.db.session import Database
from engine.model.person import Person
from engine.model.work_item import WorkItemState
from engine.policy.permissions import Actor
from engine.queries.control import DealsList, StepsList, controlled_deals, controlled_steps
from engine.queries.inbox import inbox
from engine.queries.inbox_tabs import Tab
from engine.queries.reported_steps import ReportedSteps, reported_steps

Act = Callable[[Person], Actor]
HOUR = timedelta(hours=1)


def _every(page: Callable[..., Any]) -> Iterator[Any]:
    """All rows, two at a time."""
    cursor = None
    while True:
        found = page(limit=2, cursor=cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def test_pages_of_the_control_go_through_all_states_and_end_with_what_has_no_deadline(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    dues = (3 * HOUR, None, -HOUR, 3 * HOUR, None, HOUR, None, -2 * HOUR)
    steps = [
        records.step(deal, assignee=company.olena if at % 2 else None, group=company.legal, due_in=due)
        for at, due in enumerate(dues)
    ]
    session.flush()
    wanted = sorted(steps, key=lambda one: (one.due_at is None, one.due_at or now, one.id))
    assert {one.state for one in steps} == {WorkItemState.OPEN, WorkItemState.CLAIMED}
    page = partial(controlled_steps, session, as_actor(company.bohdan), StepsList.OPEN, now=now)
    assert [row.id for row in _every(page)] == [one.id for one in wanted]


def test_pages_of_deals_that_stand_still_end_with_those_in_no_stage(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    since = (now - HOUR, None, now - 3 * HOUR, now - HOUR, None, now - 2 * HOUR)
    deals = [records.deal(company.olena, stage_since=one) for one in since]
    session.flush()
    wanted = sorted(deals, key=lambda one: (one.stage_since is None, one.stage_since or now, one.id))
    page = partial(controlled_deals, session, as_actor(company.bohdan), DealsList.STALLED, now=now)
    assert [row.id for row in _every(page)] == [one.id for one in wanted]


def test_pages_of_reported_steps_go_through_all_states_the_latest_first(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    approval: dict[str, Any] = {"kind": "approval", "group": company.legal, "due_in": -HOUR}
    steps = [records.step(deal, opened_at=now - number * HOUR, **approval) for number in (2, 5, 7)]
    steps += [
        records.done_step(deal, company.iryna, at=now - number * HOUR, opened_at=now - 9 * HOUR, **approval)
        for number in (3, 6, 6)
    ]
    session.flush()
    wanted = sorted(steps, key=lambda one: (one.completed_at or one.opened_at, one.id), reverse=True)
    page = partial(reported_steps, session, as_actor(company.bohdan), ReportedSteps.ASKED, now=now)
    assert [one.row.id for one in _every(page)] == [one.id for one in wanted]


@pytest.fixture(scope="module")
def large(postgresql_url_of_module: str) -> Iterator[Office]:
    """Three thousand open steps: enough that PostgreSQL's plans are those of a large company. They are only read."""
    office = Office(Database(postgresql_url_of_module))
    office.publish()
    hire(office)
    grow(office, sample(office), 1_000)
    yield office
    office.database.dispose()


_STEPS = partial(controlled_steps, which=StepsList.OPEN, counted=False)
_REPORTED = partial(reported_steps, which=ReportedSteps.LATE_NOW, counted=False)
_DEALS = partial(controlled_deals, which=DealsList.AT_RISK, most_counted=0)
_INBOX = partial(inbox, tab=Tab.ALL)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("listed", "index"),
    [
        (_STEPS, "ix_work_item_state_due"),
        (_REPORTED, "ix_work_item_latest"),
        (_DEALS, "ix_deal_result_since"),
        (_INBOX, "ix_work_item_state_due"),
    ],
)
def test_a_page_begins_in_an_index_where_the_last_one_ended_and_reads_no_other_rows(
    large: Office, listed: Callable[..., Any], index: str
) -> None:
    """Every page of a file sorted 300,000 steps, counted them, and joined them all to their deals."""
    asked: list[tuple[str, Any]] = []
    actor, now = large.actor("bohdan"), large.clock.now() + timedelta(days=365)

    def listen(*told: Any) -> None:
        asked.append((told[2], told[3]))

    event.listen(large.database.engine, "before_cursor_execute", listen)
    with large.database.read() as session:
        page = partial(listed, session, actor, now=now, limit=20)
        cursor = page().next_cursor
        asked.clear()
        page(cursor=cursor)
        statement, values = asked[0]
        assert not [one for one, _values in asked if one.startswith("SELECT count(")]
        plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    event.remove(large.database.engine, "before_cursor_execute", listen)
    begins = [line for line in plan.splitlines() if "Index Cond" in line and "ROW(" in line]
    assert begins, plan
    assert index in plan, plan
    assert "Seq Scan on work_item" not in plan, plan
    assert "Seq Scan on deal" not in plan, plan
