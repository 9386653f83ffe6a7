"""A suspended deal rests: nobody acts, nothing is reminded, no timer fires; resumed, it goes on with the time left."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.canonical_maps import MapBuilder
from support.office import MONDAY_10, Office
from support.sales_map import human

from engine.commands.approved_changes import ContentApproved
from engine.commands.cancellations import cancel_deal
from engine.commands.deals import update_deal
from engine.commands.departments import update_department
from engine.commands.interventions import DealNotRunning
from engine.commands.jumps import move_token
from engine.commands.people import update_person
from engine.commands.signals import deliver_signal, waiting_for_signal
from engine.commands.suspensions import Deadlines, NotSuspended, resume_deal, suspend_deal
from engine.commands.thrown_events import SIGNAL
from engine.commands.work_items import claim_work_item
from engine.db.job import Job
from engine.errors import DealIsSuspended, InvalidInput, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import WorkItem, WorkItemState

WHY = "Клієнт у відпустці"


def step_of(office: Office, element_id: str) -> WorkItem:
    with office.database.read() as session:
        return session.query(WorkItem).filter_by(element_id=element_id).order_by(WorkItem.id.desc()).limit(1).one()


def timer(office: Office) -> datetime:
    with office.database.read() as session:
        return session.query(Timer).one().due_at


def test_nobody_can_act_on_a_suspended_deal(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    legal = office.step("legal", deal).id
    office.do("olena", suspend_deal, deal.id, WHY)
    assert office.open_steps(deal) == []
    assert step_of(office, "legal").state is WorkItemState.SUSPENDED
    for attempt in (
        lambda: office.complete("iryna", "legal", "approved", work_item_id=legal),
        lambda: office.do("iryna", claim_work_item, legal),
        lambda: office.do("admin", move_token, deal.id, "prepare", WHY),
        lambda: office.do("olena", suspend_deal, deal.id, WHY),
    ):
        with pytest.raises(DealIsSuspended):
            attempt()
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, {"amount": Decimal(1)})


def test_timers_and_escalations_rest_and_come_back_with_the_time_that_was_left(office: Office) -> None:
    deal = office.deal_at_signing()
    due, fires = office.step("sign", deal).due_at, timer(office)
    assert (due, fires) == (MONDAY_10 + timedelta(days=2), MONDAY_10 + timedelta(days=3))
    office.do("olena", suspend_deal, deal.id, WHY)
    before = office.kinds(deal)
    office.wait(days=7)
    assert office.kinds(deal) == before, "nothing may happen to it meanwhile"
    office.do("olena", resume_deal, deal.id)
    assert office.step("sign", deal).due_at == MONDAY_10 + timedelta(days=9), "two working days are still left"
    assert timer(office) == fires + timedelta(days=7)
    office.wait(days=2, minutes=1)
    assert "head_told" in office.kinds(deal)
    office.wait(days=1)
    assert office.step("call", deal).element_id == "call"


def test_deadlines_can_be_kept(office: Office) -> None:
    deal = office.deal_at_signing()
    due, fires = office.step("sign", deal).due_at, timer(office)
    office.do("olena", suspend_deal, deal.id, WHY)
    office.clock.advance(timedelta(days=7))
    office.do("olena", resume_deal, deal.id, Deadlines.KEEP)
    assert (office.step("sign", deal).due_at, timer(office)) == (due, fires)
    office.run_machinery()
    assert office.step("call", deal).element_id == "call"


def test_whoever_held_a_step_holds_it_again(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    legal = office.step("legal", deal).id
    office.do("iryna", claim_work_item, legal)
    office.do("bohdan", suspend_deal, deal.id, WHY)
    office.do("bohdan", resume_deal, deal.id)
    assert {one.id: one.state for one in office.open_steps(deal)}[legal] is WorkItemState.CLAIMED
    office.complete("iryna", "legal", "approved", work_item_id=legal)


def test_a_step_of_somebody_who_left_meanwhile_is_handed_over(office: Office) -> None:
    deal = office.open_deal()
    office.do("bohdan", suspend_deal, deal.id, WHY)
    with office.database.write() as session:
        assignee = session.query(WorkItem).one().assignee
        assert assignee is not None
        assignee.is_active = False
    office.do("bohdan", resume_deal, deal.id)
    (step,) = office.open_steps(deal)
    assert step.assignee_id is None


def claimed_by_danylo_of_legal(office: Office) -> Deal:
    company = office.company
    office.do("admin", update_person, company.danylo.id, {"department_ids": [company.legal.id]})
    deal = office.open_deal()
    office.prepare()
    office.do("danylo", claim_work_item, office.step("legal", deal).id)
    return deal


def test_an_approval_of_somebody_who_left_the_department_meanwhile_goes_back_to_it(office: Office) -> None:
    company, deal = office.company, claimed_by_danylo_of_legal(office)
    office.do("bohdan", suspend_deal, deal.id, WHY)
    office.do("admin", update_person, company.danylo.id, {"department_ids": [company.marketing.id]})
    office.do("bohdan", resume_deal, deal.id)
    assert office.step("legal", deal).assignee_id is None
    office.complete("iryna", "legal", "approved", deal=deal)


def test_an_approval_that_came_to_an_administrator_stays_there_over_a_pause(office: Office) -> None:
    company, deal = office.company, claimed_by_danylo_of_legal(office)
    office.do("admin", update_department, company.legal.id, {"head_id": None})
    for login in ("iryna", "danylo"):
        person = getattr(company, login)
        office.do("admin", update_person, person.id, {"department_ids": [company.marketing.id]})
    held = office.step("legal", deal).assignee_id
    assert held == company.admin.id
    office.do("bohdan", suspend_deal, deal.id, WHY)
    office.do("bohdan", resume_deal, deal.id)
    assert office.step("legal", deal).assignee_id == held


@pytest.mark.parametrize("login", ["iryna", "owner"])
def test_only_the_owner_and_heads_suspend(login: str, office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    with pytest.raises(NotAllowed):
        office.do(login, suspend_deal, deal.id, WHY)
    office.do("admin", suspend_deal, deal.id, WHY)
    with pytest.raises(NotAllowed):
        office.do(login, resume_deal, deal.id)


def test_outsiders_find_no_deal_and_a_reason_is_asked_for(office: Office) -> None:
    deal = office.open_deal()
    with pytest.raises(NotFound):
        office.do("danylo", suspend_deal, deal.id, WHY)
    with pytest.raises(InvalidInput):
        office.do("olena", suspend_deal, deal.id, " ")
    with pytest.raises(NotSuspended):
        office.do("olena", resume_deal, deal.id)


def test_a_repeated_command_counts_once(office: Office) -> None:
    deal = office.open_deal()
    for _ in range(2):
        office.do("olena", suspend_deal, deal.id, WHY, command_id="s-1")
    for _ in range(2):
        office.do("olena", resume_deal, deal.id, command_id="r-1")
    assert [kind for kind in office.kinds(deal) if kind in {"deal_suspended", "deal_resumed"}] == [
        "deal_suspended",
        "deal_resumed",
    ]


def test_a_suspended_deal_can_be_cancelled_and_is_not_resumed_then(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", suspend_deal, deal.id, WHY)
    office.do("olena", cancel_deal, deal.id, WHY)
    with pytest.raises(DealNotRunning):
        office.do("olena", resume_deal, deal.id)
    assert step_of(office, "prepare").state is WorkItemState.CANCELLED


def test_conditions_are_looked_at_when_the_deal_goes_on(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", suspend_deal, deal.id, WHY)
    office.do("olena", update_deal, deal.id, {"title": "Інша назва"})
    office.do("olena", resume_deal, deal.id)
    with office.database.read() as session:
        assert session.query(ProcessInstance).one().state is InstanceState.RUNNING
    office.prepare()


def test_resuming_undoes_suspending_to_the_last_field(office: Office) -> None:
    deal = office.deal_at_signing()

    def rows() -> list[Any]:
        with office.database.read() as session:
            items = session.query(WorkItem).order_by(WorkItem.id)
            timers = session.query(Timer).order_by(Timer.activity_id, Timer.node_id)
            return [
                *((i.id, i.state, i.assignee_id, i.due_at, i.next_escalation_at) for i in items),
                *((t.activity_id, t.node_id, t.due_at) for t in timers),
            ]

    before = rows()
    office.do("olena", suspend_deal, deal.id, WHY)
    office.do("olena", resume_deal, deal.id)
    assert rows() == before


def test_a_signal_that_comes_meanwhile_is_heard_when_the_deal_goes_on(office: Office) -> None:
    builder = MapBuilder(key="listening")
    builder.start()
    builder.step("work")
    builder.boundary("stop", "work", builder.signal("over"))
    builder.end("done")
    builder.end("stopped")
    builder.chain("start", "work", "done")
    builder.flow("stop", "stopped")
    built = builder.build({"deal"})
    office.publish(built.model_copy(update={"steps": {"work": human("work", "work", "власник угоди", "Етап")}}))
    deal = office.open_deal(definition_key="listening")
    office.do("olena", suspend_deal, deal.id, WHY)
    with office.database.read() as session:
        (waiting,) = waiting_for_signal(session, "over", thrown_by=0)
    for command_id in ("first", "first", "again"):
        with office.database.write() as session:
            assert not deliver_signal(session, waiting, "over", command_id=command_id, clock=office.clock)
    office.do("olena", resume_deal, deal.id)
    with office.database.read() as session:
        jobs = list(session.scalars(select(Job).where(Job.kind == SIGNAL)))
    assert len(jobs) == 2
    for job in jobs:
        (told,) = job.payload["subscriptions"]
        with office.database.write() as session:
            deliver_signal(session, told, "over", command_id=job.id, clock=office.clock)
    assert office.open_steps(deal) == []
    assert office.kinds(deal).count("signal_received") == 1
