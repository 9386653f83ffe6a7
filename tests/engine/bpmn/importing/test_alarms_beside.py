"""An alarm that interrupts nothing and leads back into the way: told where approvals stand in it."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, flow, found, outcome_of, step

from engine.bpmn.compile import CompileOutcome
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


@pytest.mark.parametrize(("host", "after"), [("legal", "on"), ("prepare", "legal"), ("legal", "again")])
def test_an_alarm_that_joins_the_way_of_an_approval_is_told(host: str, after: str) -> None:
    finding = found(with_alarm(host, after), "ALARM_JOINS_APPROVALS")
    assert (finding.severity, finding.element_id, finding.params["steps"]) == (Severity.WARNING, "alarm", "Юрист")


@pytest.mark.parametrize(
    ("host", "after", "interrupting"),
    [("legal", "aside", "false"), ("legal", "end", "false"), ("legal", "on", "true"), ("sign", "aside", "false")],
)
def test_one_that_ends_by_itself_or_interrupts_is_not(host: str, after: str, interrupting: str) -> None:
    outcome = with_alarm(host, after, interrupting=interrupting)
    assert "ALARM_JOINS_APPROVALS" not in {one.code for one in outcome.findings}
