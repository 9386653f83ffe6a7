"""Messages, signals, errors, escalations, conditions, terminations."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from support.canonical_maps import MapBuilder
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.guards import NotWaiting
from engine.bpmn.runtime import CompleteCall, CompleteStep, DeliverMessage, Thrown
from engine.errors import MapFailed


def with_boundary(definition_of: str, *, interrupting: bool, name: str = "N") -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("host")
    definition = {
        "message": lambda: draw.message("event", name),
        "signal": lambda: draw.signal(name),
        "conditional": lambda: draw.conditional("event", "deal.urgent"),
    }[definition_of]()
    draw.boundary("event", "host", definition, interrupting=interrupting)
    draw.step("aside")
    draw.end()
    draw.end("aside_end")
    draw.chain("start", "host", "end")
    draw.chain("event", "aside", "aside_end")
    return draw.build()


class TestMessages:
    def test_a_waiting_message_says_its_name_and_correlation(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.catch("paid", draw.message("paid", "Payment", {"number": "deal.number"}))
        draw.step("thank")
        draw.end()
        draw.chain("start", "paid", "thank", "end")
        run = InstanceRun(draw.build(variables=["amount"]), deal={"number": "A-7"})
        (message,) = run.messages.values()
        assert (message.name, message.correlation, message.kind) == ("Payment", {"number": "A-7"}, "message")
        run.deliver("paid", amount=5, unknown=1)
        assert run.open == ["thank"]
        assert run.last.variables == {"amount": 5}
        with pytest.raises(NotWaiting):
            run.apply(DeliverMessage(message.activity_id, message.node_id))

    @pytest.mark.parametrize("kind", ["message", "signal"])
    def test_an_interrupting_one_takes_the_step_away(self, kind: str) -> None:
        run = InstanceRun(with_boundary(kind, interrupting=True))
        run.deliver("event")
        assert run.open == ["aside"]
        assert not run.messages

    @pytest.mark.parametrize("kind", ["message", "signal"])
    def test_one_beside_the_step_can_come_again(self, kind: str) -> None:
        run = InstanceRun(with_boundary(kind, interrupting=False))
        run.deliver("event")
        run.deliver("event")
        assert run.open == ["aside", "aside", "host"]
        run.complete("host")
        assert not run.messages

    def test_a_message_starts_the_map_at_its_own_start(self) -> None:
        draw = MapBuilder()
        draw.start("by_hand")
        draw.start("by_letter", draw.message("by_letter", "Letter"))
        draw.step("greet")
        draw.step("read")
        draw.end()
        draw.chain("by_hand", "greet", "end")
        draw.chain("by_letter", "read", "end")
        process = draw.build()
        assert InstanceRun(process).open == ["greet"]
        assert InstanceRun(process, message="Letter").open == ["read"]
        with pytest.raises(MapFailed) as failed:
            InstanceRun(process, message="Parcel")
        assert failed.value.params["problem_code"] == "NO_SUCH_START"

    def test_a_thrown_message_is_told_and_caught_inside_by_one(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.flow("start", "split")
        for name in ("first", "second"):
            draw.catch(name, draw.message(name, "Ready"))
            draw.end(f"{name}_end")
            draw.flow("split", name)
            draw.flow(name, f"{name}_end")
        draw.step("work")
        draw.throw("tell", draw.message("tell", "Ready"))
        draw.end("told")
        draw.chain("split", "work", "tell", "told")
        run = InstanceRun(draw.build())
        run.complete("work")
        assert run.last.thrown == (Thrown("message", "Ready", "tell"),)
        assert [message.node_id for message in run.messages.values()] == ["second"]

    @pytest.mark.parametrize("several", ["side by side", "by tokens", "by calls", "inside of runs"])
    def test_a_message_of_a_run_is_for_that_run(self, several: str) -> None:
        """Where it was thrown in the second of two runs, the first heard it, for that had waited longer."""
        run = InstanceRun(two_runs(several))
        _, second = sorted((opened.activity_id for opened in run.steps.values()), key=int)
        longest, _ = sorted(run.messages, key=lambda waiting: int(waiting[0]))
        run.apply(CompleteStep(second, "completed"))
        assert run.open == ["use", "work"]
        assert list(run.messages) == [longest]

    @pytest.mark.parametrize("several", ["by tokens", "by calls"])
    def test_a_message_of_a_run_is_for_the_border_of_that_run(self, several: str) -> None:
        """Where it was thrown in the second of two runs, the first was ended by it, and its step withdrawn."""
        run = InstanceRun(two_runs(several, heard="border"))
        first, second = sorted((opened.activity_id for opened in run.steps.values()), key=int)
        run.apply(CompleteStep(second, "completed"))
        assert run.open == ["use", "work"]
        assert first in run.steps

    def test_a_message_that_its_own_run_does_not_wait_for_is_for_the_first_that_waits(self) -> None:
        run = InstanceRun(two_runs("side by side", heard="outside"))
        assert run.open == ["work", "work"]
        run.complete("work")
        assert run.open == ["use", "work"]


def two_runs(several: str, heard: str = "inside") -> CompiledProcess:
    """A part that goes on twice at once, with a step that throws a message beside the wait for it."""
    draw = MapBuilder()
    draw.start()
    draw.end()
    twice = "" if several in ("by tokens", "by calls") else draw.multi_instance("part", cardinality="2")
    with draw.called("part_map") if several == "by calls" else draw.scope("part", twice):
        draw.start("in")
        draw.gateway("parallel", "both")
        draw.step("work")
        draw.throw("tell", draw.message("tell", "Ready"))
        draw.end("told")
        draw.chain("in", "both", "work", "tell", "told")
        if heard == "inside":
            with draw.scope("hears") if several == "inside of runs" else nullcontext():
                if several == "inside of runs":
                    draw.start("hears_in")
                draw.catch("ready", draw.message("ready", "Ready"))
                draw.step("use")
                draw.end("used")
                draw.chain("ready", "use", "used")
                if several == "inside of runs":
                    draw.flow("hears_in", "ready")
            draw.flow("both", "hears" if several == "inside of runs" else "ready")
    draw.gateway("parallel", "split")
    draw.flow("start", "split")
    if several == "by tokens":
        draw.gateway("exclusive", "merge")
        draw.chain("split", "merge", "part", "end")
        draw.flow("split", "merge")
    elif several == "by calls":
        for call in ("one", "other"):
            draw.call(call, "part_map")
            draw.chain("split", call, "end")
    else:
        draw.chain("split", "part", "end")
    if heard == "border":
        draw.step("use")
        draw.end("used")
        for part in ("one", "other") if several == "by calls" else ("part",):
            draw.boundary(f"{part}_ready", part, draw.message(f"{part}_ready", "Ready"))
            draw.chain(f"{part}_ready", "use")
        draw.flow("use", "used")
    if heard == "outside":
        draw.catch("ready", draw.message("ready", "Ready"))
        draw.step("use")
        draw.end("used")
        draw.chain("split", "ready", "use", "used")
    return draw.build()


class TestSignals:
    def test_a_signal_reaches_all_that_wait_in_every_scope(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.flow("start", "split")
        with draw.scope("inside"):
            draw.start("inside_start")
            draw.catch("inner_ear", draw.signal("Alarm"))
            draw.end("inside_end")
            draw.chain("inside_start", "inner_ear", "inside_end")
        draw.catch("ear", draw.signal("Alarm"))
        draw.step("work")
        draw.throw("cry", draw.signal("Alarm"))
        for name in ("inside", "ear"):
            draw.end(f"{name}_over")
            draw.flow("split", name)
            draw.flow(name, f"{name}_over")
        draw.end("cried")
        draw.chain("split", "work", "cry", "cried")
        run = InstanceRun(draw.build())
        assert {message.kind for message in run.messages.values()} == {"signal"}
        run.complete("work")
        assert run.last.finished
        assert run.last.thrown == (Thrown("signal", "Alarm", "cry"),)
        assert set(run.last.end_events) == {"ear_over", "inside_over", "cried"}

    @pytest.mark.parametrize("interrupting_first", [True, False])
    def test_what_interrupts_leaves_no_other_on_the_border_unheard(self, interrupting_first: bool) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.step("work")
        draw.throw("cry", draw.signal("Alarm"))
        draw.end("cried")
        draw.step("host")
        draw.end()
        for interrupting in (interrupting_first, not interrupting_first):
            name = "instead" if interrupting else "beside"
            draw.boundary(f"{name}_event", "host", draw.signal("Alarm"), interrupting=interrupting)
            draw.step(name)
            draw.end(f"{name}_end")
            draw.chain(f"{name}_event", name, f"{name}_end")
        draw.chain("start", "split", "host", "end")
        draw.chain("split", "work", "cry", "cried")
        run = InstanceRun(draw.build())
        run.complete("work")
        assert run.open == ["beside", "instead"]
        assert not run.messages


class TestConditions:
    def test_a_condition_beside_the_step_fires_each_time_it_becomes_true(self) -> None:
        run = InstanceRun(with_boundary("conditional", interrupting=False), deal={"urgent": False})
        assert run.open == ["host"]
        run.facts_changed(deal={"urgent": True})
        assert run.open == ["aside", "host"]
        run.facts_changed(deal={"urgent": True})
        assert run.open == ["aside", "host"], "it stays true: nothing new"
        run.facts_changed(deal={"urgent": False})
        run.facts_changed(deal={"urgent": True})
        assert run.open == ["aside", "aside", "host"]

    def test_a_condition_that_already_holds_interrupts_at_once(self) -> None:
        run = InstanceRun(with_boundary("conditional", interrupting=True), deal={"urgent": True})
        assert run.open == ["aside"]

    def test_a_condition_sees_what_another_branch_wrote(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.step("work")
        draw.catch("until_agreed", draw.conditional("until_agreed", "agreed"))
        draw.flow("start", "split")
        for name in ("work", "until_agreed"):
            draw.end(f"{name}_end")
            draw.flow("split", name)
            draw.flow(name, f"{name}_end")
        run = InstanceRun(draw.build(variables=["agreed"]), variables={"agreed": False})
        assert not run.last.finished
        run.complete("work", agreed=True)
        assert run.last.finished


class TestErrors:
    @staticmethod
    def failing(thrown: str | None, *caught: str | None) -> MapBuilder:
        draw = MapBuilder()
        draw.start()
        with draw.scope("deliver"):
            draw.start("s")
            draw.gateway("parallel", "both")
            draw.step("pack")
            draw.step("drive")
            draw.end("broken", draw.error(thrown))
            draw.end("arrived")
            draw.chain("s", "both", "pack", "broken")
            draw.chain("both", "drive", "arrived")
        for code in caught:
            draw.boundary(f"on_{code}", "deliver", draw.error(code))
            draw.step(f"mend_{code}")
            draw.end(f"mended_{code}")
            draw.chain(f"on_{code}", f"mend_{code}", f"mended_{code}")
        draw.end()
        draw.chain("start", "deliver", "end")
        return draw

    def test_an_error_ends_the_sub_process_and_goes_to_its_handler(self) -> None:
        run = InstanceRun(self.failing("lost", "late", None, "lost").build())
        run.complete("pack")
        assert run.open == ["mend_lost"]
        run.complete("mend_lost")
        assert run.last.finished

    def test_a_handler_without_a_code_catches_any(self) -> None:
        run = InstanceRun(self.failing("lost", "late", None).build())
        run.complete("pack")
        assert run.open == ["mend_None"]

    @pytest.mark.parametrize("caught", [(), ("late",)])
    def test_an_error_that_nobody_handles_is_an_incident(self, caught: tuple[str, ...]) -> None:
        run = InstanceRun(self.failing("lost", *caught).build())
        with pytest.raises(MapFailed) as failed:
            run.complete("pack")
        assert failed.value.params["problem_code"] == "UNCAUGHT_ERROR"
        assert run.open == ["drive", "pack"]

    def test_a_failed_call_goes_to_its_handler_or_becomes_an_incident(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.call_service("send", parameters={"to": "client.email"}, result_variable="answer")
        draw.boundary("refused", "send", draw.error("no_address"))
        draw.step("ask_address")
        draw.end()
        draw.end("asked")
        draw.chain("start", "send", "end")
        draw.chain("refused", "ask_address", "asked")
        process = draw.build(variables=["answer"])
        run = InstanceRun(process, client={"email": "a@b.ua"})
        (call,) = run.calls.values()
        assert call.parameters == {"to": "a@b.ua"}
        with pytest.raises(MapFailed):
            run.answer("send", error="no_network")
        run.answer("send", error="no_address")
        assert run.open == ["ask_address"]
        assert not run.calls
        done = InstanceRun(process, client={"email": "a@b.ua"})
        done.answer("send", id=7)
        assert done.last.finished
        assert done.last.variables == {"answer": {"id": 7}}
        with pytest.raises(NotWaiting):
            run.apply(CompleteCall(call.activity_id))


class TestEscalations:
    @pytest.mark.parametrize("interrupting", [True, False])
    def test_an_escalation_goes_to_the_innermost_handler(self, *, interrupting: bool) -> None:
        draw = MapBuilder()
        draw.start()
        with draw.scope("outer"):
            draw.start("os")
            with draw.scope("inner"):
                draw.start("s")
                draw.step("work")
                draw.throw("escalate", draw.escalation("delay"))
                draw.step("go_on")
                draw.end("e")
                draw.chain("s", "work", "escalate", "go_on", "e")
            draw.end("oe")
            draw.chain("os", "inner", "oe")
        draw.boundary("heard", "outer", draw.escalation("delay"), interrupting=interrupting)
        draw.step("tell_head")
        draw.end()
        draw.end("told")
        draw.chain("start", "outer", "end")
        draw.chain("heard", "tell_head", "told")
        run = InstanceRun(draw.build())
        run.complete("work")
        assert run.open == (["tell_head"] if interrupting else ["go_on", "tell_head"])
        assert run.last.thrown == ()

    def test_an_escalation_that_nobody_handles_leaves_the_instance(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.throw("escalate", draw.escalation("delay"))
        draw.end("end", draw.escalation("over"))
        draw.chain("start", "escalate", "end")
        run = InstanceRun(draw.build())
        assert run.last.finished
        assert run.last.thrown == (Thrown("escalation", "delay", "escalate"), Thrown("escalation", "over", "end"))


class TestTermination:
    def test_it_closes_every_other_branch(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.gateway("parallel", "split")
        draw.flow("start", "split")
        draw.step("stop")
        draw.end("stopped", draw.terminate())
        draw.chain("split", "stop", "stopped")
        draw.step("other")
        draw.boundary("beep", "other", draw.message("beep", "Beep"), interrupting=False)
        with draw.scope("scope"):
            draw.start("s")
            draw.step("deep")
            draw.end("e")
            draw.chain("s", "deep", "e")
        for name in ("other", "beep", "scope"):
            draw.end(f"{name}_end")
            draw.flow(name, f"{name}_end")
        draw.flow("split", "other")
        draw.flow("split", "scope")
        run = InstanceRun(draw.build())
        assert run.open == ["deep", "other", "stop"]
        run.complete("stop")
        assert run.last.finished
        assert run.open == []
        assert not run.messages
        assert run.last.end_events == ("stopped",)

    def test_in_a_sub_process_it_ends_that_alone(self) -> None:
        draw = MapBuilder()
        draw.start()
        with draw.scope("scope"):
            draw.start("s")
            draw.gateway("parallel", "both")
            draw.step("stop")
            draw.step("other")
            draw.end("stopped", draw.terminate())
            draw.end("e")
            draw.chain("s", "both", "stop", "stopped")
            draw.chain("both", "other", "e")
        draw.step("after")
        draw.end()
        draw.chain("start", "scope", "after", "end")
        run = InstanceRun(draw.build())
        run.complete("stop")
        assert run.open == ["after"]
        assert run.last.end_events == ()
