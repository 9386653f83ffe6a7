"""Expressions are told from words that people write on arrows."""

from __future__ import annotations

import pytest

from engine.bpmn.expressions import ConditionKind, classify, is_expression


@pytest.mark.parametrize(
    "text",
    [
        "= amount > 1000", "=approved", "= not(approved)", "=true", "${approved}", "#{!orderApproved}",
        "#{riskAssessment == 'yellow'}", "${notEnoughInformation == 'true'}", "amount > 1000", "amount >1000",
        "amount > 1000 and not urgent", "not approved", "approved and signed", "approved and not deal.urgent",
        "status in ['new', 'open']", "сума > 100", 'результат = "погоджено"', "deal.amount <= limit", "x is None",
        '= some risk in riskLevels satisfies risk = "red"', "is defined(answer)", "a if b > 1 else c",
        "amount between 1 and 5", "not (amount > 5)", "legal_outcome == 'approved'",
    ],
)  # fmt: skip
def test_an_expression_decides_by_itself(text: str) -> None:
    assert is_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "yes", "Ja", "approved", "Так", "_undefined", "'yes'", '"погоджено"', "true", "False", "5", "-5",
        "deal.approved",
        "сума > 100 тис", "сума до 100", "> 1000 UAH", "<5 days", "so oder so", "too much", "так / ні", "yes/no",
        "A - B", "item in stock", "Was the Order Approved?", "Was the Order NOT Approved?", "price is low",
        "not yet approved", "Погоджено!", "100%", "так, але пізніше", "[]", "Договір №5", "5 - 10",
        "если да", "ні (клієнт відмовився)",
    ],
)  # fmt: skip
def test_words_are_a_question_to_a_person(text: str) -> None:
    assert classify(text).kind is ConditionKind.WORDS


@pytest.mark.parametrize(
    "text",
    [
        "${bean.check(execution)}", "= pay(5)", "${a} and ${b}", "obj.method().field == 1", "x == ", "a && (b",
        "len([x for x in y]) > 3", "${так, звісно}", "=", "if (a) { b; }",
        "task.data['a'] == lambda: 1", "deal.amount > 5 грн",
    ],
)  # fmt: skip
def test_what_was_meant_as_an_expression_says_why_it_is_refused(text: str) -> None:
    found = classify(text)
    assert found.kind is ConditionKind.REFUSED
    assert found.refusal is not None


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_nothing_is_no_condition(text: str | None) -> None:
    assert classify(text).kind is ConditionKind.EMPTY
    assert not is_expression(text)
