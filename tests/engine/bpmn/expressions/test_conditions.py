"""A condition is true, false, or an incident."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.bpmn.expressions import ExpressionFailed, NullCondition, compile_condition


@pytest.mark.parametrize("amount", [1500, 1500.5, Decimal("1000.01")])
def test_a_condition_holds_for_every_kind_of_number(amount: Any) -> None:
    assert compile_condition("= amount > 1000").holds({"amount": amount}) is True


def test_a_condition_that_is_false_does_not_hold() -> None:
    assert compile_condition("${approved}").holds({"approved": False}) is False


@pytest.mark.parametrize(
    ("text", "variables", "names"),
    [
        ("amount > 1000", {}, "amount"),
        ("amount > 1000", {"amount": None}, "amount"),
        ("deal.amount > 1000", {"deal": {"title": "Сервери"}}, "deal.amount"),
        ("deal.amount > limit and client.vip", {"deal": {"amount": 5}, "client": {}}, "client.vip, limit"),
        ("${approved}", {}, "approved"),
        ("not approved", {}, "approved"),
        ('deal["own field"] > 1', {"deal": {}}, "deal.own field"),
        ("owner.department.name.first > 1", {"owner": None}, "owner.department.name.first"),
    ],
)
def test_a_missing_value_leaves_the_condition_open_and_is_named(
    text: str, variables: dict[str, Any], names: str
) -> None:
    with pytest.raises(NullCondition) as failure:
        compile_condition(text).holds(variables)
    assert failure.value.code == "NULL_CONDITION"
    assert failure.value.params == {"text": text, "names": names}


@pytest.mark.parametrize("text", ["amount = null", "= amount = null", "${amount == null}", "amount is None"])
def test_asking_whether_a_value_is_missing_has_an_answer(text: str) -> None:
    assert compile_condition(text).holds({}) is True
    assert compile_condition(text).holds({"amount": 5}) is False


@pytest.mark.parametrize("text", ["amount != null and amount > 1000", "amount = null or amount > 1000"])
def test_a_guard_against_a_missing_value_is_enough(text: str) -> None:
    assert compile_condition(text).holds({}) is (" or " in text)


@pytest.mark.parametrize(
    ("text", "code", "operands"),
    [
        ('amount > "many"', "KINDS_DO_NOT_COMPARE", [("amount", "a number", "5"), ("", "a text", "many")]),
        ('approved == "yes"', "KINDS_DO_NOT_COMPARE", [("approved", "a yes or no", ""), ("", "a text", "yes")]),
        ("deal.amount / parts > 100", "DIVIDES_BY_ZERO", [("parts", "a number", "0")]),
        ("parts != 0 or amount / (amount - 5) > 1", "DIVIDES_BY_ZERO", [("", "a number", "0")]),
        ("amount + word > 1", "NOT_CALCULABLE", [("amount", "a number", "5"), ("word", "a text", "half")]),
        ("sum(word) > 1", "NOT_CALCULABLE", [("word", "a text", "half")]),
        ('date("31.02.2026") > day', "VALUE_NOT_READABLE", [("", "a text", "31.02.2026")]),
        ("goods[3] > 1", "NO_SUCH_ITEM", [("goods", "a list", "")]),
        ("day > amount", "KINDS_DO_NOT_COMPARE", [("day", "a date", "2026-12-31"), ("amount", "a number", "5")]),
    ],
)
def test_what_has_no_answer_though_nothing_is_missing_says_which_values_are_to_blame(
    text: str, code: str, operands: list[tuple[str, str, str]]
) -> None:
    variables = {"amount": 5, "approved": True, "deal": {"amount": 9}, "parts": 0, "word": "half", "goods": [1, 2]}
    with pytest.raises(ExpressionFailed) as failure:
        compile_condition(text).holds({**variables, "day": date(2026, 12, 31)})
    assert failure.value.code == code
    assert [tuple(one.values()) for one in failure.value.params["operands"]] == operands


def test_what_cannot_be_traced_to_a_value_is_no_answer_all_the_same() -> None:
    with pytest.raises(ExpressionFailed) as failure:
        compile_condition("every x in goods satisfies x / parts > 1").holds({"goods": [1], "parts": 0})
    assert (failure.value.code, set(failure.value.params)) == ("CONDITION_WITHOUT_ANSWER", {"text"})


@pytest.mark.parametrize("text", ["= amount", "${'true'}", "= [true]", "= 1", "'yes' if amount > 1 else 'no'"])
def test_a_value_that_is_neither_true_nor_false_is_no_answer(text: str) -> None:
    with pytest.raises(ExpressionFailed) as failure:
        compile_condition(text).holds({"amount": 5})
    assert failure.value.code == "CONDITION_NOT_YES_OR_NO"


def test_the_same_text_is_compiled_once() -> None:
    assert compile_condition("amount > 77") is compile_condition("amount > 77")


def test_a_condition_tells_what_it_reads() -> None:
    condition = compile_condition("deal.amount > limit")
    assert condition.names == {"deal", "limit"}
    assert condition.paths == {"deal.amount", "limit"}
    assert condition.text == "deal.amount > limit"
