"""Script tasks: ``name = expression`` and nothing else."""

from __future__ import annotations

import pytest

from engine.bpmn.expressions import ExpressionRefused, compile_assignments


def test_a_script_of_assignments_is_read_in_order() -> None:
    script = """
    # the price with tax
    tax = price * 0.2;
    total=price + tax
    segment = "A # B"
    // done
    знижка = ${total > 1000 ? 5 : 0}
    same = a == b
    """
    assert compile_assignments(script) == (
        ("tax", "price * 0.2"),
        ("total", "price + tax"),
        ("segment", '"A # B"'),
        ("знижка", "${total > 1000 ? 5 : 0}"),
        ("same", "a == b"),
    )


def test_an_empty_script_assigns_nothing() -> None:
    assert compile_assignments(" \n# nothing\n") == ()


@pytest.mark.parametrize(
    ("script", "line", "code"),
    [
        ("a = 1\nimport os", 2, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("print('x')", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("\n\nif a: b = 1", 3, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("a == 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("a += 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("a, b = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("deal.amount = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("deal = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("now = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("True = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("_a = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("a =", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("var a = 1", 1, "SCRIPT_NOT_AN_ASSIGNMENT"),
        ("a = 1\nb = open('x')", 2, "EXPRESSION_FUNCTION_NOT_AVAILABLE"),
        ("a = 1; b = 2", 1, "EXPRESSION_UNEXPECTED_CHARACTER"),
        ("a = b = 1 +", 1, "EXPRESSION_INCOMPLETE"),
        ("a = 1\n" * 201, 201, "SCRIPT_TOO_LONG"),
    ],
)
def test_anything_else_is_refused_by_line(script: str, line: int, code: str) -> None:
    with pytest.raises(ExpressionRefused) as refusal:
        compile_assignments(script)
    assert (refusal.value.line, refusal.value.code) == (line, code)


def test_a_huge_script_is_refused() -> None:
    with pytest.raises(ExpressionRefused) as refusal:
        compile_assignments("a = 1\n" * 4_000)
    assert refusal.value.code == "SCRIPT_TOO_LONG"
    assert "%(" not in str(refusal.value)
