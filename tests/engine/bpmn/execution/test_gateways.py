"""Decisions: exclusive, inclusive, by event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from support.canonical_maps import MONDAY, MapBuilder, after, when
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import EvaluateConditions, FireTimer
from engine.errors import MapFailed


def decision(*ways: tuple[str, str | None], default: str | None = None, kind: str = "exclusive") -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("ask")
    draw.gateway(kind, "decide", default=default)
    draw.chain("start", "ask", "decide")
    draw.gateway(kind, "merge")
    for name, condition in ways:
        draw.step(name)
        draw.flow("decide", name, condition, flow_id=f"to_{name}")
        draw.flow(name, "merge")
    draw.step("last")
    draw.end()
    draw.chain("merge", "last", "end")
    return draw.build(variables=("amount", "urgent"))


def test_the_first_true_condition_is_taken() -> None:
    run = InstanceRun(decision(("big", "amount > 1000"), ("any", "amount > 0"), ("none", None), default="to_none"))
    run.complete("ask", amount=Decimal("5000.50"))
    assert run.open == ["big"]
    assert [passed.element_id for passed in run.last.passed] == ["ask", "f2", "decide", "to_big"]


def test_the_default_is_taken_when_no_condition_is_true() -> None:
    run = InstanceRun(decision(("big", "amount > 1000"), ("none", None), default="to_none"))
    run.complete("ask", amount=1)
    assert run.open == ["none"]


@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
def test_a_decision_that_leads_nowhere_fails_at_the_gateway_and_changes_nothing(kind: str) -> None:
    run = InstanceRun(decision(("big", "amount > 1000"), ("small", "amount < 10"), kind=kind))
    before = run.state
    with pytest.raises(MapFailed) as failed:
        run.complete("ask", amount=500)
    assert failed.value.params["element"] == "decide"
    assert failed.value.params["problem_code"] == "NO_WAY_OPEN"
    assert run.state == before
    run.complete("ask", amount=5)
    assert run.open == ["small"]


@pytest.mark.parametrize("amount", ["many", None, 3])
def test_a_condition_that_is_neither_true_nor_false_is_an_incident_never_the_default(amount: object) -> None:
    run = InstanceRun(decision(("big", "amount + 1"), ("none", None), default="to_none"))
    with pytest.raises(MapFailed) as failed:
        run.complete("ask", amount=amount)
    assert failed.value.params["element_id"] == "decide"


def test_conditions_read_facts_and_a_field_never_overwrites_them() -> None:
    process = decision(("big", "deal.amount > 1000"), ("none", None), default="to_none")
    run = InstanceRun(process, deal={"amount": 5})
    run.complete("ask", deal={"amount": 5000}, by_name={"deal.amount": 5000})
    assert run.open == ["none"]
    assert run.last.variables == {}


def test_a_single_steps_way_is_taken_by_its_id() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("ask", outcomes=())
    draw.gateway("exclusive", "decide")
    draw.chain("start", "ask", "decide")
    for way in ("yes", "no"):
        draw.end(f"end_{way}")
        draw.flow("decide", f"end_{way}", when(way, "ask"), flow_id=way)
    run = InstanceRun(draw.build())
    run.complete("ask", "no")
    assert run.last.end_events == ("end_no",)
    assert run.last.finished


def test_a_way_chosen_counts_only_from_a_single_step() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("first", outcomes=())
    draw.step("second", outcomes=())
    draw.gateway("exclusive", "decide", default="other")
    draw.chain("start", "first", "second", "decide")
    draw.end("end_yes")
    draw.end("end_other")
    draw.flow("decide", "end_yes", when("yes", "first", "second"))
    draw.flow("decide", "end_other", flow_id="other")
    run = InstanceRun(draw.build())
    run.complete("first", "yes")
    run.complete("second", "yes")
    assert run.last.end_events == ("end_other",)


def test_two_ways_to_one_step_are_told_apart_in_the_walked_path() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("ask")
    draw.gateway("exclusive", "decide", default="quietly")
    draw.step("go")
    draw.end()
    draw.chain("start", "ask", "decide")
    draw.flow("decide", "go", "amount > 10", flow_id="loudly")
    draw.flow("decide", "go", flow_id="quietly")
    draw.flow("go", "end")
    process = draw.build(variables=["amount"])
    for amount, flow in ((20, "loudly"), (1, "quietly")):
        run = InstanceRun(process)
        run.complete("ask", amount=amount)
        assert run.last.passed[-1].element_id == flow
        assert run.open == ["go"]


class TestInclusive:
    def test_the_join_waits_for_exactly_the_branches_that_were_chosen(self) -> None:
        process = decision(
            ("big", "amount > 1000"), ("hurry", "urgent"), ("plain", None), default="to_plain", kind="inclusive"
        )
        both = InstanceRun(process)
        both.complete("ask", amount=2000, urgent=True)
        assert both.open == ["big", "hurry"]
        both.complete("big")
        assert both.open == ["hurry"]
        both.complete("hurry")
        assert both.open == ["last"]
        none = InstanceRun(process)
        none.complete("ask", amount=1, urgent=False)
        assert none.open == ["plain"]
        none.complete("plain")
        assert none.open == ["last"]

    def test_it_waits_in_every_round_of_a_rework_loop(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.step("ask")
        draw.gateway("inclusive", "split", default="d")
        draw.gateway("inclusive", "join")
        draw.gateway("exclusive", "again", default="done")
        draw.chain("start", "ask", "split")
        for name, condition in (("a", "wa"), ("b", "wb")):
            draw.step(name)
            draw.flow("split", name, condition)
            draw.flow(name, "join")
        draw.flow("split", "join", flow_id="d")
        draw.flow("join", "again")
        draw.flow("again", "ask", "repeat")
        draw.end()
        draw.flow("again", "end", flow_id="done")
        run = InstanceRun(draw.build(variables=("wa", "wb", "repeat")))
        for _ in range(3):
            run.complete("ask", wa=True, wb=True, repeat=True)
            assert run.open == ["a", "b"]
            run.complete("b")
            assert run.open == ["a"]
            run.complete("a")
            assert run.open == ["ask"]
        run.complete("ask", wa=False, wb=False, repeat=False)
        assert run.last.finished


class TestEventGateway:
    @pytest.fixture
    def race(self) -> CompiledProcess:
        draw = MapBuilder()
        draw.start()
        draw.gateway("eventBased", "whichever")
        draw.flow("start", "whichever")
        events: dict[str, Callable[[], str]] = {
            "answer": lambda: draw.message("answer", "Answer"),
            "soon": lambda: draw.timer("soon", after(days=1)),
            "late": lambda: draw.timer("late", after(days=5)),
            "big": lambda: draw.conditional("big", "deal.amount > 1000"),
        }
        for name, definition in events.items():
            draw.catch(name, definition())
            draw.step(f"after_{name}")
            draw.end(f"end_{name}")
            draw.flow("whichever", name, flow_id=f"to_{name}")
            draw.chain(name, f"after_{name}", f"end_{name}")
        return draw.build()

    def test_each_timer_has_its_own_due_time(self, race: CompiledProcess) -> None:
        run = InstanceRun(race, deal={"amount": 0})
        assert run.due == {"soon": MONDAY + timedelta(days=1), "late": MONDAY + timedelta(days=5)}

    def test_only_the_named_timer_fires_though_both_are_overdue(self, race: CompiledProcess) -> None:
        run = InstanceRun(race, deal={"amount": 0})
        run.wait(days=30)
        run.fire("late")
        assert run.open == ["after_late"]
        assert not run.timers
        assert not run.messages
        assert [passed.element_id for passed in run.last.passed][:2] == ["to_late", "late"]

    def test_the_first_event_withdraws_the_others(self, race: CompiledProcess) -> None:
        run = InstanceRun(race, deal={"amount": 0})
        overtaken = run.due["soon"], next(iter(run.timers))
        run.deliver("answer")
        assert run.open == ["after_answer"]
        state = run.state
        run.wait(days=9)
        result = run.apply(FireTimer(overtaken[1][0], "soon", overtaken[0]))
        assert result.state == state

    def test_a_condition_wins_when_facts_change(self, race: CompiledProcess) -> None:
        run = InstanceRun(race, deal={"amount": 0})
        run.apply(EvaluateConditions())
        assert run.open == []
        run.facts_changed(deal={"amount": 5000})
        assert run.open == ["after_big"]

    def test_a_step_that_says_what_happened_takes_part_in_the_race(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("eventBased", "whichever")
        draw.flow("start", "whichever")
        draw.step("they_called")
        draw.step("they_wrote")
        draw.catch("silence", draw.timer("silence", after(days=3)))
        for name in ("they_called", "they_wrote", "silence"):
            draw.end(f"end_{name}")
            draw.flow("whichever", name, flow_id=f"to_{name}")
            draw.flow(name, f"end_{name}")
        run = InstanceRun(draw.build())
        assert run.open == ["they_called", "they_wrote"]
        run.complete("they_wrote")
        assert run.last.finished
        assert not run.timers
        assert [passed.element_id for passed in run.last.passed][:2] == ["to_they_wrote", "they_wrote"]

    def test_one_signal_that_two_rivals_wait_for_lets_one_go_on(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.gateway("eventBased", "whichever")
        draw.step("work")
        draw.throw("cry", draw.signal("Alarm"))
        draw.end("cried")
        draw.chain("start", "split", "whichever")
        draw.chain("split", "work", "cry", "cried")
        for name in ("first", "second"):
            draw.catch(name, draw.signal("Alarm"))
            draw.end(f"end_{name}")
            draw.chain("whichever", name, f"end_{name}")
        run = InstanceRun(draw.build())
        run.complete("work")
        assert run.last.finished
        assert run.last.end_events == ("cried", "end_first")
