"""An alarm that interrupts nothing and leads back into the way: told where approvals stand in it."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, compiled, drawn, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity

TWO_DAYS = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"


def with_alarm(host: str, after: str, *, interrupting: str = "false") -> CompileOutcome:
    """prepare → legal → decide → sign, or back; an alarm on ``host``, then the head, then ``after``."""
    alarm = (
        f'<boundaryEvent id="alarm" attachedToRef="{host}" cancelActivity="{interrupting}">{TWO_DAYS}</boundaryEvent>'
    )
    gateways = '<exclusiveGateway id="again"/><exclusiveGateway id="decide"/><exclusiveGateway id="on"/>'
    return outcome_of(
        START,
        END,
        '<endEvent id="aside"/>',
        step("prepare", "Підготувати"),
        step("legal", "Юрист", approval="any"),
        step("sign", "Підписати"),
        step("head", "Керівник"),
        gateways,
        alarm,
        chain("start", "again", "prepare", "legal", "decide"),
        flow("decide", "on", "Погоджено"),
        flow("decide", "again", "На доопрацювання"),
        chain("on", "sign", "end"),
        chain("alarm", "head", after),
    )


def test_an_alarm_that_joins_the_way_behind_an_approval_is_told() -> None:
    finding = found(with_alarm("legal", "on"), "ALARM_JOINS_APPROVALS")
    assert (finding.severity, finding.element_id, finding.params["steps"]) == (Severity.WARNING, "alarm", "Юрист")


def test_one_that_joins_the_way_behind_a_called_map_is_told_of_the_approvals_in_it() -> None:
    agreeing = (
        *('<startEvent id="asked"/>', '<endEvent id="agreed"/>', '<endEvent id="refused"/>'),
        step("legal", "Юрист", approval="any"),
        '<exclusiveGateway id="decide"/>',
        chain("asked", "legal", "decide"),
        flow("decide", "agreed", "Погоджено"),
        flow("decide", "refused", "Відхилено"),
    )
    diagram = drawn(
        START,
        END,
        step("sign", "Підписати"),
        element("callActivity", "call", "Погодження", calledElement="agreeing"),
        element("boundaryEvent", "alarm", "", TWO_DAYS, attachedToRef="call", cancelActivity="false"),
        '<exclusiveGateway id="meet"/>',
        chain("start", "call", "meet", "sign", "end") + chain("alarm", "meet"),
        around=f'<process id="agreeing" isExecutable="true">{"".join(agreeing)}</process>',
    )
    outcome = compile_bpmn({"map.bpmn": diagram}, process_key="sale")
    assert found(outcome, "ALARM_JOINS_APPROVALS").params["steps"] == "Юрист"


def test_one_that_comes_to_the_approval_is_waited_for_there() -> None:
    outcome = with_alarm("prepare", "legal")
    assert found(outcome, "WAITS_FOR_ALL").element_id == "legal"
    assert "ALARM_JOINS_APPROVALS" not in {one.code for one in outcome.findings}


def test_who_waits_there_waits_for_the_step_that_the_alarm_stands_beside() -> None:
    """What the head did is one half: asked on its word alone, the lawyer was asked again behind the preparation."""
    process = with_alarm("prepare", "legal").process
    assert process is not None
    run = InstanceRun(process)
    run.fire("alarm")
    run.complete("head")
    assert run.open == ["prepare"]
    run.complete("prepare")
    assert run.open == ["legal"]


@pytest.mark.parametrize("times", ["<timeDuration>P2D</timeDuration>", "<timeCycle>R3/P2D</timeCycle>"])
@pytest.mark.parametrize("branch", ["legal", "call"])
def test_an_inclusive_join_waits_for_the_approval_that_an_alarm_leads_past(times: str, branch: str) -> None:
    alarm = f"<timerEventDefinition>{times}</timerEventDefinition>"
    inside = '<startEvent id="in"/><endEvent id="out"/>' + chain("in", "legal", "out")
    legal = step("legal", "Юрист", approval="any")
    part = legal if branch == "legal" else element("subProcess", "call", "Погодити", legal + inside)
    run = InstanceRun(
        compiled(
            *(START, END, step("sign"), step("pack"), step("head"), part),
            '<parallelGateway id="split"/><inclusiveGateway id="join"/><exclusiveGateway id="decides"/>',
            element("boundaryEvent", "alarm", "", alarm, attachedToRef=branch, cancelActivity="false"),
            chain("start", "split", branch, "decides") + chain("split", "pack", "join", "sign", "end"),
            flow("decides", "join", "Погоджено") + flow("decides", branch, "На доопрацювання"),
            chain("alarm", "head", "join"),
        )
    )
    run.complete("pack")
    run.fire("alarm")
    run.complete("head")
    assert run.open == ["legal"], "nobody signs before the lawyer has answered"
    run.complete("legal", "returned")
    assert run.open == ["legal"]
    run.complete("legal", "approved")
    assert run.complete("sign").finished


def test_one_that_leads_back_takes_the_open_approval_back() -> None:
    outcome = with_alarm("legal", "again")
    (finding,) = (one for one in outcome.findings if one.code == "RETURN_TAKES_BACK" and one.element_id == "head")
    assert finding.params["steps"] == "Юрист, Підписати"
    assert "ALARM_JOINS_APPROVALS" not in {one.code for one in outcome.findings}


@pytest.mark.parametrize(
    ("host", "after", "interrupting"),
    [("legal", "aside", "false"), ("legal", "end", "false"), ("legal", "on", "true"), ("sign", "aside", "false")],
)
def test_one_that_ends_by_itself_or_interrupts_is_not(host: str, after: str, interrupting: str) -> None:
    outcome = with_alarm(host, after, interrupting=interrupting)
    assert "ALARM_JOINS_APPROVALS" not in {one.code for one in outcome.findings}
