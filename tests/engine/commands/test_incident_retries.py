"""A failed stimulus is run again; what nothing waits for any longer is over; what a person did stays that person's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.decision_tables import deciding_map, dmn, table
from support.office import Office
from support.sales_map import sales_map

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import ApprovalRule
from engine.bpmn.runtime import CompleteStep, EvaluateConditions, FireTimer
from engine.commands.completions import complete_work_item
from engine.commands.definitions import check_map, deploy_definition
from engine.commands.incident_retries import IncidentOver, RetriedByPerson, close_incident, retry_incident
from engine.commands.incidents import perform, record_incident
from engine.commands.jumps import move_token, undo_move
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.commands.step_opening import ApproverMissing
from engine.commands.timers import claim_due_timers
from engine.errors import DomainError, InvalidInput, MapFailed, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.policy.permissions import Actor
from engine.queries.deal_waiting import deal_waiting
from engine.queries.incidents import alike_incidents
from engine.queries.incidents import incident as incident_row
from engine.queries.interventions import last_intervention
from engine.queries.move_targets import TargetAmbiguous


@pytest.fixture
def deal(office: Office) -> Deal:
    """It waits for a signature, and for three days of silence to pass."""
    deal = office.open_deal()
    office.prepare()
    office.approve_everywhere()
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
    assert incident(office).resolved_by_id == office.company.admin.id
    (resolved,) = (one for one in office.history(deal) if one.kind == "incident_resolved")
    assert resolved.actor_id == office.company.admin.id


def waiting_kinds(office: Office, deal: Deal) -> list[str]:
    with office.database.read() as session:
        return [
            one.kind.value for one in deal_waiting(session, office.actor("admin"), deal.id, office.clock.now()).items
        ]


def test_a_failure_where_nothing_waits_any_more_is_over(office: Office, deal: Deal) -> None:
    fail_at_the_timer(office, deal)
    assert waiting_kinds(office, deal) == ["incident", "step"]
    office.do("admin", move_token, deal.id, "prepare", "Клієнт змінив умови")
    assert incident(office).state is IncidentState.RESOLVED
    assert open_incidents(office) == 0
    assert waiting_kinds(office, deal) == ["step"]
    office.do("admin", undo_move, deal.id)
    assert waiting_kinds(office, deal) == ["step"]


def test_a_deal_that_has_ended_leaves_no_failure_open(office: Office, deal: Deal) -> None:
    incident_id = fail_at_the_timer(office, deal)
    office.complete("olena", "sign")
    assert incident(office).state is IncidentState.RESOLVED
    assert open_incidents(office) == 0
    with pytest.raises(IncidentOver):
        office.do("admin", retry_incident, incident_id)


def test_an_undone_move_leaves_no_failure_of_where_the_deal_stood_meanwhile(office: Office, deal: Deal) -> None:
    office.do("admin", move_token, deal.id, "prepare", "Клієнт змінив умови")
    failure = MapFailed(element="Підготувати пропозицію", element_id="prepare")
    step = office.step("prepare", deal)
    failure.instance_id, failure.deal_id = step.instance_id, deal.id
    failure.stimulus = CompleteStep(step.activity_id, "completed")
    with office.database.write() as session:
        record_incident(session, failure, actor=Actor.system(), at=office.clock.now())
    assert open_incidents(office) == 1
    with office.database.read() as session:
        last = last_intervention(session, deal.id)
    assert last is not None
    assert last.may_undo
    office.do("admin", undo_move, deal.id)
    assert open_incidents(office) == 0
    assert waiting_kinds(office, deal) == ["step"]


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


TASK = '<businessRuleTask id="decide" name="Визначити межу" camunda:decisionRef="limit"/>'
RULES = ("> 1", "1"), ("> 2", "2")  # of which several match above 2


@pytest.fixture
def failed(office: Office, monkeypatch: pytest.MonkeyPatch) -> tuple[Deal, int]:
    """A deal whose first step failed for what olena had typed; the id of the incident."""
    monkeypatch.setattr("engine.commands.definitions.compile_in_child", compile_bpmn)  # the child costs more than all
    drawn = {"discount.bpmn": deciding_map(TASK, key="discount")}
    drawn["limit.dmn"] = dmn(table([("n", "number")], ["limit"], *RULES))
    draft = office.do("owner", deploy_definition, check_map(drawn, library={}))
    office.do("owner", publish_definition, draft.id, prepared=prepare_publishing(office.database, draft.id))
    deal = office.open_deal(definition_key="discount")
    with pytest.raises(MapFailed):
        office.complete("olena", "ask", values={"n": "3,5"}, comment="Як домовились", deal=deal)
    return deal, incident(office).id


def test_what_was_typed_into_a_step_that_failed_is_kept_and_told(office: Office, failed: tuple[Deal, int]) -> None:
    with office.database.read() as session:
        row = incident_row(session, office.actor("admin"), failed[1])
    assert row.typed is not None
    assert row.completes_again
    assert (row.typed.by, row.typed.outcome, row.typed.comment) == ("Олена Коваль", "completed", "Як домовились")
    assert row.typed.values == {"n": "3.5"}


def test_a_step_is_completed_again_with_mended_values_for_who_typed_them(
    office: Office, failed: tuple[Deal, int]
) -> None:
    deal, incident_id = failed
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", retry_incident, incident_id, {"n": "1,5"})
    assert refused.value.errors.keys() == {"reason"}
    with pytest.raises(MapFailed):
        office.do("admin", retry_incident, incident_id)
    assert (incident(office).attempts, incident(office).stimulus["typed"]["values"]["n"]) == (2, "3.5")
    for _ in range(2):
        office.do("admin", retry_incident, incident_id, {"n": "1,5"}, "Описка", command_id="r-1")
    (done,) = (one for one in office.history(deal) if one.kind == "step_completed")
    assert (done.actor_name, done.data["on_behalf_of"]) == ("Андрій Савченко", "Олена Коваль")
    assert (done.data["comment"], done.data["values"]["n"]) == ("Як домовились", "1.5")
    (mended,) = (one for one in office.history(deal) if one.kind == "variables_set")
    assert (mended.data["changes"], mended.data["reason"]) == ({"n": ["3.5", "1.5"]}, "Описка")
    assert office.deal(deal).fields["limit"] == 1
    assert (incident(office).state, open_incidents(office)) == (IncidentState.RESOLVED, 0)
    assert office.kinds(deal).count("incident_resolved") == 1


def test_a_failure_that_is_tried_again_tells_what_fails_now(office: Office, deal: Deal) -> None:
    def fail(problem: DomainError, element: str) -> None:
        failure = MapFailed(element=element, element_id=element, problem=problem)
        failure.stimulus = EvaluateConditions()
        with office.database.read() as session:
            failure.instance_id, failure.deal_id = session.query(ProcessInstance).one().id, deal.id
        with office.database.write() as session:
            record_incident(session, failure, actor=Actor.system(), at=office.clock.now())

    fail(ApproverMissing(), "decide")
    office.clock.advance(timedelta(hours=1))
    fail(TargetAmbiguous(name="sign"), "sign")
    one = incident(office)
    assert (one.attempts, one.element_id, one.params["element"]) == (2, "sign", "sign")
    assert one.params["problem_template"] == TargetAmbiguous.template
    assert one.variables["legal_outcome"] == "approved"
    assert office.kinds(deal).count("incident_recorded") == 1


def test_nobody_approves_in_another_s_name(office: Office) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="count", count=2)}))
    office.open_deal()
    office.prepare()
    with pytest.raises(MapFailed):
        office.complete("iryna", "legal", "approved")
    with pytest.raises(RetriedByPerson):
        office.do("admin", retry_incident, incident(office).id)
    with office.database.read() as session:
        row = incident_row(session, office.actor("admin"), incident(office).id)
    assert row.typed is not None
    assert (row.typed.by, row.completes_again) == ("Ірина Бондар", False)


def test_a_part_of_an_approval_that_is_given_after_it_failed_leaves_no_failure_open(office: Office) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="count", count=2, in_order=True)}))
    deal = office.open_deal()
    office.prepare()
    with pytest.raises(MapFailed):
        office.complete("iryna", "legal", "approved")
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.complete("iryna", "legal", "approved")
    assert office.step("legal").assignee_id == office.company.danylo.id
    assert (incident(office).state, open_incidents(office)) == (IncidentState.RESOLVED, 0)
    assert "incident" not in waiting_kinds(office, deal)


def test_what_failed_at_one_part_of_an_approval_is_not_over_by_another(office: Office) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="list", approvers=("iryna", "oksana", "petro"), at_least=2)}))
    office.open_deal()
    office.prepare()
    parts = [one for one in office.open_steps() if one.element_id == "legal"]

    def failing(session: Any) -> None:
        done = complete_work_item(
            session, parts[0].id, {}, "rejected", "дорого", actor=office.actor("iryna"), clock=office.clock
        )
        failure = MapFailed(element=done.name, element_id="legal")
        failure.instance_id, failure.stimulus = done.instance_id, CompleteStep(done.activity_id, "rejected")
        raise failure

    with pytest.raises(MapFailed):
        perform(office.database, failing, actor=office.actor("iryna"), clock=office.clock)
    office.complete("oksana", "legal", "approved", work_item_id=parts[1].id)
    assert open_incidents(office) == 1


def test_a_timer_that_fails_is_tried_again_by_itself_after_a_pause_that_grows(office: Office, deal: Deal) -> None:
    fail_at_the_timer(office, deal)
    office.clock.advance(timedelta(days=4))
    pauses = []
    for _ in range(7):
        with office.database.read() as session:
            (timer,) = session.query(Timer)
            failure = MapFailed(element="Чекати три дні", element_id=timer.node_id)
            failure.instance_id, failure.deal_id = timer.instance_id, deal.id
            failure.stimulus = FireTimer(timer.activity_id, timer.node_id, timer.due_at)
        with office.database.write() as session:
            record_incident(session, failure, actor=Actor.system(), at=office.clock.now())
        with office.database.read() as session:
            (timer,) = session.query(Timer)
        assert timer.lease_until is not None
        pauses.append((timer.lease_until - office.clock.now()).total_seconds() / 60)
        with office.database.write() as session:
            assert claim_due_timers(session, clock=office.clock) == []
    assert pauses == [4, 8, 16, 32, 60, 60, 60]
    office.do("admin", retry_incident, incident(office).id)
    assert office.step("call").deal_id == deal.id


def test_all_alike_are_tried_again_and_no_other(office: Office, deal: Deal) -> None:
    failed = fail_at_the_timer(office, deal)
    with office.database.write() as session:
        one = session.get_one(Incident, failed)
        for element, code, state in (
            (one.element_id, one.code, IncidentState.OPEN),
            (one.element_id, "other", IncidentState.OPEN),
            ("other", one.code, IncidentState.OPEN),
            (one.element_id, one.code, IncidentState.RESOLVED),
        ):
            session.add(
                Incident(
                    instance_id=one.instance_id,
                    deal_id=deal.id,
                    element_id=element,
                    code=code,
                    state=state,
                    stimulus={"type": "EvaluateConditions"},
                    occurred_at=office.clock.now(),
                )
            )
    with office.database.read() as session:
        alike = alike_incidents(session, office.actor("admin"), failed, limit=10)
        assert len(alike.ids) == alike.total == 2
        assert alike.ids[0] == failed
        assert alike_incidents(session, office.actor("admin"), failed, limit=1).ids == (failed,)
        for login in ("olena", "owner"):
            with pytest.raises(NotFound):
                alike_incidents(session, office.actor(login), failed, limit=10)
        with pytest.raises(NotFound):
            alike_incidents(session, office.actor("admin"), 999, limit=10)
