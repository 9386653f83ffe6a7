"""A return out of one branch into another one, from which the deal goes on without the approvals of the first."""

from __future__ import annotations

import pytest
from support.decision_tables import dmn, table
from support.drawn_maps import END, START, chain, codes, drawn, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
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


def beside(decided: str, *more: str, tables: dict[str, bytes] | None = None) -> CompileOutcome:
    """prepare → split → draft → legal beside check → finance → ``decided`` → join → sign."""
    diagram = drawn(
        START,
        END,
        *(step(one, name) for one, name in NAMES.items()),
        step("legal", "Юрист", approval="any") + step("finance", "Фінанси", approval="any"),
        '<parallelGateway id="split"/><inclusiveGateway id="join"/>',
        '<exclusiveGateway id="legal_decides"/>',
        chain("start", "prepare", "split", "draft", "legal", "legal_decides") + chain("split", "check", "finance"),
        flow("legal_decides", "join", "Погоджено") + flow("legal_decides", "prepare", "На доопрацювання"),
        chain("join", "sign", "end"),
        decided,
        *more,
    )
    return compile_bpmn({"map.bpmn": diagram, **(tables or {})})


BY_WORDS = '<exclusiveGateway id="finance_decides"/>' + chain("finance", "finance_decides")
ALARM = "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>"


@pytest.mark.parametrize("condition", ["finance_outcome == 'returned'", "finance_outcome != 'approved'"])
def test_a_return_that_an_expression_decides_is_told_as_well(condition: str) -> None:
    ways = flow("finance_decides", "draft", condition=f"${{{condition}}}")
    on = flow("finance_decides", "join", condition="${finance_outcome == 'approved'}")
    finding = found(beside(BY_WORDS + ways + on), "RETURN_LEADS_AROUND")
    assert (finding.element_id, finding.params["steps"]) == ("finance_decides", "Фінанси")


@pytest.mark.parametrize("told", ["way == 'back'", "word == 'back'"], ids=["by the table", "by a script behind it"])
def test_so_is_one_that_a_table_decides_and_that_is_the_arrow_for_all_else(told: str) -> None:
    table_task = (
        '<businessRuleTask id="rules" camunda:decisionRef="limit" camunda:resultVariable="way"'
        ' camunda:mapDecisionResult="singleEntry"/><scriptTask id="script"><script>word = way</script></scriptTask>'
        + element("exclusiveGateway", "finance_decides", default="back")
    )
    ways = chain("finance", "rules", "script", "finance_decides") + flow("finance_decides", "draft", flow_id="back")
    on = flow("finance_decides", "join", condition=f"${{not ({told})}}")
    rules = [('"approved"', '"on"'), ("-", '"back"')]
    limit = dmn(table([("finance_outcome", "string")], ["way"], *rules, policy="FIRST"))
    outcome = beside(table_task + ways + on, tables={"way.dmn": limit})
    finding = found(outcome, "RETURN_LEADS_AROUND")
    assert (finding.element_id, finding.params["place"]) == ("finance_decides", "Скласти")


def test_nor_is_an_arrow_that_an_amount_decides_taken_for_a_return() -> None:
    ways = flow("finance_decides", "draft", condition="${deal.amount > 5}") + flow("finance_decides", "join", "Далі")
    refused = flow("finance_decides", "prepare", condition="${finance_outcome != 'approved'}")
    assert "RETURN_LEADS_AROUND" not in codes(beside(BY_WORDS + refused + ways))


def test_a_deadline_that_leads_into_the_branch_beside_is_told_of_what_it_ends_and_what_follows() -> None:
    """And the return beside it, whose place the deadline leads to as well, is told as without it."""
    ways = flow("finance_decides", "join", "Погоджено") + flow("finance_decides", "draft", "На доопрацювання")
    late = element("boundaryEvent", "late", "", ALARM, attachedToRef="check") + chain("late", "draft")
    outcome = beside(BY_WORDS + ways, late)
    told = {one.element_id: one.params for one in outcome.findings if one.code == "RETURN_LEADS_AROUND"}
    assert told == {one: {"place": "Скласти", "steps": "Фінанси"} for one in ("finance_decides", "late")}


def test_a_deadline_behind_the_approval_leads_around_nobody() -> None:
    ways = flow("finance_decides", "pack", "Погоджено") + flow("finance_decides", "check", "На доопрацювання")
    late = element("boundaryEvent", "late", "", ALARM, attachedToRef="pack") + chain("late", "draft")
    outcome = beside(BY_WORDS + ways, step("pack"), late, chain("pack", "join"))
    assert "RETURN_LEADS_AROUND" not in codes(outcome)
