"""Reports of approvals and of managers' activity, and the lists behind their numbers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.errors import NotFound
from engine.model import DealResult, WorkItem, WorkItemState
from engine.model.department import Membership
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.activity_report import DealsCounted, activity_report
from engine.queries.approval_report import ApprovalGroup, ApprovalRow, approval_report
from engine.queries.reported_steps import ReportedSteps, reported_steps
from engine.queries.version_figures import Timing

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def approvals(session: Session, company: Company, records: SalesRecords) -> list[WorkItem]:
    """At Monday noon: three answers of Legal's, one late; one waits late, one was withdrawn, one is of last month."""
    deal = records.deal(company.olena)
    legal: dict[str, Any] = {"element_id": "approve", "group": company.legal}
    asked = records.at - 3 * HOUR  # 9:00
    for outcome, hours in (("approved", 1), ("returned", 3), ("rejected", 2)):
        records.done_step(
            deal,
            company.iryna,
            at=asked + hours * HOUR,
            opened_at=asked,
            due_in=-HOUR,
            outcome=outcome,
            comment=f"Чому {outcome}",
            **legal,
        )
    records.step(deal, opened_at=asked, due_in=-HOUR, **legal)
    records.step(deal, opened_at=asked, due_in=-HOUR, state=WorkItemState.CANCELLED, completed_at=records.at, **legal)
    records.done_step(deal, company.iryna, opened_at=asked - 30 * DAY, outcome="approved", **legal)
    records.done_step(deal, company.iryna, opened_at=asked, element_id="prepare")  # no approval
    session.flush()
    return session.query(WorkItem).all()


@pytest.mark.usefixtures("approvals")
def test_approvals_asked_for_in_the_period_are_counted_by_answer_and_each_number_has_its_list(
    session: Session, company: Company, as_actor: Act, now: datetime
) -> None:
    bohdan = as_actor(company.bohdan)
    period: dict[str, Any] = {"since": now - DAY, "until": now + DAY, "now": now}
    (row,) = approval_report(session, bohdan, **period)
    assert row == ApprovalRow(company.legal.id, "Юридичний відділ", 5, 1, 1, 1, 1, 1, 2, Timing(2 * HOUR, 3))
    assert row.asked == row.approved + row.returned + row.rejected + row.waiting + row.withdrawn
    for which in list(ReportedSteps)[:7]:
        listed = reported_steps(session, bohdan, which, department_id=row.id, **period)
        assert (listed.total, len(listed.items)) == (getattr(row, which.value),) * 2, which
    (returned,) = reported_steps(session, bohdan, ReportedSteps.RETURNED, **period).items
    assert (returned.row.completed_by_name, returned.comment) == ("Ірина Бондар", "Чому returned")
    nobody, iryna = sorted(approval_report(session, bohdan, ApprovalGroup.PERSON, **period), key=lambda one: one.asked)
    assert (iryna.id, iryna.name, iryna.asked, iryna.late) == (company.iryna.id, "Ірина Бондар", 3, 1)
    assert (nobody.id, nobody.waiting, nobody.withdrawn) == (None, 1, 1)
    assert reported_steps(session, bohdan, ReportedSteps.ASKED, person_id=0, **period).total == nobody.asked
    assert approval_report(session, bohdan, now=now)[0].asked == row.asked + 1
    assert approval_report(session, bohdan, since=now + DAY, now=now) == ()


@pytest.mark.usefixtures("approvals")
def test_a_head_of_a_department_counts_what_they_see_and_others_nothing(
    session: Session, company: Company, as_actor: Act, now: datetime
) -> None:
    assert approval_report(session, as_actor(company.iryna), now=now)[0].asked == 6
    assert approval_report(session, as_actor(company.petro), now=now) == ()
    olena = as_actor(company.olena)
    for report in (approval_report, activity_report):
        with pytest.raises(NotFound):
            report(session, olena, now=now)
    with pytest.raises(NotFound):
        reported_steps(session, olena, ReportedSteps.ASKED, now=now)


def test_activity_counts_steps_by_who_did_them_and_deals_by_who_owns_them(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    won, euro, lost, before = (
        records.deal(owner, amount=amount, currency=currency, opened_at=at)
        for owner, amount, currency, at in (
            (company.olena, Decimal(100), "UAH", now),
            (company.olena, Decimal(7), "EUR", now),
            (company.olena, None, "UAH", now - 40 * DAY),
            (company.taras, Decimal(50), "UAH", now - 40 * DAY),
        )
    )
    for deal, result in ((won, DealResult.WON), (euro, DealResult.WON), (lost, DealResult.LOST)):
        records.close(deal, result)
    records.close(before, DealResult.WON, at=now - 9 * DAY)
    records.done_step(won, company.olena, due_in=-HOUR)
    records.done_step(won, company.olena)
    records.done_step(won, company.olena, at=now - 9 * DAY)
    records.done_step(won, company.iryna)
    bohdan = as_actor(company.bohdan)
    period: dict[str, Any] = {"since": now - DAY, "until": now + DAY, "now": now}
    rows = {row.person_id: row for row in activity_report(session, bohdan, **period)}
    both = {"EUR": Decimal(7), "UAH": Decimal(100)}
    olena = rows[company.olena.id]
    assert (olena.done, olena.done_late, olena.opened.count, olena.opened.sums) == (2, 1, 2, both)
    assert (olena.won.count, olena.won.sums) == (2, both)
    assert (olena.lost, olena.cancelled) == (DealsCounted(1), DealsCounted())
    assert rows[company.taras.id].won == DealsCounted()
    assert company.iryna.id not in rows  # approvers have a report of their own
    assert next(row.person_id for row in activity_report(session, bohdan, **period)) == company.olena.id
    for which, count in ((ReportedSteps.DONE, 2), (ReportedSteps.DONE_LATE, 1)):
        assert reported_steps(session, bohdan, which, person_id=company.olena.id, **period).total == count
    session.execute(delete(Membership).where(Membership.person_id == company.bohdan.id))
    assert company.bohdan.id in {row.person_id for row in activity_report(session, bohdan, now=now)}
    company.taras.is_active = False
    session.flush()
    assert company.taras.id not in {row.person_id for row in activity_report(session, bohdan, **period)}
    assert company.taras.id in {row.person_id for row in activity_report(session, bohdan, now=now)}


@pytest.mark.usefixtures("approvals")
def test_reports_cost_the_same_number_of_statements_however_many_people_there_are(
    session: Session, records: SalesRecords, as_actor: Act, now: datetime, statements: CountStatements
) -> None:
    company = records.company
    bohdan = as_actor(company.bohdan)

    def cost() -> list[int]:
        costs = []
        for report in (approval_report, activity_report):
            with statements() as sent:
                report(session, bohdan, now=now)
            costs.append(len(sent))
        return costs

    cost()
    before = cost()
    for owner in (company.taras, company.bohdan):
        deal = records.deal(owner)
        records.done_step(deal, owner, element_id="approve", outcome="approved", group=company.legal)
        records.close(deal, DealResult.WON)
    assert cost() == before
