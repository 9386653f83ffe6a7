"""What a table gives when no rule, one rule or several rules match: DMN 1.3, chapter 8.2.10."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.decision_tables import Column, decide, dmn, evaluate, table

from engine.bpmn.dmn.failures import (
    DecisionFailed,
    InputNotAllowed,
    InputOfAnotherKind,
    NotAggregatable,
    OutputNotAllowed,
    OutputOfAnotherKind,
    RulesContradict,
    RulesDisagree,
)

# Overlapping bounds, so that 5 matches no rule, 15 one, 25 two and 35 all three.
RULES = (("> 10", "1"), ("> 20", "2"), ("> 30", "3"))
AMOUNT = [("amount", "number")]
RANK = [("rank", "number", "3, 1, 2")]


def ranked(policy: str, amount: int, aggregation: str = "", **more: Any) -> Any:
    return decide(table(AMOUNT, RANK, *RULES, policy=policy, aggregation=aggregation, **more), amount=amount)


@pytest.mark.parametrize(
    ("policy", "aggregation", "of_none_one_two_and_three"),
    [
        ("FIRST", "", [None, 1, 1, 1]),
        ("PRIORITY", "", [None, 1, 1, 3]),
        ("COLLECT", "", [[], [1], [1, 2], [1, 2, 3]]),
        ("RULE ORDER", "", [[], [1], [1, 2], [1, 2, 3]]),
        ("OUTPUT ORDER", "", [[], [1], [1, 2], [3, 1, 2]]),
        ("COLLECT", "SUM", [None, 1, 3, 6]),
        ("COLLECT", "MIN", [None, 1, 1, 1]),
        ("COLLECT", "MAX", [None, 1, 2, 3]),
        ("COLLECT", "COUNT", [0, 1, 2, 3]),
    ],
)
def test_a_policy_gives(policy: str, aggregation: str, of_none_one_two_and_three: list[Any]) -> None:
    assert [ranked(policy, amount, aggregation) for amount in (5, 15, 25, 35)] == of_none_one_two_and_three


def test_unique_gives_the_one_rule_and_contradicts_on_several() -> None:
    assert ranked("UNIQUE", 5) is None
    assert ranked("UNIQUE", 15) == 1
    with pytest.raises(RulesContradict) as failed:
        ranked("UNIQUE", 35)
    assert failed.value.params == {"table": "Межа знижки", "rules": "1, 2, 3"}


def test_a_table_without_a_policy_is_unique() -> None:
    said = table(AMOUNT, RANK, *RULES).replace(' hitPolicy="UNIQUE"', "")
    with pytest.raises(RulesContradict):
        decide(said, amount=25)


def test_any_gives_what_the_rules_agree_on() -> None:
    agreeing = table(AMOUNT, ["rank"], ("> 10", "1 + 1"), ("> 20", "2.0"), ("> 30", "3"), policy="ANY")
    assert decide(agreeing, amount=5) is None
    assert decide(agreeing, amount=25) == 2
    with pytest.raises(RulesDisagree) as failed:
        decide(agreeing, amount=35)
    assert failed.value.params["rules"] == "1, 2, 3"


def test_any_compares_every_output() -> None:
    both = table(AMOUNT, ["a", "b"], ("-", '"x"', "1"), ("> 20", '"x"', "2"), policy="ANY")
    assert decide(both, amount=10) == {"a": "x", "b": 1}
    with pytest.raises(RulesDisagree):
        decide(both, amount=30)


def test_several_outputs_are_ordered_by_the_first_that_has_an_order() -> None:
    outputs: list[Column] = ["note", ("risk", "string", '"high", "low"'), ("days", "number", "1, 5")]
    rules = (("-", '"a"', '"low"', "5"), ("-", '"b"', '"high"', "5"), ("-", '"c"', '"high"', "1"))
    assert decide(table(AMOUNT, outputs, *rules, policy="PRIORITY"), amount=1)["note"] == "c"
    ordered = decide(table(AMOUNT, outputs, *rules, policy="OUTPUT ORDER"), amount=1)
    assert [one["note"] for one in ordered] == ["c", "b", "a"]


def test_several_outputs_give_a_mapping_and_many_results_a_list_of_them() -> None:
    rules = (("> 10", '"a"', "1"), ("> 20", '"b"', "-"))
    assert decide(table(AMOUNT, ["x", "y"], *rules), amount=15) == {"x": "a", "y": 1}
    collected = decide(table(AMOUNT, ["x", "y"], *rules, policy="COLLECT"), amount=25)
    assert collected == [{"x": "a", "y": 1}, {"x": "b", "y": None}]


def test_a_default_output_is_for_the_case_that_no_rule_matches() -> None:
    said = table(AMOUNT, ["x", "y"], ("> 10", '"a"', "1"), defaults={"x": '"none"'})
    assert decide(said, amount=5) == {"x": "none", "y": None}
    assert decide(said, amount=15) == {"x": "a", "y": 1}
    assert ranked("FIRST", 5, defaults={"rank": "2"}) == 2


def test_a_table_without_inputs_matches_always() -> None:
    assert decide(table([], ["x"], ('"a"',))) == "a"


@pytest.mark.parametrize("amount", [None, Decimal("10.5"), "10.5"])
def test_a_number_is_read_where_a_number_is_meant(amount: Any) -> None:
    said = table(AMOUNT, ["x"], ("10.5", '"there"'), ("null", '"nothing"'))
    assert decide(said, amount=amount) == ("nothing" if amount is None else "there")


@pytest.mark.parametrize(("type_name", "given"), [("string", "nothing"), ("number", "nothing"), ("", "text")])
def test_a_field_that_nobody_filled_in_is_nothing(type_name: str, given: str) -> None:
    rules = (("null", '"nothing"'), ('""', '"text"'))
    said = table([("a", type_name, '"a"') if type_name == "string" else ("a", type_name)], ["x"], *rules)
    assert decide(said, a="") == given


@pytest.mark.parametrize(("type_name", "value"), [("number", "багато"), ("boolean", 1), ("date", 5), ("string", 5)])
def test_a_value_of_another_kind_is_a_failure_and_no_missing_match(type_name: str, value: Any) -> None:
    with pytest.raises(InputOfAnotherKind):
        decide(table([("x", type_name)], ["y"], ("-", "1")), x=value)


def test_texts_of_dates_are_dates() -> None:
    said = table([("day", "date")], ["y"], ('< date("2026-01-01")', '"old"'), ("-", '"new"'), policy="FIRST")
    assert decide(said, day="2025-12-31") == "old"
    assert decide(said, day=date(2026, 1, 1)) == "new"


def test_a_value_outside_the_allowed_ones_is_a_failure() -> None:
    said = table([("x", "string", '"a", "b"')], [("y", "number", "[0..5]")], ('"a"', "n"), ("-", "1"), policy="FIRST")
    assert decide(said, x="b") == 1
    assert decide(said, x=None) == 1
    with pytest.raises(InputNotAllowed):
        decide(said, x="c")
    assert decide(said, x="a", n=5) == 5
    with pytest.raises(OutputNotAllowed):
        decide(said, x="a", n=6)
    with pytest.raises(OutputOfAnotherKind):
        decide(said, x="a", n="six")


def test_what_cannot_be_added_is_a_failure() -> None:
    said = table(AMOUNT, ["x"], ("-", "n"), ("-", "1"), policy="COLLECT", aggregation="SUM")
    assert decide(said, amount=1, n=Decimal("0.1")) == Decimal("1.1")
    with pytest.raises(NotAggregatable):
        decide(said, amount=1, n="one")
    with pytest.raises(NotAggregatable):
        decide(said, amount=1)


def test_smallest_and_largest_are_found_among_dates_and_texts() -> None:
    days = [("-", 'date("2026-03-01")'), ("-", 'date("2026-01-01")')]
    assert decide(table(AMOUNT, ["x"], *days, policy="COLLECT", aggregation="MIN"), amount=1) == date(2026, 1, 1)
    texts = [("-", '"b"'), ("-", '"c"')]
    assert decide(table(AMOUNT, ["x"], *texts, policy="COLLECT", aggregation="MAX"), amount=1) == "c"


def test_a_failing_cell_names_its_rule() -> None:
    said = table(AMOUNT, ["x"], ("> 10", "1"), ("? > 1 and n", "2"))
    with pytest.raises(DecisionFailed) as failed:
        decide(said, amount=5, n="text")
    assert failed.value.params == {"table": "Межа знижки", "rule": 2, "text": "? > 1 and n"}


def test_the_rules_that_count_are_named_in_their_order() -> None:
    result = evaluate(dmn(table(AMOUNT, RANK, *RULES, policy="OUTPUT ORDER")), amount=35)
    assert result.rules == (3, 1, 2)
    assert result.inputs == (("amount", 35),)
    assert result.by_output() == {"rank": [3, 1, 2]}
