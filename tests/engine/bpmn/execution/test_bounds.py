"""Diagram bombs: a few lines that would fill or hang an engine. Each is stopped, by name, and soon."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from support.canonical_maps import MapBuilder, after
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess
from engine.errors import MapFailed


def endless_loop() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.gateway("exclusive", "merge")
    draw.script("count", ("counted", "1"))
    draw.chain("start", "merge", "count", "merge")
    return draw.build()


def doubling(levels: int) -> CompiledProcess:
    """Each level doubles the tokens: two branches meet without a join."""
    draw = MapBuilder()
    draw.start()
    before = "start"
    for level in range(levels):
        draw.gateway("parallel", f"split_{level}")
        draw.gateway("exclusive", f"meet_{level}")
        draw.flow(before, f"split_{level}")
        for branch in "ab":
            draw.script(f"{branch}_{level}", ("done", "1"))
            draw.flow(f"split_{level}", f"{branch}_{level}")
            draw.flow(f"{branch}_{level}", f"meet_{level}")
        before = f"meet_{level}"
    draw.step("last")
    draw.end()
    draw.chain(before, "last", "end")
    return draw.build()


def fan_out(width: int) -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "split")
    draw.flow("start", "split")
    for number in range(width):
        draw.step(f"step_{number}")
        draw.flow("split", f"step_{number}")
    return draw.build()


def calling_itself() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.call("again", "sale")
    draw.end()
    draw.chain("start", "again", "end")
    return draw.build()


def nested(levels: int) -> CompiledProcess:
    draw = MapBuilder()

    def level(number: int) -> None:
        draw.start(f"start_{number}")
        if number == levels:
            draw.step(f"inside_{number}")
        else:
            with draw.scope(f"inside_{number}"):
                level(number + 1)
        draw.end(f"end_{number}")
        draw.chain(f"start_{number}", f"inside_{number}", f"end_{number}")

    level(0)
    return draw.build()


def runs_of_runs(runs: str) -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    with draw.scope("each", draw.multi_instance("each", cardinality=runs)):
        draw.start("s")
        with draw.scope("every", draw.multi_instance("every", cardinality=runs)):
            draw.start("s2")
            draw.step("deep")
            draw.end("e2")
            draw.chain("s2", "deep", "e2")
        draw.end("e")
        draw.chain("s", "every", "e")
    draw.end()
    draw.chain("start", "each", "end")
    return draw.build()


def timers(number: int) -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("host")
    draw.end()
    draw.chain("start", "host", "end")
    for count in range(number):
        draw.boundary(f"t_{count}", "host", draw.timer(f"t_{count}", after(days=1)), interrupting=False)
        draw.end(f"e_{count}")
        draw.flow(f"t_{count}", f"e_{count}")
    return draw.build()


def endless_standard_loop() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.script("again", ("done", "1"), loop=draw.standard_loop("again"))
    draw.end()
    draw.chain("start", "again", "end")
    return draw.build()


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (endless_loop, "TOO_MANY_AUTOMATIC_STEPS"),
        (endless_standard_loop, "TOO_MANY_AUTOMATIC_STEPS"),
        (lambda: doubling(16), "TOO_MANY_AUTOMATIC_STEPS"),
        (lambda: doubling(24), "TOO_MANY_AUTOMATIC_STEPS"),
        (lambda: fan_out(2_500), "TOO_MANY_LIVE_TASKS"),
        (calling_itself, "TOO_DEEP"),
        (lambda: nested(25), "TOO_DEEP"),
        (lambda: runs_of_runs("199"), "TOO_MANY_LIVE_TASKS"),
        (lambda: runs_of_runs("1000000000"), "TOO_MANY_RUNS"),
        (lambda: timers(201), "TOO_MANY_TIMERS"),
    ],
)
def test_a_bomb_is_stopped_within_its_bound(bomb: Callable[[], CompiledProcess], code: str) -> None:
    process = bomb()
    began = time.process_time()
    with pytest.raises(MapFailed) as failed:
        InstanceRun(process)
    assert failed.value.params["problem_code"] == code
    assert failed.value.params["element"]
    assert time.process_time() - began < 6


@pytest.mark.parametrize(
    "bounded", [lambda: nested(19), lambda: timers(200), lambda: fan_out(1_900), lambda: runs_of_runs("20")]
)
def test_what_stays_within_the_bounds_runs(bounded: Callable[[], CompiledProcess]) -> None:
    assert InstanceRun(bounded()).steps


def test_a_chain_as_long_as_a_map_may_be_runs() -> None:
    draw = MapBuilder()
    draw.start()
    names = [draw.step(f"step_{number}") for number in range(2_000)]
    draw.end()
    draw.chain("start", *names, "end")
    run = InstanceRun(draw.build())
    run.complete("step_0")
    assert run.open == ["step_1"]


class TestStalls:
    def test_an_exclusive_split_into_a_parallel_join_is_an_incident_that_names_the_join(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.step("ask")
        draw.gateway("exclusive", "decide", default="left")
        draw.gateway("parallel", "join_both")
        draw.chain("start", "ask", "decide")
        draw.flow("decide", "join_both", flow_id="left")
        draw.step("right")
        draw.flow("decide", "right", "amount > 5")
        draw.flow("right", "join_both")
        draw.end()
        draw.chain("join_both", "end")
        run = InstanceRun(draw.build(variables=["amount"]))
        with pytest.raises(MapFailed) as failed:
            run.complete("ask", amount=1)
        assert failed.value.params["problem_code"] == "STALLED"
        assert failed.value.params["element_id"] == "join_both"
        assert "join both" in str(failed.value)
        assert run.open == ["ask"]

    @pytest.mark.parametrize(("condition", "stalls"), [("agreed", True), ("agreed or deal.urgent", False)])
    def test_a_condition_that_no_step_can_fulfil_any_more_is_waited_for_only_if_the_deal_can(
        self, condition: str, *, stalls: bool
    ) -> None:
        draw = MapBuilder()
        draw.start()
        draw.step("ask")
        draw.catch("until", draw.conditional("until", condition))
        draw.end()
        draw.chain("start", "ask", "until", "end")
        run = InstanceRun(draw.build(variables=["agreed"]), deal={"urgent": False})
        if stalls:
            with pytest.raises(MapFailed) as failed:
                run.complete("ask", agreed=False)
            assert failed.value.params["problem_code"] == "STALLED"
            assert failed.value.params["element_id"] == "until"
            assert run.open == ["ask"]
        else:
            assert not run.complete("ask", agreed=False).finished
            assert run.facts_changed(deal={"urgent": True}).finished

    def test_a_token_that_waits_in_vain_is_noticed_when_the_last_step_is_done(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.gateway("parallel", "join")
        draw.step("a")
        draw.step("b")
        draw.step("never")
        draw.end()
        draw.flow("start", "split")
        draw.flow("split", "a")
        draw.flow("split", "b")
        draw.flow("a", "join")
        draw.flow("never", "join")
        draw.chain("join", "end")
        draw.end("b_end")
        draw.flow("b", "b_end")
        run = InstanceRun(draw.build())
        run.complete("a")
        with pytest.raises(MapFailed) as failed:
            run.complete("b")
        assert failed.value.params["problem_code"] == "STALLED"
