"""What is refused says its code, its place and what stood there."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from engine.bpmn.expressions import ExpressionRefused, compile_expression, failures, refusals
from engine.errors import DomainError


@pytest.mark.parametrize(
    ("text", "code", "position", "params"),
    [
        ("", "EXPRESSION_EMPTY", 0, {}),
        ("=  ", "EXPRESSION_EMPTY", 0, {}),
        ("${}", "EXPRESSION_EMPTY", 0, {}),
        ("1 " * 1_001, "EXPRESSION_TOO_LONG", 2_000, {"limit": 2_000}),
        ("a+" * 200 + "a", "EXPRESSION_TOO_MANY_PARTS", 400, {"limit": 400}),
        ("(" * 40 + "1" + ")" * 40, "EXPRESSION_NESTED_TOO_DEEPLY", 40, {"limit": 40}),
        ("amount > 1000 $", "EXPRESSION_UNEXPECTED_CHARACTER", 14, {"character": "$"}),
        ("= name = “VIP”", "EXPRESSION_UNEXPECTED_CHARACTER", 9, {"character": "“"}),
        ("= name = 'VIP", "EXPRESSION_UNCLOSED_TEXT", 9, {}),
        (r"'\q'", "EXPRESSION_UNKNOWN_ESCAPE", 0, {"escape": r"\q"}),
        (r"'\ud800'", "EXPRESSION_UNKNOWN_ESCAPE", 0, {"escape": r"\ud800"}),
        (r"'\u0000'", "EXPRESSION_UNKNOWN_ESCAPE", 0, {"escape": r"\u0000"}),
        ("1" * 35, "EXPRESSION_NUMBER_TOO_LONG", 0, {"number": "1" * 35}),
        ("сума > 100 тис", "EXPRESSION_UNEXPECTED_PART", 11, {"part": "тис"}),
        ("${a > }", "EXPRESSION_INCOMPLETE", 6, {}),
        ("${(a > 1}", "EXPRESSION_MISSING_PART", 8, {"expected": ")"}),
        ("if a then 1", "EXPRESSION_MISSING_PART", 11, {"expected": "else"}),
        ("_private", "EXPRESSION_NAME_NOT_ALLOWED", 0, {"name": "_private"}),
        ("deal._private", "EXPRESSION_NAME_NOT_ALLOWED", 5, {"name": "_private"}),
        ("= pay(5)", "EXPRESSION_FUNCTION_NOT_AVAILABLE", 2, {"name": "pay"}),
        ("${bean.check(x)}", "EXPRESSION_FUNCTION_NOT_AVAILABLE", 7, {"name": "check"}),
        ("${var:matches(a, 'x')}", "EXPRESSION_FUNCTION_NOT_AVAILABLE", 6, {"name": "var:matches"}),
        (
            "starts with(a)",
            "EXPRESSION_WRONG_NUMBER_OF_VALUES",
            0,
            {"name": "starts with", "minimum": 2, "maximum": 2},
        ),
        ("${a} == ${b}", "EXPRESSION_MIXED_TEMPLATE", 0, {}),
        ("${a} and more", "EXPRESSION_MIXED_TEMPLATE", 0, {}),
    ],
)
def test_a_text_is_refused_with_its_place(text: str, code: str, position: int, params: dict[str, Any]) -> None:
    with pytest.raises(ExpressionRefused) as refusal:
        compile_expression(text)
    error = refusal.value
    assert (error.code, error.position, dict(error.params)) == (code, position, params)
    assert "%(" not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "a b", "a >", "> 5", "a > > 5", "a ==", "a..b", "[1, 2", "(1..2", "{a: 1}", "a => 5", "a = b = ", "in a",
        "lambda: 1", "x := 1", "a; b", "a is b", "price is low", "then 5", "a not b", "a between 1",
        "f(x)(y)", "(f)(x)", "]1..2", "]1]", "[1..2", "a in [1..2[]",
        "5(x)", "a.5", "a.'b'", "some 5 in a satisfies b", "for x in a satisfies b", "some not in a satisfies b",
        "execution.getVariable(5)", "execution.getVariable('a b')", "client.get()", "client.get(1, 2, 3)", "@5",
        '@"soon"', "${a eq}", "${eq}", "a eq 5", "empty a", "[x for x in y]", "a if b", "1__0", "0x10", "5amount",
        "var:equals(a)", "var:get(a, 1)", "a ? b", "`a`", "a\\b", "\x00", "import os", "*args", "a, b",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        compile_expression(text)


def test_every_problem_has_a_code_of_its_own_and_a_text() -> None:
    problems = [
        problem
        for module in (refusals, failures)
        for _, problem in inspect.getmembers(module, inspect.isclass)
        if issubclass(problem, DomainError) and problem is not DomainError
    ]
    assert len({problem.code for problem in problems}) == len(problems)
    assert len({problem.template for problem in problems}) == len(problems)
