"""Event sub-processes and ends inside of sub-processes: from the drawing to what happens."""

from __future__ import annotations

import pytest
from support.drawn_events import DEFINITIONS, ROOTS, handler, throwing, trigger
from support.drawn_maps import END, START, chain, codes, compiled, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compiled import StepKind
from engine.bpmn.findings import Severity


def with_handler(kind: str, *, interrupting: bool) -> tuple[str, ...]:
    return (
        START,
        throwing(kind),
        step("u", "Поруч"),
        END,
        chain("start", "sub", "end"),
        chain("start", "u", "end"),
        handler(DEFINITIONS[kind], interrupting=interrupting),
    )


class TestEventSubProcesses:
    @pytest.mark.parametrize("kind", DEFINITIONS)
    def test_an_interrupting_one_takes_everything_away_and_its_end_is_the_deals(self, kind: str) -> None:
        process = compiled(*with_handler(kind, interrupting=True), around=ROOTS)
        run = InstanceRun(process, deal={"amount": 1})
        assert run.open == ["t", "u"]
        trigger(run, kind)
        assert run.open == ["h"]
        run.complete("h")
        assert run.last.finished
        assert run.last.end_events == ("he",), "the deal is lost there: the end is called refusal"

    @pytest.mark.parametrize("kind", [kind for kind in DEFINITIONS if kind != "error"])
    def test_one_beside_the_work_runs_beside_it(self, kind: str) -> None:
        process = compiled(*with_handler(kind, interrupting=False), around=ROOTS)
        run = InstanceRun(process, deal={"amount": 1})
        trigger(run, kind)
        assert {"h", "u"} <= set(run.open)
        run.complete("h")
        assert not run.last.finished
        assert run.last.end_events == (), "the deal does not end there"
        for each in run.open:
            run.complete(each)
        assert run.last.finished

    def test_nothing_is_said_about_one_that_is_executed_as_drawn(self) -> None:
        outcome = outcome_of(*with_handler("timer", interrupting=True), around=ROOTS)
        assert not {code for code in codes(outcome) if "SUBPROCESS" in code}

    def test_an_error_start_interrupts_whatever_is_drawn(self) -> None:
        outcome = outcome_of(*with_handler("error", interrupting=False), around=ROOTS)
        assert found(outcome, "ERROR_INTERRUPTS").element_id == "ev"
        assert outcome.process is not None
        run = InstanceRun(outcome.process, deal={"amount": 1})
        run.complete("t")
        assert run.open == ["h"]

    def test_whichever_of_several_triggers_comes_starts_it(self) -> None:
        both = DEFINITIONS["message"] + DEFINITIONS["timer"]
        for first in ("messages", "timers"):
            process = compiled(START, step("t", "Крок"), END, chain("start", "t", "end"), handler(both), around=ROOTS)
            run = InstanceRun(process)
            if first == "messages":
                run.deliver("hs")
            else:
                run.fire_timer(next(iter(run.timers.values())))
            assert run.open == ["h"]
            assert not run.messages
            assert not run.timers

    def test_inside_a_sub_process_it_ends_that_alone(self) -> None:
        inner = (
            '<startEvent id="is"/>'
            + step("t", "Крок")
            + '<endEvent id="ie"/>'
            + chain("is", "t", "ie")
            + handler(DEFINITIONS["message"])
        )
        process = compiled(
            START,
            element("subProcess", "sub", "Частина", inner),
            step("after", "Далі"),
            END,
            chain("start", "sub", "after", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver("hs")
        run.complete("h")
        assert run.open == ["after"]

    @pytest.mark.parametrize(
        ("start", "loop"),
        [("", ""), (DEFINITIONS["timer"], "<standardLoopCharacteristics/>"), ("<linkEventDefinition name='L'/>", "")],
    )
    def test_one_that_cannot_be_started_is_refused(self, start: str, loop: str) -> None:
        event = element("startEvent", "hs", "", start)
        outcome = outcome_of(
            START,
            step("t"),
            END,
            chain("start", "t", "end"),
            element("subProcess", "ev", "", loop + event + step("h") + chain("hs", "h"), triggeredByEvent="true"),
        )
        assert outcome.process is None
        assert found(outcome, "EVENT_SUBPROCESS_START").element_id == "ev"

    def test_one_that_needs_all_of_several_triggers_is_refused(self) -> None:
        event = element("startEvent", "hs", "", DEFINITIONS["message"] + DEFINITIONS["timer"], parallelMultiple="true")
        outcome = outcome_of(
            START,
            step("t"),
            END,
            chain("start", "t", "end"),
            element("subProcess", "ev", "", event + step("h") + chain("hs", "h"), triggeredByEvent="true"),
            around=ROOTS,
        )
        assert outcome.process is None
        assert found(outcome, "EVENT_SUBPROCESS_START").element_id == "ev"

    def test_the_stored_form_of_the_version_before_still_runs(self) -> None:
        """It wrapped the work in a sub-process with the event on its border: that is still canonical."""
        body = '<startEvent id="s2"/>' + step("t") + '<endEvent id="e2"/>' + chain("s2", "t", "e2")
        process = compiled(
            START,
            element("subProcess", "body", "", body),
            element("boundaryEvent", "event", "", DEFINITIONS["message"], attachedToRef="body"),
            element("subProcess", "ev", "", '<startEvent id="s3"/>' + step("h") + chain("s3", "h")),
            END,
            chain("start", "body", "end"),
            flow("event", "ev"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver("event")
        assert run.open == ["h"]

    def test_a_message_that_the_map_sends_starts_it_without_anybody(self) -> None:
        process = compiled(
            START,
            step("t"),
            element("intermediateThrowEvent", "tell", "", DEFINITIONS["message"]),
            step("u"),
            END,
            chain("start", "t", "tell", "u", "end"),
            handler(DEFINITIONS["message"], interrupting=False),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.complete("t")
        assert run.open == ["h", "u"]

    def test_a_message_that_only_opens_deals_is_sent_by_a_person(self) -> None:
        outcome = outcome_of(
            element("startEvent", "start", "Скарга", DEFINITIONS["message"]),
            element("intermediateThrowEvent", "tell", "", DEFINITIONS["message"]),
            END,
            chain("start", "tell", "end"),
            around=ROOTS,
        )
        assert found(outcome, "MESSAGE_SENT_BY_PERSON").element_id == "tell"


def test_a_termination_inside_a_sub_process_ends_it_alone() -> None:
    inner = (
        '<startEvent id="is"/><parallelGateway id="fork"/>'
        + step("a")
        + step("b")
        + element("endEvent", "stop", "", "<terminateEventDefinition/>")
        + chain("is", "fork", "a", "stop")
        + chain("fork", "b")
    )
    process = compiled(
        START, element("subProcess", "sub", "", inner), step("after"), END, chain("start", "sub", "after", "end")
    )
    run = InstanceRun(process)
    run.complete("a")
    assert run.open == ["after"]


def test_a_sub_process_without_steps_is_confirmed_by_a_person() -> None:
    outcome = outcome_of(START, element("subProcess", "sub", "Частина"), END, chain("start", "sub", "end"))
    assert found(outcome, "EMPTY_SUB_PROCESS").severity is Severity.WARNING
    assert outcome.process is not None
    assert outcome.process.steps["sub"].kind is StepKind.CONFIRM
