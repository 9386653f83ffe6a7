"""Multi-instance and standard loops, each step in a process that has never seen the instance."""

from __future__ import annotations

from typing import Any

import pytest
from support.canonical_maps import MapBuilder, after, when
from support.instance_run import InstanceRun

from engine.bpmn import spec as spec_module
from engine.bpmn.compiled import CompiledProcess
from engine.errors import MapFailed


@pytest.fixture(autouse=True)
def _cold_process() -> None:
    """Every test begins without built specs, as a fresh worker does."""
    spec_module._cache.clear()


def repeated(*, sequential: bool = False, **rule: str) -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("approve", draw.multi_instance("approve", sequential=sequential, **rule))
    draw.gateway("exclusive", "decide", default="ok")
    draw.step("rework")
    draw.step("sign")
    draw.end()
    draw.chain("start", "approve", "decide")
    draw.flow("decide", "rework", when("returned|rejected", "approve"))
    draw.flow("decide", "sign", flow_id="ok")
    draw.chain("rework", "approve")
    draw.chain("sign", "end")
    return draw.build(variables=["enough"])


def test_a_multi_instance_completes_in_a_cold_process() -> None:
    run = InstanceRun(repeated(cardinality="3"))
    assert run.open == ["approve"] * 3
    for index in (2, 0, 1):
        spec_module._cache.clear()
        run.complete("approve", "approved", index=index)
    assert run.open == ["sign"]


def test_runs_carry_their_index_and_item() -> None:
    run = InstanceRun(repeated(collection="deal.members"), deal={"members": ["iryna", "oksana"]})
    assert [(opened.index, opened.item) for opened in run.steps.values()] == [(0, "iryna"), (1, "oksana")]


def test_sequential_runs_open_one_after_the_other() -> None:
    run = InstanceRun(repeated(collection="deal.members", sequential=True), deal={"members": ["iryna", "oksana"]})
    assert [(opened.index, opened.item) for opened in run.steps.values()] == [(0, "iryna")]
    run.facts = {"deal": {"members": ["nobody"]}}
    run.complete("approve", "approved")
    assert [(opened.index, opened.item) for opened in run.steps.values()] == [(1, "oksana")], "as of when it began"
    run.complete("approve", "approved")
    assert run.open == ["sign"]


@pytest.mark.parametrize(
    ("outcomes", "together", "then"),
    [
        (("approved", "returned", "approved"), "returned", "rework"),
        (("rejected", "returned", "approved"), "rejected", "rework"),
        (("approved", "approved", "approved"), "approved", "sign"),
    ],
)
@pytest.mark.parametrize("sequential", [True, False])
def test_outcomes_of_the_runs_combine(outcomes: tuple[str, ...], together: str, then: str, *, sequential: bool) -> None:
    run = InstanceRun(repeated(cardinality="3", sequential=sequential))
    for index, outcome in enumerate(outcomes):
        run.complete("approve", outcome, index=index)
    assert run.last.variables["approve_outcome"] == together
    assert run.open == [then]


def test_a_new_round_of_runs_forgets_the_outcomes_of_the_last() -> None:
    run = InstanceRun(repeated(cardinality="2"))
    run.complete("approve", "returned", index=0)
    run.complete("approve", "approved", index=1)
    run.complete("rework")
    assert run.open == ["approve", "approve"]
    assert "approve_outcome" not in run.last.variables
    run.complete("approve", "approved", index=0)
    run.complete("approve", "approved", index=1)
    assert run.open == ["sign"]


@pytest.mark.parametrize("sequential", [True, False])
def test_a_completion_condition_withdraws_the_rest(*, sequential: bool) -> None:
    process = repeated(cardinality="5", completion_condition="enough", sequential=sequential)
    run = InstanceRun(process, variables={"enough": False})
    run.complete("approve", "approved", index=0)
    assert run.open == ["approve"] * (1 if sequential else 4)
    run.complete("approve", "approved", index=1, enough=True)
    assert run.open == ["sign"]


def test_no_runs_at_all_pass() -> None:
    assert InstanceRun(repeated(collection="deal.members"), deal={"members": []}).open == ["sign"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"cardinality": "201"}, "TOO_MANY_RUNS"),
        ({"cardinality": "10000000000"}, "TOO_MANY_RUNS"),
        ({"cardinality": "1.5"}, "RUNS_NOT_COUNTABLE"),
        ({"cardinality": "0 - 1"}, "RUNS_NOT_COUNTABLE"),
        ({"cardinality": '"two"'}, "RUNS_NOT_COUNTABLE"),
        ({"collection": "deal.name"}, "RUNS_NOT_COUNTABLE"),
    ],
)
def test_what_is_no_count_or_too_many_is_an_incident(rule: dict[str, Any], code: str) -> None:
    with pytest.raises(MapFailed) as failed:
        InstanceRun(repeated(**rule), deal={"name": "A"})
    assert failed.value.params["problem_code"] == code
    assert failed.value.params["element"] == "approve"


def test_two_hundred_runs_are_allowed() -> None:
    run = InstanceRun(repeated(cardinality="200"))
    assert len(run.steps) == 200


def scopes(*, sequential: bool) -> CompiledProcess:
    """A sub-process for each product; the decision in it looks at the run's own item."""
    draw = MapBuilder()
    draw.start()
    loop = draw.multi_instance("each", sequential=sequential, collection="deal.products", item_variable="product")
    with draw.scope("each", loop):
        draw.start("s")
        draw.step("check")
        draw.gateway("exclusive", "dear", default="cheap")
        draw.step("ask_head")
        draw.end("e")
        draw.chain("s", "check", "dear")
        draw.flow("dear", "ask_head", "product.price > 100")
        draw.flow("dear", "e", flow_id="cheap")
        draw.chain("ask_head", "e")
    draw.boundary("late", "each", draw.timer("late", after(days=1)))
    draw.step("after")
    draw.end()
    draw.end("late_end")
    draw.chain("start", "each", "after", "end")
    draw.chain("late", "late_end")
    return draw.build()


PRODUCTS = {"products": [{"price": 500}, {"price": 5}]}


def test_each_run_of_a_sub_process_sees_its_own_item() -> None:
    run = InstanceRun(scopes(sequential=False), deal=PRODUCTS)
    first, second = list(run.steps)
    assert [opened.element_id for opened in run.steps.values()] == ["check", "check"]
    run.complete("check")
    assert first not in run.steps
    assert run.open == ["ask_head", "check"]
    assert second in run.steps
    run.complete("check")
    assert run.open == ["ask_head"]
    run.complete("ask_head")
    assert run.open == ["after"]
    assert not run.timers


def test_a_timer_at_the_loop_closes_all_its_runs() -> None:
    run = InstanceRun(scopes(sequential=False), deal=PRODUCTS)
    run.fire("late")
    assert run.open == []
    assert run.last.finished
    assert run.last.end_events == ("late_end",)


def test_sequential_sub_processes_follow_one_another() -> None:
    run = InstanceRun(scopes(sequential=True), deal=PRODUCTS)
    run.complete("check")
    assert run.open == ["ask_head"]
    run.complete("ask_head")
    assert run.open == ["check"]
    run.complete("check")
    assert run.open == ["after"]


def test_an_error_in_one_run_goes_to_the_handler_of_the_loop() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("each", draw.multi_instance("each", cardinality="3")):
        draw.start("s")
        draw.step("check")
        draw.end("broken", draw.error("bad"))
        draw.chain("s", "check", "broken")
    draw.boundary("on_bad", "each", draw.error("bad"))
    draw.step("mend")
    draw.end()
    draw.end("mended")
    draw.chain("start", "each", "end")
    draw.chain("on_bad", "mend", "mended")
    run = InstanceRun(draw.build())
    run.complete("check")
    assert run.open == ["mend"]


class TestStandardLoop:
    @staticmethod
    def looping(*, test_before: bool = False, **rule: str) -> CompiledProcess:
        draw = MapBuilder()
        draw.start()
        draw.step("call", draw.standard_loop("call", test_before=test_before, **rule))
        draw.step("after")
        draw.end()
        draw.chain("start", "call", "after", "end")
        return draw.build(variables=["reached"])

    def test_it_repeats_until_it_is_enough(self) -> None:
        run = InstanceRun(self.looping(completion_condition="reached"))
        for attempt in range(3):
            assert next(iter(run.steps.values())).index == attempt
            run.complete("call", reached=attempt == 2)
        assert run.open == ["after"]

    def test_it_stops_at_its_maximum(self) -> None:
        run = InstanceRun(self.looping(completion_condition="reached", cardinality="2"))
        run.complete("call", reached=False)
        run.complete("call", reached=False)
        assert run.open == ["after"]

    def test_a_condition_tested_before_can_skip_it(self) -> None:
        process = self.looping(completion_condition="reached", test_before=True)
        assert InstanceRun(process, variables={"reached": True}).open == ["after"]
        assert InstanceRun(process, variables={"reached": False}).open == ["call"]
