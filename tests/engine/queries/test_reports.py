from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import APPROVAL, OFFER, SIGNATURE, SalesRecords

from engine.db.job import Job, JobState
from engine.errors import NotFound
from engine.events import StageChanged
from engine.model import DealResult, Heartbeat, Incident, IncidentState, Timer
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.incidents import incident_page
from engine.queries.machinery import machinery
from engine.queries.reports import FunnelStage, LatenessGroup, LatenessRow, funnel, lateness, workload
from engine.queries.sales_results import sales_results

Act = Callable[[Person], Actor]


def test_the_funnel_counts_each_deal_once_per_stage(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    going, lost = records.deal(company.olena, stage=APPROVAL), records.deal(company.olena, stage=OFFER)
    early = records.deal(company.olena, opened_at=now - timedelta(days=40))
    for deal in (going, lost, early):
        records.event(StageChanged(stage=OFFER, previous=""), deal)
    for stage in (APPROVAL, OFFER, APPROVAL):
        records.event(StageChanged(stage=stage, previous=""), going)
    records.close(lost, DealResult.LOST)
    report = funnel(session, as_actor(company.bohdan), "sale", since=now, until=now + timedelta(days=1))
    assert (report.opened, report.open, report.lost, report.won) == (2, 1, 1, 0)
    assert report.stages == (
        FunnelStage(OFFER, reached=2, here=0, ended=1),
        FunnelStage(APPROVAL, reached=1, here=1, ended=0),
        FunnelStage(SIGNATURE, reached=0, here=0, ended=0),
    )
    assert funnel(session, as_actor(company.bohdan), "sale").opened == 3


def test_lateness_counts_by_person_department_and_step(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    hour = timedelta(hours=1)
    records.done_step(deal, company.iryna, at=now + hour, due_in=timedelta(), group=company.legal)
    records.done_step(deal, company.iryna, at=now + hour, due_in=2 * hour, group=company.legal)
    records.done_step(deal, company.iryna, at=now - timedelta(days=9), due_in=timedelta(days=-10))
    records.step(deal, assignee=company.petro, due_in=-hour, group=company.logistics)
    records.step(deal, group=company.legal, due_in=-hour, element_id="approve")
    records.step(deal, assignee=company.petro, due_in=hour)
    bohdan = as_actor(company.bohdan)

    def rows(group_by: LatenessGroup) -> list[LatenessRow]:
        found = lateness(session, bohdan, group_by, since=now, now=now)
        return sorted(found, key=lambda row: row.name)

    assert rows(LatenessGroup.PERSON) == [
        LatenessRow(None, "", 0, 0, 1),
        LatenessRow(company.iryna.id, "Ірина Бондар", 2, 1, 0),
        LatenessRow(company.petro.id, "Петро Лисенко", 0, 0, 1),
    ]
    assert rows(LatenessGroup.DEPARTMENT) == [
        LatenessRow(company.logistics.id, "Логістика", 0, 0, 1),
        LatenessRow(company.legal.id, "Юридичний відділ", 2, 1, 1),
    ]
    assert rows(LatenessGroup.STEP) == [
        LatenessRow(None, "Погодити договір", 0, 0, 1),
        LatenessRow(None, "Підготувати пропозицію", 2, 1, 1),
    ]


def test_workload_shows_the_most_loaded_first_and_a_head_only_the_members(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    records.step(deal, assignee=company.iryna, due_in=timedelta(hours=-1))
    records.step(deal, assignee=company.olena)
    rows = workload(session, as_actor(company.bohdan), now=now)
    assert [(row.full_name, row.held, row.overdue, row.open_deals) for row in rows[:2]] == [
        ("Ірина Бондар", 1, 1, 0),
        ("Олена Коваль", 1, 0, 1),
    ]
    assert len(rows) == 9
    assert [row.person_id for row in workload(session, as_actor(company.iryna), now=now)] == [company.iryna.id]


def test_reports_are_not_open_to_managers(session: Session, company: Company, as_actor: Act, now: datetime) -> None:
    olena = as_actor(company.olena)
    with pytest.raises(NotFound):
        funnel(session, olena, "sale")
    with pytest.raises(NotFound):
        lateness(session, olena, now=now)
    with pytest.raises(NotFound):
        workload(session, olena, now=now)


def test_the_machinery_tells_the_age_of_the_worker_and_what_waits(
    session: Session, company: Company, records: SalesRecords, now: datetime
) -> None:
    assert machinery(session, now).worker_age_s is None
    instance = records.instance(records.deal(company.olena))
    late, early = now - timedelta(seconds=30), now + timedelta(seconds=30)
    session.add_all(
        [
            Heartbeat(name="worker", beaten_at=late),
            Heartbeat(name="beat", beaten_at=now - timedelta(minutes=5)),
            Timer(instance_id=instance.id, activity_id="t", node_id="wait", due_at=late),
            Incident(instance_id=instance.id, code="map_failed", occurred_at=now),
            *(
                Job(id=f"{number:032}", kind="mail", payload={}, state=state, due_at=due_at, created_at=now)
                for number, (state, due_at) in enumerate(
                    [(JobState.QUEUED, late), (JobState.QUEUED, early), (JobState.FAILED, late), (JobState.DONE, late)]
                )
            ),
        ]
    )
    session.flush()
    state = machinery(session, now)
    assert (state.worker_age_s, state.heartbeats["beat"]) == (30, 300)
    assert (state.queue_length, state.failed_jobs, state.late_timers, state.incidents) == (1, 1, 1, 1)


def test_incidents_are_open_to_administrators_only(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    for code, state in (("map_failed", IncidentState.OPEN), ("stalled", IncidentState.RESOLVED)):
        session.add(
            Incident(
                instance_id=records.instance(deal).id,
                deal_id=deal.id,
                element_id="prepare",
                code=code,
                state=state,
                occurred_at=now,
            )
        )
    session.flush()
    (row,) = incident_page(session, as_actor(company.admin)).items
    assert (row.code, row.deal_number, row.element_name) == ("map_failed", deal.number, "Підготувати пропозицію")
    with pytest.raises(NotFound):
        incident_page(session, as_actor(company.bohdan))


def test_results_tell_sums_reasons_and_the_time_that_deals_spent_in_a_stage_before_they_left_it(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    """Now is Monday noon; an office day has eight working hours, and the weekend none."""
    bohdan, hour, day = as_actor(company.bohdan), timedelta(hours=1), timedelta(days=1)
    back_and_forth, lost, euro = (
        records.deal(company.olena, amount=Decimal(amount), currency=currency, opened_at=now - 5 * day)
        for amount, currency in ((100, "UAH"), (30, "UAH"), (7, "EUR"))
    )
    for stage, at in ((OFFER, -4 * hour), (APPROVAL, -3 * hour), (OFFER, -hour), (SIGNATURE, timedelta())):
        records.event(StageChanged(stage=stage, previous=""), back_and_forth, at=now + day + at)
    records.event(StageChanged(stage=OFFER, previous=""), lost, at=now - day * 3)
    records.close(lost, DealResult.LOST, at=now)
    records.close(euro, DealResult.LOST)
    lost.loss_reason = "Ціна"
    session.flush()
    found = sales_results(session, bohdan, "sale", since=now - 6 * day, until=now)
    assert found.sums == {
        DealResult.OPEN: {"UAH": Decimal(100)},
        DealResult.LOST: {"EUR": Decimal(7), "UAH": Decimal(30)},
    }
    assert sorted((one.reason, one.lost) for one in found.reasons) == [("", 1), ("Ціна", 1)]
    assert found.times[APPROVAL].count == 1
    assert found.times[OFFER].count == 2
    assert SIGNATURE not in found.times, "the deal stands in it yet"
    assert sales_results(session, bohdan, "sale", since=now).sums == {}
    with pytest.raises(NotFound):
        sales_results(session, as_actor(company.olena), "sale")
