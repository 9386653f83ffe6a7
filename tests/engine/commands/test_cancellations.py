"""Cancelling closes everything that the deal has open; reopening gives it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.office import MONDAY_10, Office

from engine.commands.cancellations import NotCancelled, cancel_deal, reopen_deal
from engine.commands.deals import DealClosed
from engine.commands.suspensions import Deadlines, suspend_deal
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.deal import DealResult
from engine.model.incident import Incident, IncidentState
from engine.model.intervention import Intervention
from engine.model.process_instance import InstanceState, ProcessInstance

WHY = "Клієнт передумав"


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """On SQLite; test_repairs_on_both.py takes the same commands over PostgreSQL, too."""
    return sqlite_database_url


def test_a_reopened_deal_goes_on_where_it_was(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    waiting = [one.id for one in office.open_steps(deal)]
    office.do("olena", cancel_deal, deal.id, WHY)
    assert office.open_steps(deal) == []
    office.clock.advance(timedelta(days=7))
    office.do("olena", reopen_deal, deal.id, "Повернувся")
    assert [one.id for one in office.open_steps(deal)] == waiting
    assert office.step("finance", deal).due_at == MONDAY_10 + timedelta(days=9)
    reopened = office.deal(deal)
    assert (reopened.result, reopened.closed_at, reopened.loss_reason) == (DealResult.OPEN, None, "")
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    office.complete("olena", "sign")
    assert office.deal(deal).result is DealResult.WON


def test_a_deal_cancelled_before_interventions_were_kept_is_reopened_too(office: Office) -> None:
    deal = office.open_deal()
    (step,) = office.open_steps(deal)
    office.do("olena", cancel_deal, deal.id, WHY)
    with office.database.write() as session:
        session.query(Intervention).delete()
    office.do("bohdan", reopen_deal, deal.id, WHY, Deadlines.KEEP)
    assert [one.id for one in office.open_steps(deal)] == [step.id]


def test_a_deal_cancelled_while_it_rested_has_the_time_left_that_it_had(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", suspend_deal, deal.id, WHY)
    office.clock.advance(timedelta(days=7))
    office.do("olena", cancel_deal, deal.id, WHY)
    office.clock.advance(timedelta(days=7))
    office.do("olena", reopen_deal, deal.id, WHY)
    assert office.step("prepare", deal).due_at == MONDAY_10 + timedelta(days=16), "two working days are still left"


def test_open_failures_are_closed_with_the_deal(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        instance = session.query(ProcessInstance).one()
        instance.open_incidents = 1
        session.add(
            Incident(instance_id=instance.id, deal_id=deal.id, code="map_failed", occurred_at=office.clock.now())
        )
    office.do("olena", cancel_deal, deal.id, WHY)
    with office.database.read() as session:
        incident, instance = session.query(Incident).one(), session.query(ProcessInstance).one()
        assert (incident.state, incident.closing_reason) == (IncidentState.RESOLVED, WHY)
        assert (instance.open_incidents, instance.state) == (0, InstanceState.CANCELLED)
    assert office.kinds(deal).count("incident_resolved") == 1


def test_a_deal_that_its_map_ended_stays_ended(office: Office) -> None:
    deal = office.open_deal()
    with pytest.raises(NotCancelled):
        office.do("olena", reopen_deal, deal.id, WHY)
    office.prepare()
    office.complete("iryna", "legal", "rejected", comment="Ні")
    for department, login in (("finance", "oksana"), ("logistics", "petro")):
        office.complete(login, department, "approved")
    with pytest.raises(NotCancelled):
        office.do("admin", reopen_deal, deal.id, WHY)


def test_cancelling_and_reopening_are_for_the_owner_and_heads_with_a_reason(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    for command in (cancel_deal, reopen_deal):
        with pytest.raises(NotFound):
            office.do("danylo", command, deal.id, WHY)
        with pytest.raises(NotAllowed):
            office.do("iryna", command, deal.id, WHY)
    with pytest.raises(InvalidInput):
        office.do("olena", cancel_deal, deal.id, " ")
    office.do("olena", cancel_deal, deal.id, WHY)
    with pytest.raises(InvalidInput):
        office.do("olena", reopen_deal, deal.id, "")


def test_a_repeated_command_counts_once(office: Office) -> None:
    deal = office.open_deal()
    for _ in range(2):
        office.do("olena", cancel_deal, deal.id, WHY, command_id="c-1")
    with pytest.raises(DealClosed):
        office.do("olena", cancel_deal, deal.id, WHY)
    for _ in range(2):
        office.do("olena", reopen_deal, deal.id, WHY, command_id="o-1")
    assert office.kinds(deal).count("deal_cancelled") == office.kinds(deal).count("deal_reopened") == 1
