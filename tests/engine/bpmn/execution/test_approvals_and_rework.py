"""Three departments approve in parallel; one return sends the offer back; all three are asked again."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from support.canonical_maps import MapBuilder, when
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess

DEPARTMENTS = ("legal", "finance", "security")


@pytest.fixture(scope="module")
def approvals() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("prepare")
    draw.gateway("parallel", "ask_all")
    draw.gateway("parallel", "all_answered")
    for department in DEPARTMENTS:
        draw.step(department)
        draw.flow("ask_all", department)
        draw.flow(department, "all_answered")
    draw.gateway("exclusive", "decision", default="approved")
    draw.step("sign")
    draw.step("call_off")
    draw.end()
    draw.chain("start", "prepare", "ask_all")
    draw.chain("all_answered", "decision")
    draw.flow("decision", "call_off", when("rejected", *DEPARTMENTS))
    draw.flow("decision", "prepare", when("returned", *DEPARTMENTS))
    draw.flow("decision", "sign", flow_id="approved")
    draw.chain("sign", "end")
    draw.chain("call_off", "end")
    return draw.build()


def combined(outcomes: tuple[str, ...]) -> str:
    return "call_off" if "rejected" in outcomes else "prepare" if "returned" in outcomes else "sign"


def test_returned_offer_asks_all_three_departments_again(approvals: CompiledProcess) -> None:
    run = InstanceRun(approvals)
    run.complete("prepare")
    for department, outcome in zip(DEPARTMENTS, ("approved", "returned", "approved"), strict=True):
        run.complete(department, outcome)
    assert run.open == ["prepare"]
    run.complete("prepare")
    assert run.open == sorted(DEPARTMENTS)
    run.complete("security", "approved")
    assert run.open == ["finance", "legal"], "one approval of round 2 must not release the join"
    run.complete("legal", "approved")
    assert run.open == ["finance"]
    run.complete("finance", "approved")
    assert run.open == ["sign"]


@pytest.mark.parametrize("first_order", list(permutations(DEPARTMENTS[:2])))
@pytest.mark.parametrize("second_order", list(permutations(DEPARTMENTS[:2])))
def test_no_two_round_history_ends_at_a_stale_decision(
    approvals: CompiledProcess, first_order: tuple[str, ...], second_order: tuple[str, ...]
) -> None:
    """Two departments, each order, each pair of answers that sends the offer back: 48 in all."""
    histories = 0
    for first in product(("approved", "returned"), repeat=2):
        if "returned" not in first:
            continue
        for second in product(("approved", "returned"), repeat=2):
            run = InstanceRun(approvals)
            for order, answers in ((first_order, first), (second_order, second)):
                run.complete("prepare")
                run.complete("security", "approved")
                for department in order:
                    run.complete(department, dict(zip(DEPARTMENTS[:2], answers, strict=True))[department])
            assert run.open == [combined(second)], (first, second)
            histories += 1
    assert histories == 12


@pytest.mark.parametrize("order", list(permutations(DEPARTMENTS)))
def test_round_two_decides_by_its_own_outcomes_alone(approvals: CompiledProcess, order: tuple[str, ...]) -> None:
    outcomes = ("approved", "returned", "rejected")
    for first in product(outcomes, repeat=3):
        if combined(first) != "prepare":
            continue
        for second in product(outcomes, repeat=3):
            run = InstanceRun(approvals)
            for answers in (first, second):
                run.complete("prepare")
                for department in order:
                    run.complete(department, answers[DEPARTMENTS.index(department)])
            assert run.open == [combined(second)], (first, second)


def test_a_step_that_opens_again_has_no_outcome(approvals: CompiledProcess) -> None:
    run = InstanceRun(approvals)
    run.complete("prepare")
    for department in DEPARTMENTS:
        run.complete(department, "returned")
    assert run.last.variables == {f"{department}_outcome": "returned" for department in DEPARTMENTS}
    run.complete("prepare")
    assert run.last.variables == {}


def test_a_field_cannot_pretend_to_be_an_outcome(approvals: CompiledProcess) -> None:
    run = InstanceRun(approvals, variables={"legal_outcome": "approved"})
    run.complete("prepare", legal_outcome="approved")
    assert run.last.variables == {}
    run.complete("finance", "approved", legal_outcome="approved")
    run.complete("security", "approved")
    run.complete("legal", "rejected", legal_outcome="approved")
    assert run.open == ["call_off"]


def test_a_second_token_on_one_flow_waits_for_the_next_round() -> None:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "split")
    draw.gateway("exclusive", "merge")
    for name in ("first", "second", "other"):
        draw.step(name)
        draw.flow("split", name)
    draw.gateway("parallel", "join")
    draw.step("after")
    draw.end()
    draw.flow("start", "split")
    draw.chain("first", "merge")
    draw.chain("second", "merge", "join", "after", "end")
    draw.chain("other", "join")
    run = InstanceRun(draw.build())
    run.complete("first")
    run.complete("second")
    assert run.open == ["other"], "two tokens on one flow are not one on each"
    run.complete("other")
    assert run.open == ["after"]


def test_a_split_straight_into_its_join_passes() -> None:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "split")
    draw.gateway("parallel", "join")
    draw.step("after")
    draw.end()
    draw.flow("start", "split")
    first = draw.flow("split", "join")
    second = draw.flow("split", "join")
    draw.chain("join", "after", "end")
    run = InstanceRun(draw.build())
    assert run.open == ["after"]
    flows = [passed.element_id for passed in run.last.passed if passed.flow]
    assert {first, second} <= set(flows)


def test_no_value_from_outside_touches_an_outcome(approvals: CompiledProcess) -> None:
    run = InstanceRun(approvals)
    run.complete("prepare")
    run.complete("legal", "rejected")
    run.complete("finance", "approved", by_name={"legal_outcome": "approved", "legal_outcome.kind": "approved"})
    run.complete("security", "approved")
    assert run.open == ["call_off"]
