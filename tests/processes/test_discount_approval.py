from __future__ import annotations

from collections.abc import Callable

import pytest
from support.map_walk import Answers, Walk, explore, outcomes_of

from engine.bpmn.compiled import CompiledProcess

DISCOUNTS: list[dict[str, float]] = [{"discount": 8}, {"discount": 10}, {"discount": 10.5}]
ANSWERS: Answers = {"justify_discount": DISCOUNTS, "clarify_reason": DISCOUNTS}


@pytest.fixture(scope="module")
def process(compiled: Callable[[str], CompiledProcess]) -> CompiledProcess:
    return compiled("discount-approval")


def asked_for(process: CompiledProcess, discount: float) -> Walk:
    return Walk(process).complete("justify_discount", discount=discount)


def test_every_path_comes_to_an_end(process: CompiledProcess, drawn_flows: Callable[[str], set[str]]) -> None:
    seen = explore(process, ANSWERS)
    assert seen.stuck == []
    assert seen.without_way_to_an_end() == set()
    assert seen.steps == set(process.steps)
    assert drawn_flows("discount-approval") - seen.passed == set()
    assert seen.outcomes == {(name, outcome) for name, each in process.steps.items() for outcome in outcomes_of(each)}
    assert seen.ends == {"discount_granted", "refused_by_head", "refused_by_finance"}


@pytest.mark.parametrize("discount", [1, 10])
def test_up_to_ten_percent_the_head_decides_alone(process: CompiledProcess, discount: int) -> None:
    walk = asked_for(process, discount).complete("approve_by_head", "approved")
    assert walk.finished
    assert walk.ends == ["discount_granted"]


def test_above_ten_percent_finance_decides_too(process: CompiledProcess) -> None:
    walk = asked_for(process, 10.5).complete("approve_by_head", "approved")
    assert walk.open == ["approve_by_finance"]
    walk.complete("approve_by_finance", "approved")
    assert walk.ends == ["discount_granted"]


def test_a_rejection_by_the_head_refuses_the_discount(process: CompiledProcess) -> None:
    walk = asked_for(process, 20).complete("approve_by_head", "rejected")
    assert walk.ends == ["refused_by_head"]


def test_a_rejection_by_finance_refuses_the_discount(process: CompiledProcess) -> None:
    walk = asked_for(process, 20).complete("approve_by_head", "approved").complete("approve_by_finance", "rejected")
    assert walk.ends == ["refused_by_finance"]


def test_a_returned_request_starts_again_with_the_head(process: CompiledProcess) -> None:
    walk = asked_for(process, 20).complete("approve_by_head", "returned")
    assert walk.open == ["clarify_reason"]
    walk.complete("clarify_reason", discount=15)
    assert walk.open == ["approve_by_head"]
    walk.complete("approve_by_head", "approved").complete("approve_by_finance", "returned")
    assert walk.open == ["clarify_reason"]
    assert walk.complete("clarify_reason", discount=9).complete("approve_by_head", "approved").finished
