from __future__ import annotations

import pytest
from support.canonical_maps import MapBuilder
from support.sales_map import sales_map

from engine.bpmn.compiled import CompiledProcess
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.map_rules import (
    ENDLESS,
    ENDS_OTHERWISE,
    FAILS,
    NO_SUCH_OUTCOME,
    NO_SUCH_STEP,
    NOT_REACHED,
    REACHED,
    UNDECIDED,
    Expected,
    Given,
    Rule,
    RuleRun,
    rule_finding,
    run_rule,
)

CALENDAR = BusinessCalendar()


def run(process: CompiledProcess, given: Given | None = None, expected: Expected | None = None) -> RuleRun:
    rule = Rule(name="Правило", given=given or Given(), expected=expected or Expected())
    return run_rule(process, rule, calendar=CALENDAR)


def problems(ran: RuleRun) -> list[tuple[str, str]]:
    return [(one.problem, one.element_id) for one in ran.failures]


def discount_map() -> CompiledProcess:
    """offer → over 10 % → approve → won; else → won at once."""
    builder = MapBuilder()
    builder.start()
    builder.step("offer")
    builder.step("approve")
    builder.gateway("exclusive", "much", default="little")
    builder.end("won")
    builder.chain("start", "offer", "much")
    builder.flow("much", "approve", "= discount > 10", "over")
    builder.flow("much", "won", None, "little")
    builder.chain("approve", "won")
    return builder.build(variables=["discount"])


def test_without_a_word_about_decisions_everything_is_done_and_approved() -> None:
    ran = run(sales_map(), expected=Expected(through=("prepare", "legal", "finance", "sign"), ends="won"))
    assert ran.passed
    assert [one.element_id for one in ran.way][:1] == ["prepare"]
    assert (ran.ends, ran.way_words.split(" → ")[-1]) == ("won", "Підписати договір")


def test_outcomes_are_taken_turn_by_turn_and_then_as_by_default() -> None:
    ran = run(sales_map(), Given(outcomes={"legal": ("returned",)}), Expected(ends="won"))
    assert ran.passed
    assert [one.element_id for one in ran.way].count("prepare") == 2


def test_a_given_value_decides_the_way() -> None:
    through = Expected(through=("approve",))
    assert run(discount_map(), Given(values={"discount": 15}), through).passed
    assert problems(run(discount_map(), Given(values={"discount": 5}), through)) == [(NOT_REACHED, "approve")]
    past = Expected(not_through=("approve",))
    assert run(discount_map(), Given(values={"discount": 5}), past).passed
    assert problems(run(discount_map(), Given(values={"discount": 15}), past)) == [(REACHED, "approve")]


@pytest.mark.parametrize(
    ("given", "expected", "problem"),
    [
        (Given(outcomes={"legal": ("rejected",)}), Expected(ends="won"), (ENDS_OTHERWISE, "logistics")),
        (Given(), Expected(through=("no_such_step",)), (NO_SUCH_STEP, "")),
        (Given(outcomes={"sign": ("approved",)}), Expected(ends="won"), (NO_SUCH_OUTCOME, "sign")),
        (Given(outcomes={"legal": ("returned",) * 200}), Expected(ends="won"), (ENDLESS, "prepare")),
    ],
    ids=["ends otherwise", "unknown step", "unknown outcome", "circle"],
)
def test_what_is_broken_is_named_with_its_place(given: Given, expected: Expected, problem: tuple[str, str]) -> None:
    found = problems(run(sales_map(), given, expected))
    assert found
    assert found[0][0] == problem[0]
    if problem[0] is not ENDLESS:  # where a circle is left depends on the bound
        assert found == [problem]


def test_a_decision_that_the_rule_does_not_give_and_a_map_that_fails_are_told() -> None:
    builder = MapBuilder()
    builder.start()
    builder.step("ask", outcomes=())
    builder.gateway("exclusive", "fork")
    builder.end("won")
    builder.chain("start", "ask", "fork")
    builder.flow("fork", "won", "= size > 10")
    ran = run(builder.build(variables=["size"]), Given(values={"size": 1}), Expected(ends="won"))
    assert problems(ran) == [(FAILS, "fork")]
    assert ran.failures[0].because is not None
    ways = sales_map()
    only_ways = ways.steps["sign"].model_copy(
        update={"outcomes": tuple(one.model_copy(update={"kind": "way"}) for one in ways.steps["legal"].outcomes)}
    )
    undecided = ways.model_copy(update={"steps": {**ways.steps, "sign": only_ways}, "content_hash": "undecided"})
    assert problems(run(undecided, expected=Expected(ends="won"))) == [(UNDECIDED, "sign")]


def test_the_finding_says_the_rule_the_step_and_how_the_deal_went() -> None:
    finding = rule_finding(run(discount_map(), Given(values={"discount": 5}), Expected(through=("approve",))))
    assert (finding.code, finding.severity.value, finding.element_id) == ("RULE_TEST_FAILED", "error", "approve")
    assert (finding.params["rule"], finding.params["happened"]) == ("Правило", "offer")
