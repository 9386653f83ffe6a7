"""An event that happens twice asks twice, and a decision outside of what it begins knows one answer only."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity

MESSAGE = '<messageEventDefinition messageRef="asked_for"/>'
ONCE = "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>"
LEGAL = step("legal", "Юрист", approval="any") + element("endEvent", "told")
DECIDED_OUTSIDE = LEGAL + chain("asked", "legal", "told")
DECIDED_INSIDE = (
    LEGAL
    + element("exclusiveGateway", "legal_decides")
    + element("endEvent", "refused")
    + chain("asked", "legal", "legal_decides")
    + flow("legal_decides", "told", "Погоджено")
    + flow("legal_decides", "refused", "Відхилено")
)


def asked_beside(
    trigger: str = MESSAGE, inside: str = DECIDED_OUTSIDE, *, interrupting: bool = False
) -> CompileOutcome:
    """part (work, beside it ``trigger`` → ``inside``) → a decision by labels, unless legal is decided on inside."""
    begun = element("startEvent", "asked", "", trigger, isInterrupting=str(interrupting).lower())
    part = '<startEvent id="in"/><endEvent id="out"/>' + step("work") + chain("in", "work", "out")
    part += element("subProcess", "discount", "Знижка", begun + inside, triggeredByEvent="true")
    decision = step("yes") + step("no") + element("exclusiveGateway", "decides", "Погоджено?")
    decision += flow("decides", "yes", "Погоджено") + flow("decides", "no", "Відхилено") + chain("part", "decides")
    return outcome_of(
        START,
        END,
        element("subProcess", "part", "Поставка", part),
        chain("start", "part"),
        decision + chain("yes", "end") + chain("no", "end") if inside is DECIDED_OUTSIDE else chain("part", "end"),
        around='<message id="asked_for" name="Прохання про знижку"/>',
    )


def test_an_earlier_rejection_that_a_later_answer_hides_is_told() -> None:
    outcome = asked_beside()
    finding = found(outcome, "LAST_ANSWER_COUNTS")
    assert (finding.severity, finding.element_id) == (Severity.WARNING, "discount")
    assert finding.params == {"steps": "Юрист", "decision": "Погоджено?"}
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    for said in ("rejected", "approved"):
        (listening,) = run.messages.values()
        run.deliver_to(listening)
        run.complete("legal", said)
    run.complete("work")
    assert run.open == ["yes"]


@pytest.mark.parametrize(
    ("trigger", "inside", "interrupting"),
    [(ONCE, DECIDED_OUTSIDE, False), (MESSAGE, DECIDED_OUTSIDE, True), (MESSAGE, DECIDED_INSIDE, False)],
    ids=["once", "interrupting", "decided inside"],
)
def test_nothing_is_told_where_there_is_one_answer_for_one_decision(
    trigger: str, inside: str, *, interrupting: bool
) -> None:
    outcome = asked_beside(trigger, inside, interrupting=interrupting)
    assert outcome.process is not None
    assert "LAST_ANSWER_COUNTS" not in codes(outcome)
