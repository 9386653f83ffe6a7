from __future__ import annotations

from collections.abc import Callable

import pytest
from support.map_walk import Walk, explore, outcomes_of

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import RelativeToField, WorkingTime

PARTS = ["calculate_price", "collect_legal", "prepare_technical"]


@pytest.fixture(scope="module")
def process(compiled: Callable[[str], CompiledProcess]) -> CompiledProcess:
    return compiled("tender")


def at_preparation(process: CompiledProcess) -> Walk:
    return Walk(process).complete("study_documents").complete("decide_participation", "tender_take_part")


def at_price(process: CompiledProcess) -> Walk:
    walk = at_preparation(process)
    for part in PARTS:
        walk.complete(part)
    return walk


def at_result(process: CompiledProcess) -> Walk:
    return at_price(process).complete("approve_price", "approved").complete("submit_offer")


def test_every_path_comes_to_an_end(process: CompiledProcess, drawn_flows: Callable[[str], set[str]]) -> None:
    seen = explore(process, {})
    assert seen.stuck == []
    assert seen.without_way_to_an_end() == set()
    assert seen.steps == set(process.steps)
    assert drawn_flows("tender") - seen.passed == set()
    assert seen.outcomes == {(name, outcome) for name, each in process.steps.items() for outcome in outcomes_of(each)}
    assert seen.ends == {"not_participating", "price_rejected", "tender_lost", "tender_won"}


def test_a_tender_not_taken_part_in_is_over(process: CompiledProcess) -> None:
    walk = Walk(process).complete("study_documents").complete("decide_participation", "tender_decline")
    assert walk.finished
    assert walk.ends == ["not_participating"]


def test_the_price_is_asked_for_when_all_three_parts_are_ready(process: CompiledProcess) -> None:
    walk = at_preparation(process)
    assert walk.open == PARTS
    assert walk.complete("collect_legal").complete("calculate_price").open == ["prepare_technical"]
    assert walk.complete("prepare_technical").open == ["approve_price"]


def test_a_returned_price_is_recalculated_and_asked_again(process: CompiledProcess) -> None:
    walk = at_price(process)
    for _round in range(3):
        assert walk.complete("approve_price", "returned").open == ["recalculate_price"]
        assert walk.complete("recalculate_price").open == ["approve_price"]
    assert walk.complete("approve_price", "approved").open == ["submit_offer"]


def test_a_rejected_price_ends_the_participation(process: CompiledProcess) -> None:
    walk = at_price(process).complete("approve_price", "rejected")
    assert walk.finished
    assert walk.ends == ["price_rejected"]


def test_a_victory_is_delivered_and_paid(process: CompiledProcess) -> None:
    walk = at_result(process).complete("learn_result", "tender_victory")
    walk.complete("sign_tender_contract").complete("deliver").complete("receive_payment")
    assert walk.finished
    assert walk.ends == ["tender_won"]


def test_a_defeat_asks_for_its_reason(process: CompiledProcess) -> None:
    walk = at_result(process).complete("learn_result", "tender_defeat")
    assert walk.open == ["record_loss"]
    (reason,) = (field for field in process.steps["record_loss"].fields if field.name == "loss_reason")
    assert reason.required
    assert walk.complete("record_loss").ends == ["tender_lost"]


def test_the_offer_is_due_a_working_day_before_submission_closes(process: CompiledProcess) -> None:
    assert process.steps["submit_offer"].deadline == RelativeToField(
        expression="deal.close_date", offset=WorkingTime(days=1), before=True
    )
