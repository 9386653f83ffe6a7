from __future__ import annotations

from collections.abc import Callable

import pytest
from support.map_walk import Answers, Walk, explore, outcomes_of

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import WorkingTime

OFFERS = [{"discount": 3}, {"discount": 8}, {"discount": 15}]
ANSWERS: Answers = {
    "prepare_offer": OFFERS,
    "rework_offer": OFFERS,
    "justify_discount": [{}],
    "clarify_reason": [{"discount": 8}, {"discount": 15}],
}
DEPARTMENTS = ["approve_finance", "approve_legal", "approve_logistics"]


@pytest.fixture(scope="module")
def process(compiled: Callable[[str], CompiledProcess]) -> CompiledProcess:
    return compiled("b2b-sale")


def at_offer(process: CompiledProcess) -> Walk:
    walk = Walk(process)
    return walk.complete("accept_lead").complete("qualify_client", "b2b_fits").complete("discover_needs")


def at_approvals(process: CompiledProcess) -> Walk:
    return at_offer(process).complete("prepare_offer", discount=3)


def at_signing(process: CompiledProcess) -> Walk:
    walk = at_approvals(process)
    for department in DEPARTMENTS:
        walk.complete(department, "approved")
    return walk


def test_every_path_comes_to_an_end(process: CompiledProcess, drawn_flows: Callable[[str], set[str]]) -> None:
    seen = explore(process, ANSWERS)
    assert seen.stuck == []
    assert seen.without_way_to_an_end() == set()
    assert seen.steps == set(process.steps)
    assert drawn_flows("b2b-sale") - seen.passed == set()
    assert seen.outcomes == {(name, outcome) for name, each in process.steps.items() for outcome in outcomes_of(each)}
    assert seen.ends == {"lost_unfit", "lost_rejected", "lost_refused", "client_reminded", "won"}


def test_a_deal_walks_from_lead_to_shipment(process: CompiledProcess) -> None:
    walk = at_signing(process)
    walk.complete("sign_contract", "b2b_signed").complete("receive_prepayment").complete("ship_goods")
    assert walk.finished
    assert walk.ends == ["won"]


def test_a_lead_that_does_not_fit_is_lost(process: CompiledProcess) -> None:
    walk = Walk(process).complete("accept_lead").complete("qualify_client", "b2b_unfit")
    assert walk.finished
    assert walk.ends == ["lost_unfit"]


def test_a_small_discount_asks_the_departments_at_once(process: CompiledProcess) -> None:
    assert at_offer(process).complete("prepare_offer", discount=5).open == DEPARTMENTS


def test_a_discount_above_five_percent_is_approved_first(process: CompiledProcess) -> None:
    walk = at_offer(process).complete("prepare_offer", discount=5.5)
    assert walk.open == ["justify_discount"]
    walk.complete("justify_discount", discount=5.5).complete("approve_by_head", "approved")
    assert walk.open == DEPARTMENTS


def test_a_discount_refused_by_the_head_sends_the_offer_to_rework(process: CompiledProcess) -> None:
    walk = at_offer(process).complete("prepare_offer", discount=12)
    walk.complete("justify_discount", discount=12).complete("approve_by_head", "rejected")
    assert walk.open == ["rework_offer"]
    assert walk.complete("rework_offer", discount=4).open == DEPARTMENTS


def test_a_discount_refused_by_finance_sends_the_offer_to_rework(process: CompiledProcess) -> None:
    walk = at_offer(process).complete("prepare_offer", discount=12).complete("justify_discount", discount=12)
    walk.complete("approve_by_head", "approved").complete("approve_by_finance", "rejected")
    assert walk.open == ["rework_offer"]


def test_a_discount_granted_by_head_and_finance_asks_the_departments(process: CompiledProcess) -> None:
    walk = at_offer(process).complete("prepare_offer", discount=12).complete("justify_discount", discount=12)
    walk.complete("approve_by_head", "approved").complete("approve_by_finance", "approved")
    assert walk.open == DEPARTMENTS


def test_a_discount_granted_once_does_not_grant_the_next(process: CompiledProcess) -> None:
    walk = at_offer(process).complete("prepare_offer", discount=8)
    walk.complete("justify_discount", discount=8).complete("approve_by_head", "approved")
    for department in DEPARTMENTS:
        walk.complete(department, "returned")
    walk.complete("rework_offer", discount=9)
    assert walk.open == ["justify_discount"]
    walk.complete("justify_discount", discount=9).complete("approve_by_head", "rejected")
    assert walk.open == ["rework_offer"]


def test_returned_offer_asks_all_three_departments_again(process: CompiledProcess) -> None:
    walk = at_approvals(process)
    for _round in range(3):
        walk.complete("approve_legal", "returned").complete("approve_finance", "approved")
        assert walk.open == ["approve_logistics"]
        walk.complete("approve_logistics", "approved")
        assert walk.open == ["rework_offer"]
        walk.complete("rework_offer", discount=3)
        assert walk.open == DEPARTMENTS
    walk.complete("approve_finance", "approved").complete("approve_legal", "approved")
    assert walk.open == ["approve_logistics"]
    assert walk.complete("approve_logistics", "approved").open == ["sign_contract"]


@pytest.mark.parametrize("rejecting", DEPARTMENTS)
def test_a_rejection_by_one_department_wins_over_the_others(process: CompiledProcess, rejecting: str) -> None:
    walk = at_approvals(process)
    others = [department for department in DEPARTMENTS if department != rejecting]
    walk.complete(rejecting, "rejected").complete(others[0], "returned").complete(others[1], "approved")
    assert walk.finished
    assert walk.ends == ["lost_rejected"]


def test_a_client_counts_as_silent_after_three_working_days(process: CompiledProcess) -> None:
    assert [timer.rule for timer in process.timers.values()] == [WorkingTime(days=3)]


def test_a_silent_client_is_called_while_the_contract_still_waits(process: CompiledProcess) -> None:
    walk = at_signing(process).fire_timer()
    assert walk.open == ["call_client", "sign_contract"]
    assert walk.timers == []
    walk.complete("call_client")
    assert walk.open == ["sign_contract"]
    assert not walk.finished


def test_a_won_deal_leaves_no_reminder_behind(process: CompiledProcess) -> None:
    walk = at_signing(process).fire_timer()
    walk.complete("sign_contract", "b2b_signed").complete("receive_prepayment")
    assert walk.open == ["call_client", "ship_goods"]
    walk.complete("ship_goods")
    assert walk.finished
    assert walk.open == []


def test_reminders_of_two_rounds_do_not_hold_up_a_won_deal(process: CompiledProcess) -> None:
    walk = at_signing(process).fire_timer().complete("sign_contract", "b2b_changes")
    walk.complete("rework_offer", discount=3)
    for department in DEPARTMENTS:
        walk.complete(department, "approved")
    walk.fire_timer()
    assert walk.open == ["call_client", "call_client", "sign_contract"]
    walk.complete("sign_contract", "b2b_signed").complete("receive_prepayment").complete("ship_goods")
    assert walk.finished
    assert walk.open == []


def test_changes_that_the_client_asks_for_are_approved_anew(process: CompiledProcess) -> None:
    walk = at_signing(process).complete("sign_contract", "b2b_changes")
    assert walk.open == ["rework_offer"]
    assert walk.complete("rework_offer", discount=3).open == DEPARTMENTS


def test_a_client_who_refuses_loses_the_deal(process: CompiledProcess) -> None:
    walk = at_signing(process).complete("sign_contract", "b2b_refused")
    assert walk.finished
    assert walk.ends == ["lost_refused"]
