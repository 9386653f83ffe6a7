"""Carrying an instance to another version, case by case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.canonical_maps import MONDAY, MapBuilder, after, context, every, when
from support.instance_run import InstanceRun

from engine.bpmn.carrying import Carried, CarryOrder, carry
from engine.bpmn.carrying_problems import CannotCarry
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import CompleteStep
from engine.bpmn.spec import build_spec
from engine.bpmn.stepper import load, step


def carried(run: InstanceRun, new: CompiledProcess, **order: object) -> Carried:
    assert run.state is not None
    return carry(run.process, new, run.state, CarryOrder(**order), context(run.now))  # type: ignore[arg-type]


def refused(run: InstanceRun, new: CompiledProcess, **order: object) -> set[str]:
    with pytest.raises(CannotCarry) as told:
        carried(run, new, **order)
    return {problem.code for problem in told.value.problems}


def plain(*steps: str) -> CompiledProcess:
    draw = MapBuilder()
    draw.chain(draw.start(), *(draw.step(step) for step in steps), draw.end())
    return draw.build()


def wrapped(step: str, loop: str = "") -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    with draw.scope("around", loop):
        draw.chain(draw.start("in"), draw.step(step), draw.end("out"))
    draw.chain("start", "around", draw.end())
    return draw.build()


def with_alarm(days: int = 3, *, repeats: bool = False) -> CompiledProcess:
    draw = MapBuilder()
    draw.chain(draw.start(), draw.step("sign"), draw.end())
    rule = every(days=days) if repeats else after(days=days)
    draw.chain(draw.boundary("alarm", "sign", draw.timer("alarm", rule), interrupting=False), draw.step("call"))
    draw.flow("call", draw.end("called"))
    return draw.build()


def approved_once(last: str, *, asks: str = "legal") -> CompiledProcess:
    """prepare → approved before? → ask, unless it was → last, or back to the beginning."""
    draw = MapBuilder()
    draw.start()
    draw.gateway("exclusive", "merge")
    draw.gateway("exclusive", "again", default="ask")
    draw.gateway("exclusive", "asked")
    draw.gateway("exclusive", "way", default="back")
    draw.chain("start", "merge", draw.step("prepare"), "again")
    draw.flow("again", "asked", when("approved", asks))
    draw.flow("again", draw.step(asks), flow_id="ask")
    draw.chain(asks, "asked", draw.step(last), "way")
    draw.flow("way", draw.end(), when("completed", last))
    draw.flow("way", "merge", flow_id="back")
    return draw.build()


def race(*events: str) -> CompiledProcess:
    draw = MapBuilder()
    draw.chain(draw.start(), draw.gateway("eventBased", "race"))
    for event in events:
        draw.chain("race", draw.catch(event, draw.message(event, event)), draw.end(f"after_{event}"))
    return draw.build()


def test_an_unchanged_map_gives_the_very_same_bytes() -> None:
    run = InstanceRun(with_alarm())
    moved = carried(run, with_alarm())
    assert moved.result.state == run.state
    assert (moved.result.opened_timers, moved.result.closed_timers) == ((), ())


def test_a_step_moves_into_a_sub_process_and_out_again() -> None:
    run = InstanceRun(plain("sign"))
    into = carried(run, wrapped("sign"))
    assert into.result.closed_steps == ()
    inside = InstanceRun(wrapped("sign"))
    assert carried(inside, plain("sign")).result.opened_steps == ()


def test_a_step_does_not_move_into_runs_nor_out_of_them() -> None:
    draw = MapBuilder()
    loop = draw.multi_instance("around", cardinality="2")
    several = wrapped("sign", loop).model_copy(update={"loops": draw.tables["loops"], "content_hash": "several"})
    assert refused(InstanceRun(plain("sign")), several) == {"into_repetition"}
    assert refused(InstanceRun(several), plain("sign")) == {"out_of_repetition"}


def test_a_timer_by_another_rule_is_kept_or_counted_from_the_opening() -> None:
    run = InstanceRun(with_alarm(3))
    kept = carried(run, with_alarm(5))
    assert kept.result.opened_timers == ()
    run.wait(days=1)
    opened_at = {run.activity("sign"): MONDAY}
    anew = carried(run, with_alarm(5), recompute=True, opened_at=opened_at)
    assert [timer.due_at for timer in anew.result.opened_timers] == [MONDAY + timedelta(days=5)]


def test_an_alarm_that_rang_does_not_ring_again_in_the_new_version() -> None:
    run = InstanceRun(with_alarm(3))
    run.fire("alarm")
    assert carried(run, with_alarm(5), recompute=True).result.opened_timers == ()


def test_a_race_gets_its_new_rivals_and_loses_the_removed_ones() -> None:
    run = InstanceRun(race("paid", "called"))
    moved = carried(run, race("paid", "wrote"))
    assert [message.node_id for message in moved.result.opened_messages] == ["wrote"]
    assert [node for _, node in moved.result.closed_messages] == ["called"]
    assert len(moved.result.closed_messages) == 1


def test_another_kind_of_element_under_the_same_id_is_refused() -> None:
    draw = MapBuilder()
    draw.chain(draw.start(), draw.call_service("sign"), draw.end())
    assert refused(InstanceRun(plain("sign")), draw.build()) == {"other_kind"}


def test_a_chosen_step_must_be_one_at_which_a_deal_can_wait() -> None:
    run = InstanceRun(plain("prepare"))
    assert refused(run, plain("sign")) == {"no_counterpart"}
    assert refused(run, plain("sign"), choices={"prepare": "start"}) == {"target_not_a_step"}
    moved = carried(run, plain("sign"), choices={"prepare": "sign"})
    assert [step.element_id for step in moved.result.opened_steps] == ["sign"]
    assert moved.result.closed_steps == (run.activity("prepare"),)


def test_a_condition_that_holds_already_must_not_carry_the_deal_on() -> None:
    draw = MapBuilder()
    draw.chain(draw.start(), draw.step("sign"), draw.end())
    alarm = draw.boundary("alarm", "sign", draw.conditional("alarm", "discount > 5"), interrupting=False)
    draw.chain(alarm, draw.step("check"), draw.end("checked"))
    watched = draw.build(variables=["discount"])
    assert refused(InstanceRun(plain("sign")), watched, known={"discount": 9}) == {"would_go_on"}
    assert carried(InstanceRun(plain("sign")), watched, known={"discount": 1}).result.passed == ()


def attended(*events: str, more: bool = False) -> CompiledProcess:
    """A step, and beside it an event sub-process for each message."""
    draw = MapBuilder()
    draw.chain(draw.start(), draw.step("sign"), *([draw.step("send")] if more else []), draw.end())
    for event in events:
        with draw.event_scope(f"on_{event}"):
            draw.element("startEvent", event, draw.message(event, event), isInterrupting="false")
            draw.chain(event, draw.step(f"answer_{event}"), draw.end(f"after_{event}"))
    return draw.build()


def test_what_waits_beside_the_work_of_a_scope_waits_on() -> None:
    run = InstanceRun(attended("complaint", "question"))
    moved = carried(run, attended("complaint", "praise", more=True))
    assert [message.node_id for message in moved.result.opened_messages] == ["praise"]
    assert [node for _, node in moved.result.closed_messages] == ["question"]
    run.deliver("complaint")
    again = carried(run, attended("complaint", "question", more=True)).result
    assert (again.opened_steps, again.closed_steps, again.opened_messages) == ((), (), ())


def undoable(step: str, handler: str) -> CompiledProcess:
    draw = MapBuilder()
    draw.chain(draw.start(), draw.step(step), draw.step("decide"), draw.throw("undo", draw.compensate()), draw.end())
    draw.undo(step, draw.step(handler))
    return draw.build()


def test_what_was_done_can_still_be_undone_or_the_deal_stays() -> None:
    run = InstanceRun(undoable("book", "cancel"))
    run.complete("book")
    assert carried(run, undoable("book", "cancel")).result.state == run.state
    assert refused(run, undoable("book", "refund")) == {"other_kind"}
    assert refused(run, undoable("pay", "cancel")) == {"other_kind"}
    run.complete("decide")
    assert refused(run, undoable("book", "cancel")) == {"being_undone"}


def test_where_all_was_undone_nothing_changes() -> None:
    def undone() -> MapBuilder:
        draw = MapBuilder()
        draw.chain(draw.start(), draw.step("book"), draw.throw("undo", draw.compensate()), draw.step("after"))
        draw.flow("after", draw.end())
        draw.undo("book", draw.step("cancel"))
        return draw

    run = InstanceRun(undone().build())
    run.complete("book")
    run.complete("cancel")
    moved = carried(run, undone().build())
    assert moved.result.state == run.state
    assert moved.waiting == {"after"}


def two_of_three(*branches: str) -> CompiledProcess:
    """A complex gateway that goes on when two branches have come."""
    draw = MapBuilder()
    draw.chain(draw.start(), draw.gateway("parallel", "fork"))
    draw.complex_join("join", "activationCount >= 2")
    for branch in branches:
        draw.chain("fork", draw.step(branch), "join")
    draw.chain("join", draw.step("after"), draw.end())
    return draw.build()


def test_a_complex_gateway_that_has_gone_on_does_not_go_on_once_more_in_the_new_version() -> None:
    run = InstanceRun(two_of_three("a", "b", "c", "d"))
    run.complete("a")
    run.complete("b")
    new = two_of_three("a", "b", "c", "d")
    state = carried(run, new).result.state
    assert state == run.state
    for branch in ("c", "d"):
        run.complete(branch)
    assert run.open == ["after"], "two late branches are no new round"
    other = InstanceRun(two_of_three("a", "b", "c"))
    other.complete("a")
    other.complete("b")
    assert refused(other, two_of_three("a", "b", "c", "d")) == {"join_changed"}


def outcomes_after(run: InstanceRun, new: CompiledProcess, choices: dict[str, str | None]) -> dict[str, object]:
    assert run.state is not None
    moved = carried(run, new, choices=choices)
    workflow = load(build_spec(new), moved.result.state, context(run.now))
    return {name: value for name, value in workflow.environment.store.values.items() if name.endswith("_outcome")}


def test_what_lies_ahead_of_a_step_that_a_deal_is_sent_back_to_is_decided_anew() -> None:
    run = InstanceRun(approved_once("sign"))
    run.complete("prepare")
    run.complete("legal", "approved")
    assert outcomes_after(run, approved_once("sign"), {}) == {"legal_outcome": "approved"}
    assert outcomes_after(run, approved_once("close"), {"sign": "prepare"}) == {}
    assert outcomes_after(run, approved_once("close", asks="lawyer"), {"sign": "prepare", "legal": "lawyer"}) == {}


def test_a_step_that_only_took_a_new_id_keeps_what_was_decided_before_it() -> None:
    run = InstanceRun(approved_once("sign"))
    run.complete("prepare")
    run.complete("legal", "approved")
    assert outcomes_after(run, approved_once("close"), {"sign": "close"}) == {"legal_outcome": "approved"}
    run.complete("sign", "returned")
    again = outcomes_after(run, approved_once("close"), {"prepare": "legal", "sign": "close"})
    assert again["sign_outcome"] == again["close_outcome"] == "returned"


def approved_twice(lawyer: str) -> CompiledProcess:
    """Two runs side by side; in each two approve, and it ends well where both do."""
    draw = MapBuilder()
    draw.start()
    with draw.scope("around", draw.multi_instance("around", cardinality="2")):
        draw.gateway("exclusive", "way", default="no")
        draw.chain(draw.start("in"), draw.step(lawyer), draw.step("finance"), "way")
        draw.flow("way", draw.end("yes"), when("approved", lawyer, "finance"))
        draw.flow("way", draw.end("not"), flow_id="no")
    draw.chain("start", "around", draw.end())
    return draw.build()


def test_each_run_takes_along_what_was_decided_in_it_under_the_new_id() -> None:
    run = InstanceRun(approved_twice("legal"))
    run.complete("legal", "rejected")
    run.complete("legal", "approved")
    new = approved_twice("lawyer")
    moved = carried(run, new, choices={"legal": "lawyer"})
    ways = []
    for activity in [one.activity_id for one in run.steps.values()]:
        result = step(new, moved.result.state, CompleteStep(activity, "approved"), context(run.now))
        ways.append({one.element_id for one in result.passed} & {"yes", "not"})
    assert ways == [{"not"}, {"yes"}]
