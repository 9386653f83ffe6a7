"""A rejection inside of a part, or of a called map, that is passed over behind it is told."""

from __future__ import annotations

import pytest
from support.drawn_maps import (
    END,
    START,
    chain,
    codes,
    drawn,
    element,
    flow,
    found,
    step,
)
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity

REJECTED_INSIDE = (
    '<startEvent id="in"/><exclusiveGateway id="said"/><endEvent id="yes"/>'
    + step("legal", "Юрист", approval="any")
    + chain("in", "legal", "said")
    + flow("said", "yes", "Погоджено")
    + flow("said", "no", "Відхилено")
)
NO = '<endEvent id="no"/>'
FAILS = '<endEvent id="no"><errorEventDefinition errorRef="refused"/></endEvent>'
REFUSED = '<error id="refused" name="Відмова" errorCode="refused"/>'


def rejected_in(*behind: str, called: bool, ends: str = NO) -> CompileOutcome:
    """A part, or a called map, that an approval inside can reject, and what is drawn behind it."""
    process = f'<process id="called" isExecutable="true">{REJECTED_INSIDE}{ends}</process>'
    part = (
        element("callActivity", "part", "Погодження", calledElement="called")
        if called
        else element("subProcess", "part", "Погодження", REJECTED_INSIDE + ends)
    )
    around = REFUSED + (process if called else "")
    content = drawn(START, END, part, step("sign", "Підписати"), chain("start", "part"), *behind, around=around)
    return compile_bpmn({"a.bpmn": content}, process_key="sale")


@pytest.mark.parametrize("called", [True, False])
class TestRejectionsInParts:
    def test_one_that_is_followed_by_the_same_step_as_an_approval_is_told(self, called: bool) -> None:
        outcome = rejected_in(chain("part", "sign", "end"), called=called)
        finding = found(outcome, "REJECTION_GOES_ON")
        assert (finding.severity, finding.element_id) == (Severity.WARNING, "said")
        assert finding.params == {"part": "Погодження", "step": "Підписати"}
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("legal", "rejected")
        assert run.open == ["sign"], "as it is told"

    def test_one_beside_other_approvals_that_decide_alone_is_told(self, called: bool) -> None:
        beside = (
            '<parallelGateway id="join"/><exclusiveGateway id="decide"/>'
            + step("boss", "Директор", approval="any")
            + chain("start", "boss", "join", "decide")
            + chain("part", "join")
            + flow("decide", "sign", "Погоджено")
            + flow("decide", "end", "Відхилено")
            + chain("sign", "end")
        )
        outcome = rejected_in(beside, called=called)
        assert ("REJECTION_GOES_ON" in codes(outcome)) == called, "a decision behind the branches hears a part"

    def test_one_that_the_deal_ends_with_is_not(self, called: bool) -> None:
        outcome = rejected_in(chain("start", "sign", "end"), flow("part", "end"), called=called)
        assert "REJECTION_GOES_ON" not in codes(outcome)

    def test_one_that_is_decided_on_behind_the_part_is_not(self, called: bool) -> None:
        decision = '<exclusiveGateway id="decide"/><endEvent id="refusal"/>' + chain("part", "decide")
        decision += flow("decide", "sign", "Погоджено") + flow("decide", "refusal", "Відхилено") + chain("sign", "end")
        assert "REJECTION_GOES_ON" not in codes(rejected_in(decision, called=called))

    def test_one_that_leaves_the_part_by_its_border_is_not(self, called: bool) -> None:
        border = '<boundaryEvent id="refusal" attachedToRef="part"><errorEventDefinition errorRef="refused"/>'
        border += '</boundaryEvent><endEvent id="lost"/>' + chain("refusal", "lost") + chain("part", "sign", "end")
        assert "REJECTION_GOES_ON" not in codes(rejected_in(border, called=called, ends=FAILS))
