"""Which approvals a jump passes over, and which outcomes it forgets."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from support.canonical_maps import DECISIONS, MapBuilder, when
from support.drawn_maps import END, START, chain, compiled, element
from support.instance_run import InstanceRun
from support.sales_map import human

from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.inspection import jump_targets, plan_move
from engine.bpmn.jumps import (
    AlreadyThere,
    BesideTheWay,
    InsideBranches,
    Jump,
    JumpRefused,
    Meanwhile,
    TargetRepeated,
    TooManyWays,
)
from engine.bpmn.runtime import MoveToken, SetVariables


def rework_map() -> CompiledProcess:
    """Prepare, two approvals at once, decide: sign, give up, or rework, which may give up or goes back to them."""
    draw = MapBuilder()
    draw.start()
    for end in ("won", "lost"):
        draw.end(end)
    for step in ("prepare", "legal", "finance", "rework", "sign", "ship"):
        draw.step(step)
    for kind, gateway in (
        ("exclusive", "merge"),
        ("parallel", "split"),
        ("parallel", "join"),
        ("exclusive", "decide"),
        ("exclusive", "enough"),
        ("exclusive", "signed"),
    ):
        draw.gateway(kind, gateway)
    draw.chain("start", "prepare", "merge", "split")
    for approval in ("legal", "finance"):
        draw.chain("split", approval, "join")
    draw.flow("join", "decide")
    draw.flow("decide", "sign", when("approved", "legal", "finance"))
    draw.flow("decide", "rework", when("returned", "legal", "finance"))
    draw.flow("decide", "lost", when("rejected", "legal", "finance"))
    draw.chain("rework", "enough")
    draw.flow("enough", "lost", "give_up")
    draw.flow("enough", "merge", "again")
    draw.chain("sign", "signed")
    draw.flow("signed", "rework", "changes")
    draw.flow("signed", "ship", "agreed")
    draw.chain("ship", "won")
    built = draw.build(variables={"give_up", "again", "changes", "agreed"})
    steps = {name: human(name, name, "Продажі", "") for name in ("prepare", "rework", "sign", "ship")}
    for approval in ("legal", "finance"):
        steps[approval] = human(approval, approval, "Юристи", "", kind=StepKind.APPROVAL, outcomes=DECISIONS)
    return built.model_copy(update={"steps": steps})


def three_at_once() -> CompiledProcess:
    """Three approvals at once behind a step to which a return leads back."""
    draw = MapBuilder()
    draw.start()
    for step in ("prepare", "legal", "finance", "logistics", "sign"):
        draw.step(step)
    for kind, gateway in (("exclusive", "merge"), ("parallel", "split"), ("parallel", "join"), ("exclusive", "decide")):
        draw.gateway(kind, gateway)
    draw.chain("start", "merge", "prepare", "split")
    approvals = ("legal", "finance", "logistics")
    for approval in approvals:
        draw.chain("split", approval, "join")
    draw.flow("join", "decide")
    draw.flow("decide", "sign", when("approved", *approvals))
    draw.flow("decide", "merge", when("returned|rejected", *approvals))
    draw.chain("sign", draw.end())
    built = draw.build()
    steps = {name: human(name, name, "Продажі", "") for name in ("prepare", "sign")}
    for approval in approvals:
        steps[approval] = human(approval, approval, "Юристи", "", kind=StepKind.APPROVAL, outcomes=DECISIONS)
    return built.model_copy(update={"steps": steps})


@pytest.fixture
def run() -> InstanceRun:
    return InstanceRun(rework_map())


def planned(run: InstanceRun, target: str) -> Jump:
    assert run.state is not None
    return plan_move(run.process, run.state, target)


def at_signing(run: InstanceRun) -> None:
    run.complete("prepare")
    run.complete("legal", "approved")
    run.complete("finance", "approved")


def test_straight_ahead_everything_between_is_passed_over(run: InstanceRun) -> None:
    assert planned(run, "sign").passed_over == ("legal", "finance")
    run.complete("prepare")
    run.complete("legal", "approved")
    assert planned(run, "sign").passed_over == ("finance",)


def test_no_way_of_jumping_wins_without_both_approvals_of_the_last_round() -> None:
    """Every jump but those that pass over an approval: what ordinary people may do on a map with freedom."""
    won, jumped = 0, 0
    for seed in range(300):
        chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
        run = InstanceRun(rework_map())
        given: set[str] = set()
        for _ in range(60):
            if run.last.finished:
                break
            target = chance.choice(["prepare", "legal", "finance", "rework", "sign", "ship"])
            if chance.random() < 0.4:
                try:
                    jump = planned(run, target)
                except JumpRefused:
                    continue
                if jump.passed_over:
                    continue
                run.apply(MoveToken(target))
                jumped += 1
            else:
                step = chance.choice(list(run.steps.values()))
                outcome = chance.choices(("approved", "returned", "rejected"), (8, 3, 1))[0]
                answers = {name: chance.random() < 0.5 for name in ("give_up", "changes")}
                values = answers | {"again": not answers["give_up"], "agreed": not answers["changes"]}
                run.complete_opened(step, outcome, values)
                given |= {step.element_id} if outcome == "approved" else set()
            opened = Counter(one.element_id for one in run.last.opened_steps)
            given -= opened.keys()
            if opened.keys() & {"prepare", "rework"}:
                given.clear()
        if "won" in run.last.end_events:
            won += 1
            assert {"legal", "finance"} <= given, f"seed {seed}"
    assert won > 20
    assert jumped > 150


def test_what_is_behind_is_not_passed_over(run: InstanceRun) -> None:
    at_signing(run)
    assert planned(run, "ship").passed_over == ()
    back = planned(run, "prepare")
    assert (back.passed_over, back.goes_back) == ((), True)
    assert set(back.asked_again) == {"legal", "finance"}


def test_a_step_on_the_way_back_is_no_way_round_the_approvals(run: InstanceRun) -> None:
    """All were given once; since the customer's changes they stand again before the deal."""
    at_signing(run)
    run.complete("sign", changes=True)
    assert run.open == ["rework"]
    assert planned(run, "sign").passed_over == ("legal", "finance")
    assert planned(run, "ship").passed_over == ("legal", "finance")
    assert planned(run, "prepare").passed_over == ()


def test_what_was_given_in_this_round_is_not_passed_over_by_a_move_between_its_branches() -> None:
    drawn = three_at_once()
    run = InstanceRun(drawn)
    run.complete("prepare")
    run.complete("legal", "approved")
    run.complete("finance", "approved")
    assert run.open == ["logistics"]
    aside = planned(run, "legal")
    assert (aside.passed_over, aside.asked_again) == ((), ("legal",))
    run.apply(MoveToken("legal"))
    assert run.open == ["legal", "logistics"]
    assert planned(run, "finance").passed_over == ()


def test_outcomes_ahead_are_forgotten_and_the_gateway_decides_anew(run: InstanceRun) -> None:
    at_signing(run)
    run.apply(MoveToken("prepare"))
    assert {name for name in run.last.variables if name.endswith("_outcome")} == set()
    run.complete("prepare")
    run.complete("legal", "returned")
    run.complete("finance", "approved")
    assert run.open == ["rework"]


def test_a_kept_branch_keeps_its_outcome(run: InstanceRun) -> None:
    run.complete("prepare")
    run.complete("legal", "returned")
    moved = run.apply(MoveToken("finance", frozenset({run.activity("finance")})))
    assert moved.variables["legal_outcome"] == "returned"
    run.complete("finance", "approved")
    assert run.open == ["rework"]


def test_a_branch_is_not_entered_alone(run: InstanceRun) -> None:
    with pytest.raises(InsideBranches):
        planned(run, "legal")


def test_enclosing_scopes_are_begun_and_repeated_ones_are_not() -> None:
    draw = MapBuilder()
    draw.start()
    draw.end()
    draw.step("first")
    with draw.scope("talks"):
        draw.start("begin")
        draw.end("done")
        draw.step("call")
        draw.step("note")
        draw.chain("begin", "call", "note", "done")
    with draw.scope("each", draw.multi_instance("each", cardinality="2")):
        draw.start("begin_each")
        draw.end("done_each")
        draw.step("ask")
        draw.step("tell")
        draw.chain("begin_each", "ask", "tell", "done_each")
    draw.boundary("tired", "talks", draw.message("tired", "tired"))
    draw.end("gone")
    draw.chain("tired", "gone")
    draw.chain("start", "first", "talks", "each", "end")
    run = InstanceRun(draw.build())
    assert {"call", "note", "talks", "each"} <= set(jump_targets(run.process))
    run.apply(MoveToken("note"))
    assert (run.open, [name for _, name in run.messages]) == (["note"], ["tired"])
    with pytest.raises(TargetRepeated):
        planned(run, "ask")
    run.apply(MoveToken("each"))
    assert (run.open, run.messages) == (["ask", "ask"], {})


def test_all_runs_of_a_repeated_receive_task_are_begun_anew() -> None:
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    paid = element("receiveTask", "paid", "Оплата надійшла", loop, messageRef="m")
    drawn = (START, paid, element("userTask", "ship", "Відвантажити"), END, chain("start", "paid", "ship", "end"))
    run = InstanceRun(compiled(*drawn, around='<message id="m" name="Оплата"/>'))
    with pytest.raises(AlreadyThere):
        planned(run, "paid")
    run.complete("paid")
    run.complete("paid")
    assert planned(run, "paid").left == ("ship",)
    run.apply(MoveToken("paid"))
    assert (run.open, len(run.messages)) == (["paid", "paid"], 2)
    run.complete("paid")
    run.deliver("paid_message")
    assert run.open == ["ship"]


def test_nothing_is_moved_while_an_event_sub_process_runs_beside_it() -> None:
    draw = MapBuilder()
    draw.start()
    draw.end()
    draw.step("first")
    draw.step("second")
    draw.chain("start", "first", "second", "end")
    with draw.event_scope("help"):
        draw.start("called", draw.message("called", "called"), interrupting=False)
        draw.step("answer")
        draw.end("answered")
        draw.chain("called", "answer", "answered")
    run = InstanceRun(draw.build())
    run.deliver("called")
    assert run.open == ["answer", "first"]
    with pytest.raises(Meanwhile):
        planned(run, "second")
    with pytest.raises(BesideTheWay):
        planned(InstanceRun(draw.build()), "answer")
    run.complete("answer")
    run.apply(MoveToken("second"))
    assert run.open == ["second"]
    assert [name for _, name in run.messages] == ["called"], "it is listened to as before"


def test_variables_set_by_hand_wake_conditions_but_never_decide_a_step(run: InstanceRun) -> None:
    run.complete("prepare")
    result = run.apply(SetVariables({"again": True, "legal_outcome": "approved", "unknown": 1}))
    assert dict(result.variables) == {"again": True}
    assert run.open == ["finance", "legal"]


def enough_of(draw: MapBuilder, entry: str) -> None:
    """Behind ``entry`` two steps of which one is enough for the third."""
    draw.gateway("parallel", "ask")
    draw.step("first")
    draw.step("second")
    draw.complex_join("enough", "activationCount >= 1")
    draw.step("third")
    draw.end("done")
    draw.chain(entry, "ask", "first", "enough", "third", "done")
    draw.chain("ask", "second", "enough")


def test_a_round_of_a_complex_gateway_is_not_moved_in() -> None:
    """Which tokens it takes depends on values: a late one that was moved would be waited for, or begin a round."""
    draw = MapBuilder()
    draw.start()
    enough_of(draw, "start")
    run = InstanceRun(draw.build())
    run.complete("first")
    for target in ("first", "second", "third"):
        with pytest.raises(JumpRefused):
            run.apply(MoveToken(target))
    with pytest.raises(TooManyWays):
        run.apply(MoveToken("first"))
    run.complete("second")
    assert run.open == ["third"], "the round is over, and its late token with it"


def test_a_round_of_a_complex_gateway_ends_with_the_part_that_is_left() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("before")
    with draw.scope("part"):
        draw.start("begin")
        enough_of(draw, "begin")
    draw.end()
    draw.chain("start", "before", "part", "end")
    run = InstanceRun(draw.build())
    run.complete("before")
    for _ in range(2):
        run.complete("first")
        assert run.open == ["second", "third"]
        run.apply(MoveToken("before"))
        assert run.open == ["before"]
        run.complete("before")


def test_a_round_of_a_complex_gateway_beside_the_way_ends_when_the_deal_is_moved() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("host")
    draw.boundary("asked", "host", draw.message("asked", "asked"), interrupting=False)
    draw.step("after")
    draw.end()
    draw.chain("start", "host", "after", "end")
    enough_of(draw, "asked")
    run = InstanceRun(draw.build())
    for _ in range(2):
        run.deliver("asked")
        run.complete("first")
        assert run.open == ["host", "second", "third"]
        run.apply(MoveToken("after"))
        assert run.open == ["after"]
        run.apply(MoveToken("host"))
