"""Errors and escalations, and what handles them: from the drawing to what happens."""

from __future__ import annotations

import pytest
from support.drawn_events import DEFINITIONS, ROOTS, handler, throwing
from support.drawn_maps import END, START, bag, chain, codes, compiled, drawn, element, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.findings import Severity


class TestErrors:
    def test_an_error_of_a_called_map_that_only_one_caller_handles(self) -> None:
        called = (
            '<process id="other"><startEvent id="os"/>'
            + step("t", "Спитати")
            + element("endEvent", "bad", "Відмова", DEFINITIONS["error"])
            + chain("os", "t", "bad")
            + "</process>"
        )
        main = (
            START,
            element("callActivity", "c1", "Раз", calledElement="other"),
            element("boundaryEvent", "caught", "", DEFINITIONS["error"], attachedToRef="c1"),
            step("mend", "Виправити"),
            element("callActivity", "c2", "Два", calledElement="other"),
            END,
            chain("start", "c1", "end"),
            chain("caught", "mend", "c2", "end"),
        )
        outcome = compile_bpmn({"карта.bpmn": drawn(*main, around=ROOTS + called)}, process_key="sale")
        assert outcome.process is not None, outcome.findings
        assert "ERROR_NOT_CAUGHT" in codes(outcome)
        run = InstanceRun(outcome.process)
        (only_step,) = run.open
        run.complete(only_step)
        assert run.open == ["mend"]
        run.complete("mend")
        (only_step,) = run.open
        run.complete(only_step)
        assert run.last.finished, "the second caller handles nothing: the error ends the deal"

    def test_an_error_in_an_interrupting_event_sub_process_that_nothing_handles_ends_the_deal(self) -> None:
        inner = (
            element(
                "subProcess",
                "deep",
                "",
                '<startEvent id="ds"/>'
                + step("h", "Спробувати")
                + element("endEvent", "de", "Відмова", DEFINITIONS["error"])
                + chain("ds", "h", "de"),
            ),
            step("never", "Далі"),
            chain("hs", "deep", "never"),
        )
        process = compiled(
            START,
            step("t", "Крок"),
            END,
            chain("start", "t", "end"),
            handler(DEFINITIONS["message"], *inner),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver("hs")
        run.complete("h")
        assert run.last.finished
        assert run.open == []

    def test_an_error_that_nothing_throws_is_said(self) -> None:
        outcome = outcome_of(
            START,
            step("t", "Крок"),
            END,
            chain("start", "t", "end"),
            handler(DEFINITIONS["error"]),
            around=ROOTS,
        )
        assert found(outcome, "ERROR_NEVER_THROWN").element_id == "hs"


class TestHandlersOfOneThing:
    """Of two events that handle the same at one place, the second would never happen: nothing of it was told."""

    @pytest.mark.parametrize("kind", ["error", "escalation"])
    def test_two_on_one_border_cannot_be_published(self, kind: str) -> None:
        borders = [
            element("boundaryEvent", name, name, DEFINITIONS[kind], attachedToRef="sub") for name in ("b1", "b2")
        ]
        after = [step("one"), step("two"), chain("b1", "one"), chain("b2", "two")]
        outcome = outcome_of(START, throwing(kind), END, chain("start", "sub", "end"), *borders, *after, around=ROOTS)
        finding = found(outcome, "HANDLED_TWICE")
        assert (finding.severity, finding.element_id, finding.params["first"]) == (Severity.ERROR, "b2", "b1")

    @pytest.mark.parametrize("kind", ["error", "escalation"])
    def test_nor_can_two_event_sub_processes_of_one_scope(self, kind: str) -> None:
        first = handler(DEFINITIONS[kind])
        second = first.replace('"ev"', '"ev2"').replace('"hs"', '"hs2"').replace('"h"', '"h2"').replace('"he"', '"he2"')
        second = second.replace('id="hs_h"', 'id="hs2_h"').replace('id="h_he"', 'id="h2_he"')
        outcome = outcome_of(START, throwing(kind), END, chain("start", "sub", "end"), first, second, around=ROOTS)
        assert found(outcome, "HANDLED_TWICE").element_id == "hs2"

    @pytest.mark.parametrize("interrupting", [False, True])
    def test_one_beside_a_handler_that_throws_it_once_more_handles_that(self, *, interrupting: bool) -> None:
        """Unless it was withdrawn."""
        late = DEFINITIONS["escalation"]

        def handling(number: int, thrown: str) -> str:
            start = element("startEvent", f"s{number}", "", late, isInterrupting=str(interrupting).lower())
            end = element("endEvent", f"e{number}", "", thrown)
            inside = start + step(f"work{number}") + end + chain(f"s{number}", f"work{number}", f"e{number}")
            return element("subProcess", f"h{number}", "", inside, triggeredByEvent="true")

        parts = (START, throwing("escalation"), END, chain("start", "sub", "end"), handling(1, late), handling(2, ""))
        outcome = outcome_of(*parts, around=ROOTS)
        assert ("HANDLED_TWICE" in codes(outcome)) is interrupting
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t")
        run.complete("work1")
        assert run.open == ([] if interrupting else ["work2"])

    def test_one_of_a_code_and_one_of_any_are_two(self) -> None:
        any_error = element("boundaryEvent", "any", "", "<errorEventDefinition/>", attachedToRef="sub")
        of_code = element("boundaryEvent", "code", "", DEFINITIONS["error"], attachedToRef="sub")
        after = [step("one"), step("two"), chain("any", "one"), chain("code", "two")]
        parts = (START, throwing("error"), END, chain("start", "sub", "end"), any_error, of_code, *after)
        outcome = outcome_of(*parts, around=ROOTS)
        assert "HANDLED_TWICE" not in codes(outcome)
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t")
        assert run.open == ["two"]


class TestErrorsFromDeepInside:
    """An error comes out of all that is around it: its handler was told that nobody throws it."""

    CAUGHT = element("boundaryEvent", "b", "Не вдалося", DEFINITIONS["error"], attachedToRef="outer") + step("aside")
    WAYS = chain("start", "outer", "end") + chain("b", "aside")

    @staticmethod
    def process(key: str, *parts: str) -> str:
        return f'<process id="{key}" isExecutable="true">{"".join(parts)}</process>'

    def test_through_two_calls(self) -> None:
        called = self.process(
            "one", element("startEvent", "s1"), element("callActivity", "in", "", calledElement="two")
        )
        called = called.replace("</process>", chain("s1", "in") + "</process>")
        thrower = element("endEvent", "failed", "", DEFINITIONS["error"])
        deep = self.process("two", element("startEvent", "s2"), step("t"), thrower, chain("s2", "t", "failed"))
        outer = element("callActivity", "outer", "", calledElement="one")
        around = ROOTS + called + deep
        file = drawn(START, outer, END, self.CAUGHT, self.WAYS, around=around)
        outcome = compile_bpmn({"карта.bpmn": file}, process_key="sale")
        assert outcome.process is not None
        assert "ERROR_NEVER_THROWN" not in codes(outcome)
        run = InstanceRun(outcome.process)
        run.complete("t")
        assert run.open == ["aside"]

    def test_of_a_program_called_inside_of_a_part(self) -> None:
        said = bag(connector="http", method="GET", url="https://bas.example/sum")
        inner = element("startEvent", "s1") + element("serviceTask", "call", "", said) + chain("s1", "call")
        outer = element("subProcess", "outer", "", inner)
        outcome = outcome_of(START, outer, END, self.CAUGHT, self.WAYS, around=ROOTS)
        assert outcome.process is not None
        assert "ERROR_NEVER_THROWN" not in codes(outcome)
