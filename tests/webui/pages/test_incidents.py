from __future__ import annotations

from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def deal(office: Office) -> Deal:
    """A deal whose timer failed; nothing waits for that timer any longer."""
    deal = office.open_deal()
    with office.database.write() as session:
        instance = session.query(ProcessInstance).one()
        instance.open_incidents = 1
        session.add(
            Incident(
                instance_id=instance.id,
                deal_id=deal.id,
                element_id="sign",
                code="map_failed",
                params={
                    "problem_template": "“%(value)s” cannot be read as %(expected)s.",
                    "problem_params": {"value": "багато", "expected": "a number"},
                },
                stimulus={"type": "FireTimer", "activity_id": "gone", "node_id": "silence", "due_at": ""},
                occurred_at=office.clock.now(),
            )
        )
    return deal


def state(office: Office) -> IncidentState:
    with office.database.read() as session:
        return session.query(Incident).one().state


def test_a_failure_says_what_happened_and_where(deal: Deal, browse: SignIn) -> None:
    page = browse("admin").get("/settings/incidents")
    for said in ("багато", "Підписати договір", deal.number):
        assert said in text_of(page)
    assert "/settings/incidents/1/retry" in browse("admin").get("/settings/incidents/1").text


def test_a_failure_is_tried_again_with_one_press(office: Office, deal: Deal, browse: SignIn) -> None:
    admin = browse("admin")
    assert admin.post("/settings/incidents/1/retry").status_code == 303
    assert state(office) is IncidentState.RESOLVED
    assert "/settings/incidents/1/retry" not in admin.get("/settings/incidents").text
    assert admin.post("/settings/incidents/1/retry").status_code == 409


def test_a_persons_step_is_not_retried_for_them(office: Office, deal: Deal, browse: SignIn) -> None:
    with office.database.write() as session:
        session.query(Incident).one().stimulus = {"type": "CompleteStep", "activity_id": "x"}
    admin = browse("admin")
    assert "/settings/incidents/1/retry" not in admin.get("/settings/incidents/1").text
    assert admin.post("/settings/incidents/1/retry").status_code == 422
    assert state(office) is IncidentState.OPEN
    assert admin.post("/settings/incidents/1/close").status_code == 422, "without a reason"
    assert admin.post("/settings/incidents/1/close", {"reason": "Зроблено вручну"}).status_code == 303
    assert state(office) is IncidentState.RESOLVED


def test_reading_changes_nothing_and_writing_needs_its_token(office: Office, deal: Deal, browse: SignIn) -> None:
    admin = browse("admin")
    assert admin.get("/settings/incidents/1/retry").status_code == 405
    assert admin.post("/settings/incidents/1/retry", token="forged").status_code == 400
    assert admin.post("/settings/incidents/999/retry").status_code == 404
    assert state(office) is IncidentState.OPEN
