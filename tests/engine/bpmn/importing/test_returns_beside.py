"""A return out of one branch into another one, from which the deal goes on without the approvals of the first."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity

NAMES = {"prepare": "Підготувати", "draft": "Скласти", "note": "Записати", "sign": "Підписати", "check": "Перевірити"}


def returned_to(place: str, join: str = "inclusiveGateway") -> CompileOutcome:
    """prepare → split → draft → legal beside check → finance → head → join → sign; finance returns to ``place``.

    The return passes ``note``, a step that nothing else leads to.
    """
    return outcome_of(
        START,
        END,
        *(step(one, name) for one, name in NAMES.items()),
        step("legal", "Юрист", approval="any") + step("finance", "Фінанси", approval="any"),
        step("head", "Директор", approval="any"),
        '<parallelGateway id="split"/>' + element(join, "join"),
        *(element("exclusiveGateway", f"{one}_decides") for one in ("legal", "finance", "head")),
        chain("start", "prepare", "split", "draft", "legal", "legal_decides"),
        chain("split", "check", "finance", "finance_decides") + chain("head", "head_decides"),
        flow("finance_decides", "head", "Погоджено") + flow("finance_decides", "note", "На доопрацювання"),
        chain("note", place),
        flow("legal_decides", "join", "Погоджено") + flow("legal_decides", "draft", "На доопрацювання"),
        flow("head_decides", "join", "Погоджено") + flow("head_decides", "check", "На доопрацювання"),
        chain("join", "sign", "end"),
    )


def test_whom_a_return_into_the_branch_beside_passes_by_is_told() -> None:
    outcome = returned_to("draft")
    finding = found(outcome, "RETURN_LEADS_AROUND")
    assert (finding.severity, finding.element_id) == (Severity.WARNING, "finance_decides")
    assert finding.params == {"place": "Скласти", "steps": "Фінанси, Директор"}
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    for one, said in {"prepare": "completed", "check": "completed", "finance": "returned", "note": "completed"}.items():
        run.complete(one, said)
    while "sign" not in run.open:
        run.complete(run.open[0], "approved")
    assert not {"finance", "head"} & set(run.open), "as the drawing says, the deal is signed without them"


@pytest.mark.parametrize("place", ["prepare", "check", "finance"])
def test_a_return_that_comes_by_them_again_is_not(place: str) -> None:
    outcome = returned_to(place)
    assert outcome.process is not None
    assert "RETURN_LEADS_AROUND" not in codes(outcome)


def test_nor_one_into_a_branch_whose_join_waits_for_them() -> None:
    """There the deal stops, which is told of the join."""
    outcome = returned_to("draft", "parallelGateway")
    assert "MAY_DEADLOCK" in codes(outcome)
    assert "RETURN_LEADS_AROUND" not in codes(outcome)
