"""Event sub-processes: what starts them, what they withdraw, when their scope is over, who hears what they throw."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.canonical_maps import MapBuilder, after, every
from support.instance_run import InstanceRun

from engine.bpmn import settling, stepper
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import Thrown
from engine.errors import MapFailed

Definition = Callable[[MapBuilder], str]

DEFINITIONS: dict[str, Definition] = {
    "message": lambda draw: draw.message("heard", "Complaint"),
    "signal": lambda draw: draw.signal("Complaint"),
    "timer": lambda draw: draw.timer("heard", after(days=2)),
    "conditional": lambda draw: draw.conditional("heard", "deal.urgent"),
    "error": lambda draw: draw.error("broken"),
    "escalation": lambda draw: draw.escalation("delay"),
}


def trigger(run: InstanceRun, kind: str) -> None:
    match kind:
        case "message" | "signal":
            run.deliver("heard")
        case "timer":
            run.fire("heard")
        case "conditional":
            run.facts_changed(deal={"urgent": True})
        case _:
            run.complete("throws")


def scope_with_handler(draw: MapBuilder, kind: str, *, interrupting: bool) -> None:
    """Two parallel branches, one of them inside a sub-process; one throws; beside them the handler."""
    draw.start("s")
    draw.gateway("parallel", "both")
    draw.step("work")
    draw.end("worked")
    with draw.scope("nested"):
        draw.start("ns")
        draw.step("throws")
        match kind:
            case "error":
                draw.end("thrown", draw.error("broken"))
            case "escalation":
                draw.end("thrown", draw.escalation("delay"))
            case _:
                draw.end("thrown")
        draw.chain("ns", "throws", "thrown")
    draw.end("nested_over")
    draw.chain("s", "both", "work", "worked")
    draw.chain("both", "nested", "nested_over")
    with draw.event_scope("handler"):
        draw.start("heard", DEFINITIONS[kind](draw), interrupting=interrupting)
        draw.step("handle")
        draw.end("handled")
        draw.chain("heard", "handle", "handled")


def at_top(kind: str, *, interrupting: bool) -> CompiledProcess:
    draw = MapBuilder()
    scope_with_handler(draw, kind, interrupting=interrupting)
    return draw.build()


def inside(kind: str, *, interrupting: bool) -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    with draw.scope("scope"):
        scope_with_handler(draw, kind, interrupting=interrupting)
    draw.step("after")
    draw.end()
    draw.chain("start", "scope", "after", "end")
    return draw.build()


@pytest.mark.parametrize("kind", DEFINITIONS)
@pytest.mark.parametrize("build", [at_top, inside])
def test_an_interrupting_one_withdraws_all_work_and_ends_the_scope(
    build: Callable[..., CompiledProcess], kind: str
) -> None:
    run = InstanceRun(build(kind, interrupting=True), deal={"urgent": False})
    assert run.open == ["throws", "work"]
    trigger(run, kind)
    assert run.open == ["handle"]
    assert not run.messages
    assert not run.timers
    run.complete("handle")
    if build is inside:
        assert run.open == ["after"]
        run.complete("after")
    assert run.last.finished


@pytest.mark.parametrize("kind", [kind for kind in DEFINITIONS if kind != "error"])
@pytest.mark.parametrize("build", [at_top, inside])
def test_one_beside_the_work_holds_the_scope_open_until_both_are_done(
    build: Callable[..., CompiledProcess], kind: str
) -> None:
    run = InstanceRun(build(kind, interrupting=False), deal={"urgent": False})
    trigger(run, kind)
    assert "handle" in run.open
    assert "work" in run.open
    for step in [step for step in run.open if step != "handle"]:
        run.complete(step)
    assert run.open == ["handle"]
    run.complete("handle")
    if build is inside:
        assert run.open == ["after"]
        run.complete("after")
    assert run.last.finished
    assert not run.messages
    assert not run.timers


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_one_beside_the_work_runs_each_time_that_it_is_started(kind: str) -> None:
    run = InstanceRun(at_top(kind, interrupting=False))
    run.deliver("heard")
    run.deliver("heard")
    assert run.open == ["handle", "handle", "throws", "work"]
    run.complete("work")
    run.complete("throws")
    run.complete("handle")
    run.deliver("heard")
    assert run.open == ["handle", "handle"], "while one of them runs the scope is not over"
    run.complete("handle")
    run.complete("handle")
    assert run.last.finished


def test_a_repeating_timer_starts_it_again_and_again() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("work")
    draw.end()
    draw.chain("start", "work", "end")
    with draw.event_scope("remind"):
        draw.start("each_day", draw.timer("each_day", every(days=1, repetitions=2)), interrupting=False)
        draw.step("remember")
        draw.end("remembered")
        draw.chain("each_day", "remember", "remembered")
    run = InstanceRun(draw.build())
    run.fire("each_day")
    run.fire("each_day")
    assert run.open == ["remember", "remember", "work"]
    assert not run.timers, "its last tick was made"
    run.complete("work")
    run.complete("remember")
    run.complete("remember")
    assert run.last.finished


def test_the_work_ends_first_and_nothing_starts_it_any_more() -> None:
    run = InstanceRun(at_top("message", interrupting=True))
    run.complete("work")
    run.complete("throws")
    assert run.last.finished
    assert not run.messages
    assert run.last.end_events == ("nested_over",)


def test_an_interrupting_one_withdraws_those_that_run_beside_the_work() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("work")
    draw.end()
    draw.chain("start", "work", "end")
    for name, interrupting in (("ask", False), ("stop", True)):
        with draw.event_scope(f"on_{name}"):
            draw.start(name, draw.message(name, name), interrupting=interrupting)
            draw.step(f"{name}_step")
            draw.end(f"{name}_end")
            draw.chain(name, f"{name}_step", f"{name}_end")
    run = InstanceRun(draw.build())
    run.deliver("ask")
    assert run.open == ["ask_step", "work"]
    run.deliver("stop")
    assert run.open == ["stop_step"]
    assert not run.messages, "nothing interrupts the interrupter"
    run.complete("stop_step")
    assert run.last.finished


def test_a_termination_beside_it_withdraws_it() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("work")
    draw.end("end", draw.terminate())
    draw.chain("start", "work", "end")
    with draw.event_scope("on_ask"):
        draw.start("ask", draw.message("ask", "ask"), interrupting=False)
        draw.step("answer")
        draw.end("answered")
        draw.chain("ask", "answer", "answered")
    run = InstanceRun(draw.build())
    run.deliver("ask")
    run.complete("work")
    assert run.last.finished
    assert run.open == []


def test_a_termination_in_it_ends_it_alone() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("work")
    draw.end()
    draw.chain("start", "work", "end")
    with draw.event_scope("on_ask"):
        draw.start("ask", draw.message("ask", "ask"), interrupting=False)
        draw.gateway("parallel", "both")
        draw.step("answer")
        draw.step("note")
        draw.end("answered", draw.terminate())
        draw.end("noted")
        draw.chain("ask", "both", "answer", "answered")
        draw.chain("both", "note", "noted")
    run = InstanceRun(draw.build())
    run.deliver("ask")
    run.complete("answer")
    assert run.open == ["work"]
    assert [message.node_id for message in run.messages.values()] == ["ask"]


class TestWhatItThrows:
    @staticmethod
    def nested(*, outer_catches: bool) -> CompiledProcess:
        """A sub-process whose error handler fails itself with the same error."""
        draw = MapBuilder()
        draw.start()
        with draw.scope("scope"):
            draw.start("s")
            draw.step("work")
            draw.end("broken", draw.error("broken"))
            draw.chain("s", "work", "broken")
            with draw.event_scope("mend"):
                draw.start("on_broken", draw.error("broken"))
                draw.step("try_again")
                draw.end("still_broken", draw.error("broken"))
                draw.chain("on_broken", "try_again", "still_broken")
        draw.end()
        draw.chain("start", "scope", "end")
        if outer_catches:
            draw.boundary("given_up", "scope", draw.error("broken"))
            draw.step("call_help")
            draw.end("helped")
            draw.chain("given_up", "call_help", "helped")
        return draw.build()

    def test_the_nearest_handler_gets_the_error_and_its_own_error_goes_outward(self) -> None:
        run = InstanceRun(self.nested(outer_catches=True))
        run.complete("work")
        assert run.open == ["try_again"]
        run.complete("try_again")
        assert run.open == ["call_help"]

    def test_an_error_in_it_that_nobody_handles_is_an_incident(self) -> None:
        run = InstanceRun(self.nested(outer_catches=False))
        run.complete("work")
        with pytest.raises(MapFailed) as failed:
            run.complete("try_again")
        assert failed.value.params["problem_code"] == "UNCAUGHT_ERROR"

    def test_an_escalation_in_it_does_not_start_it_again(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.step("work")
        draw.throw("late", draw.escalation("late"))
        draw.step("more")
        draw.end()
        draw.chain("start", "work", "late", "more", "end")
        with draw.event_scope("tell"):
            draw.start("on_late", draw.escalation("late"), interrupting=False)
            draw.throw("pass_on", draw.escalation("late"))
            draw.end("told")
            draw.chain("on_late", "pass_on", "told")
        run = InstanceRun(draw.build())
        run.complete("work")
        assert run.open == ["more"]
        assert run.last.thrown == (Thrown("escalation", "late", "pass_on"),)

    def test_an_event_on_the_border_comes_before_the_handler_of_the_scope_around(self) -> None:
        draw = MapBuilder()
        draw.start()
        with draw.scope("scope"):
            draw.start("s")
            draw.step("work")
            draw.end("broken", draw.error("broken"))
            draw.chain("s", "work", "broken")
        draw.boundary("on_border", "scope", draw.error())
        draw.step("near")
        draw.end("near_end")
        draw.end()
        draw.chain("start", "scope", "end")
        draw.chain("on_border", "near", "near_end")
        with draw.event_scope("far"):
            draw.start("on_broken", draw.error("broken"))
            draw.step("farther")
            draw.end("far_end")
            draw.chain("on_broken", "farther", "far_end")
        run = InstanceRun(draw.build())
        run.complete("work")
        assert run.open == ["near"]


def test_a_failed_service_call_starts_the_handler_of_its_scope() -> None:
    draw = MapBuilder()
    draw.start()
    draw.call_service("send")
    draw.end()
    draw.chain("start", "send", "end")
    with draw.event_scope("mend"):
        draw.start("failed", draw.error("no_address"))
        draw.step("ask_address")
        draw.end("asked")
        draw.chain("failed", "ask_address", "asked")
    run = InstanceRun(draw.build())
    run.answer("send", error="no_address")
    assert run.open == ["ask_address"]
    assert not run.calls


def test_a_condition_starts_it_when_a_step_writes_what_makes_it_true() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("first")
    draw.step("second")
    draw.end()
    draw.chain("start", "first", "second", "end")
    with draw.event_scope("on_large"):
        draw.start("large", draw.conditional("large", "amount > 100"), interrupting=False)
        draw.step("tell_head")
        draw.end("told")
        draw.chain("large", "tell_head", "told")
    run = InstanceRun(draw.build(variables=["amount"]), variables={"amount": 1})
    run.complete("first", amount=500)
    assert run.open == ["second", "tell_head"]


def test_each_run_of_a_loop_has_its_own() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("each", draw.multi_instance("each", cardinality="3")):
        draw.start("s")
        draw.step("work")
        draw.end("e")
        draw.chain("s", "work", "e")
        with draw.event_scope("skip"):
            draw.start("skipped", draw.message("skipped", "Skip"))
            draw.end("skip_end")
            draw.chain("skipped", "skip_end")
    draw.end()
    draw.chain("start", "each", "end")
    run = InstanceRun(draw.build())
    assert len(run.messages) == 3
    run.deliver("skipped")
    assert run.open == ["work", "work"]
    assert len(run.messages) == 2


class TestBounds:
    def test_too_many_at_once_stop_the_next_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settling, "LIVE_TASKS", 12)
        run = InstanceRun(at_top("message", interrupting=False))
        for _ in range(4):
            run.deliver("heard")
        with pytest.raises(MapFailed) as failed:
            run.deliver("heard")
        assert failed.value.params["problem_code"] == "TOO_MANY_LIVE_TASKS"
        assert run.messages, "the deal stands where it stood"

    def test_one_that_starts_itself_is_stopped(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.step("work")
        draw.end()
        draw.chain("start", "work", "end")
        with draw.event_scope("echo"):
            draw.start("heard", draw.signal("Echo"), interrupting=False)
            draw.throw("again", draw.signal("Echo"))
            draw.end("echoed")
            draw.chain("heard", "again", "echoed")
        run = InstanceRun(draw.build())
        with pytest.raises(MapFailed) as failed:
            run.deliver("heard")
        assert failed.value.params["problem_code"] in ("TOO_MANY_AUTOMATIC_STEPS", "TOO_MANY_LIVE_TASKS")

    def test_too_many_timers_in_them_stop_the_next_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stepper, "TIMERS", 3)
        draw = MapBuilder()
        draw.start()
        draw.step("work")
        draw.end()
        draw.chain("start", "work", "end")
        with draw.event_scope("wait"):
            draw.start("heard", draw.signal("Wait"), interrupting=False)
            draw.catch("later", draw.timer("later", after(days=1)))
            draw.end("waited")
            draw.chain("heard", "later", "waited")
        run = InstanceRun(draw.build())
        for _ in range(3):
            run.deliver("heard")
        with pytest.raises(MapFailed) as failed:
            run.deliver("heard")
        assert failed.value.params["problem_code"] == "TOO_MANY_TIMERS"
