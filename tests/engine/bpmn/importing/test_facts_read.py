"""Names of the deal that are not there, and outcomes that no step has: told before any deal comes by."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, element, flow, found, outcome_of, step

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity

VISIT = (
    "<extensionElements><camunda:formData><camunda:formField id='visit' type='date'/>"
    "<camunda:formField id='deal.lawyer' type='string'/></camunda:formData></extensionElements>"
)
OTHER_END = '<endEvent id="no" name="Відмова"/>'


def decided(condition: str, **said: str) -> CompileOutcome:
    """A step, a decision with ``condition`` on one way and the default on the other."""
    gateway = element("exclusiveGateway", "g", "Рішення", default="g_end")
    ways = flow("g", "no", condition=condition) + flow("g", "end")
    return outcome_of(START, step("t", "Погодити", **said), gateway, OTHER_END, END, chain("start", "t", "g"), ways)


@pytest.mark.parametrize(
    ("condition", "name", "near"),
    [
        ("${deal.amuont > 5}", "deal.amuont", "deal.amount"),
        ('owner.nmae == "Олена"', "owner.nmae", "owner.name"),
        ("=deal.close_dat > today", "deal.close_dat", "deal.close_date"),
    ],
)
def test_a_condition_on_what_nothing_gives_is_told_with_the_name_that_was_meant(
    condition: str, name: str, near: str
) -> None:
    told = found(decided(condition), "FACT_UNKNOWN")
    assert (told.element_id, told.severity, dict(told.params)) == (
        "g_no",
        Severity.WARNING,
        {"name": name, "near": near},
    )


@pytest.mark.parametrize(
    "condition", ["deal.amount > 5", "deal.close_date > today", 'owner.login == "olena"', 'client.own == "x"']
)
def test_nothing_is_told_of_what_a_deal_has(condition: str) -> None:
    assert "FACT_UNKNOWN" not in codes(decided(condition))


@pytest.mark.parametrize(
    ("deadline", "responsible", "told"),
    [
        ("=visit - 2 р.д.", "=deal.lawyer", set()),
        ("=deal.visit", "=owner", set()),
        ("=deal.close_date - 2 р.д.", "=deal.lawer", {"deal.lawer"}),
        ("=visitt - 2 р.д.", "=lawyer", {"visitt"}),
        ("=deal.closing - 2 р.д.", "=boss", {"deal.closing", "boss"}),
    ],
)
def test_a_deadline_or_a_responsible_by_what_nothing_gives_is_told(
    deadline: str, responsible: str, told: set[str]
) -> None:
    ask = element("userTask", "ask", "Запитати", VISIT)
    outcome = outcome_of(
        START, ask, step("t", термін=deadline, відповідальний=responsible), END, chain("start", "ask", "t", "end")
    )
    names = {(one.element_id, one.params["name"]) for one in outcome.findings if one.code == "FACT_UNKNOWN"}
    assert names == {("t", name) for name in told}


@pytest.mark.parametrize("condition", ['t_outcome == "reject"', "t_outcome in ['rejected', 'reject']"])
def test_an_outcome_that_an_approval_never_has_is_an_error(condition: str) -> None:
    told = found(decided(condition, погодження="будь-хто"), "OUTCOME_UNKNOWN")
    assert (told.element_id, told.severity, told.params["outcome"]) == ("g_no", Severity.ERROR, "reject")
    assert told.params["outcomes"] == "approved, returned, rejected"


def test_an_outcome_that_a_plain_step_never_has_is_a_warning() -> None:
    assert found(decided('t_outcome == "approved"'), "OUTCOME_UNKNOWN").severity is Severity.WARNING


@pytest.mark.parametrize("condition", ['t_outcome == "rejected"', "t_outcome != 'approved'", '"returned" = t_outcome'])
def test_an_outcome_that_the_step_has_is_fine(condition: str) -> None:
    assert "OUTCOME_UNKNOWN" not in codes(decided(condition, погодження="будь-хто"))


@pytest.mark.parametrize("condition", ['t_outcome == "completed"', 't_outcome == "way"'])
def test_an_outcome_of_other_steps_is_a_warning_at_an_approval(condition: str) -> None:
    """Such a condition is only never met: a map that takes more into account than may happen is not refused."""
    told = found(decided(condition, погодження="будь-хто"), "OUTCOME_UNKNOWN")
    assert told.severity is Severity.WARNING


def test_an_outcome_of_a_step_whose_name_ends_like_another_s_is_that_step_s() -> None:
    steps = step("t", "Погодити", погодження="будь-хто") + step("at", "Зібрати")
    decide = '<exclusiveGateway id="g" default="g_end"/><endEvent id="no"/>' + END + flow("g", "end")
    said = flow("g", "no", condition='at_outcome == "completed" || t_outcome == "rejected"')
    outcome = outcome_of(START, steps, decide, chain("start", "at", "t", "g"), said)
    assert "OUTCOME_UNKNOWN" not in codes(outcome)


def test_what_looks_like_nothing_known_is_proposed_what_such_an_expression_usually_reads() -> None:
    task = step("t", термін="=qqq - 2 р.д.", відповідальний="=initiator")
    outcome = outcome_of(START, task, END, chain("start", "t", "end"))
    near = {one.params["name"]: one.params["near"] for one in outcome.findings if one.code == "FACT_UNKNOWN"}
    assert near == {"qqq": "deal.close_date", "initiator": "owner"}
