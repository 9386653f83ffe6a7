"""A failed stimulus is run again; what nothing waits for any longer is over; what a person did stays that person's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.office import Office

from engine.bpmn.runtime import FireTimer
from engine.commands.incident_retries import IncidentOver, RetriedByPerson, close_incident, retry_incident
from engine.commands.incidents import perform
from engine.errors import MapFailed, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.policy.permissions import Actor


@pytest.fixture
def deal(office: Office) -> Deal:
    """It waits for a signature, and for three days of silence to pass."""
    deal = office.open_deal()
    office.prepare()
    for department, login in (("legal", "iryna"), ("finance", "oksana"), ("logistics", "petro")):
        office.complete(login, department, "approved")
    return deal


def fail_at_the_timer(office: Office, deal: Deal) -> int:
    """Record that firing the timer failed, as every edge does. The id of the incident."""
    with office.database.read() as session:
        (timer,) = session.query(Timer)

    def command(_session: Any) -> None:
        failure = MapFailed(element="Чекати три дні", element_id=timer.node_id)
        failure.instance_id, failure.deal_id = timer.instance_id, deal.id
        failure.stimulus = FireTimer(timer.activity_id, timer.node_id, timer.due_at)
        raise failure

    with pytest.raises(MapFailed):
        perform(office.database, command, actor=Actor.system(), clock=office.clock)
    with office.database.read() as session:
        return session.query(Incident).one().id


def incident(office: Office) -> Incident:
    with office.database.read() as session:
        return session.query(Incident).one()


def open_incidents(office: Office) -> int:
    with office.database.read() as session:
        return session.query(ProcessInstance).one().open_incidents


def test_a_timer_that_failed_fires_when_it_is_tried_again(office: Office, deal: Deal) -> None:
    incident_id = fail_at_the_timer(office, deal)
    office.clock.advance(timedelta(days=4))
    office.do("admin", retry_incident, incident_id)
    assert incident(office).state is IncidentState.RESOLVED
    assert open_incidents(office) == 0
    assert office.step("call").deal_id == deal.id
    assert office.kinds(deal)[-3:].count("incident_resolved") == 1


def test_a_timer_that_nothing_waits_for_is_over(office: Office, deal: Deal) -> None:
    incident_id = fail_at_the_timer(office, deal)
    office.complete("olena", "sign")
    office.do("admin", retry_incident, incident_id)
    assert incident(office).state is IncidentState.RESOLVED
    assert open_incidents(office) == 0


def test_an_incident_is_tried_again_only_once(office: Office, deal: Deal) -> None:
    incident_id = fail_at_the_timer(office, deal)
    office.clock.advance(timedelta(days=4))
    office.do("admin", retry_incident, incident_id)
    with pytest.raises(IncidentOver):
        office.do("admin", retry_incident, incident_id)
    assert open_incidents(office) == 0


def test_what_a_person_did_is_not_done_in_their_name(office: Office, deal: Deal) -> None:
    fail_at_the_timer(office, deal)
    with office.database.write() as session:
        row = session.query(Incident).one()
        row.stimulus = {**row.stimulus, "type": "CompleteStep"}
    with pytest.raises(RetriedByPerson):
        office.do("admin", retry_incident, incident(office).id)
    assert incident(office).state is IncidentState.OPEN
    office.do("admin", close_incident, incident(office).id)
    assert incident(office).state is IncidentState.RESOLVED
    assert open_incidents(office) == 0


def test_a_deal_that_was_never_opened_leaves_an_incident_to_close(office: Office) -> None:
    with office.database.write() as session:
        session.add(Incident(code="map_failed", stimulus={"type": "StartProcess"}, occurred_at=office.clock.now()))
    with pytest.raises(RetriedByPerson):
        office.do("admin", retry_incident, incident(office).id)
    office.do("admin", close_incident, incident(office).id)
    assert incident(office).resolved_at == office.clock.now()


@pytest.mark.parametrize("login", ["olena", "bohdan", "owner"])
def test_only_the_administrator_retries(login: str, office: Office, deal: Deal) -> None:
    incident_id = fail_at_the_timer(office, deal)
    for command in (retry_incident, close_incident):
        with pytest.raises(NotAllowed):
            office.do(login, command, incident_id)
    assert incident(office).state is IncidentState.OPEN


def test_an_incident_that_does_not_exist_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        office.do("admin", retry_incident, 999)
