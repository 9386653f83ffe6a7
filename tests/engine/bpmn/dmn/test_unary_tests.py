"""Cells of decision tables: DMN 1.3, chapter 7.3.10, and what real files hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.bpmn.expressions import ExpressionRefused, compile_unary_tests

VARIABLES = {"bound": 10, "lowest": 3, "segments": ["vip", "new"], "wished": "vip", "agreed": True}
NEW_YEAR = date(2026, 1, 1)
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def passes(cell: str, value: Any) -> bool:
    condition = compile_unary_tests(cell).condition
    return condition is None or condition.run({**VARIABLES, "?": value}.get) is True


@pytest.mark.parametrize(
    ("cell", "passing", "failing"),
    [
        ("-", [1, "a", None, True], []),
        (" - ", [1], []),
        # literals and lists of them
        ('"vip"', ["vip"], ["VIP", "new", None, 1, True]),
        ('"a", "b"', ["a", "b"], ["c", "a, b", None]),
        ("5", [5, Decimal("5.0")], [4, "5", None, True]),
        ("-5", [-5], [5]),
        ("1 , 2", [1, 2], [3]),
        ("0.1", [Decimal("0.1")], [Decimal("0.10001")]),
        ("true", [True], [False, None, "true", 1]),
        ("false", [False], [True, None, 0]),
        ("null", [None], [0, "", False]),
        ('"так, ні"', ["так, ні"], ["так"]),
        ('"а\\"б"', ['а"б'], ["аб"]),
        # comparisons
        ("< 10", [9, Decimal("9.99"), -1], [10, 11, None, "9"]),
        ("<= 10", [10], [11, None]),
        ("> 10", [11], [10]),
        (">= 10", [10], [9]),
        ("= 10", [10], [9]),
        ("!= 10", [9], [10]),
        ("< bound", [9], [10]),
        ("> lowest + 1", [5], [4]),
        ("<5,>8", [4, 9], [5, 8]),
        # ranges, in every notation of their ends
        ("[1..3]", [1, 2, 3], [0, 4, None, "2"]),
        ("(1..3]", [2, 3], [1]),
        ("[1..3)", [1, 2], [3]),
        ("(1..3)", [2, Decimal("1.01")], [1, 3]),
        ("]1..3]", [2, 3], [1]),
        ("[1..3[", [1, 2], [3]),
        ("]1..3[", [2], [1, 3]),
        ("]1..3[, 7", [2, 7], [1, 3]),
        ("7, [1..3[", [7, 1], [3]),
        ("[lowest..bound[", [3, 9], [10]),
        ("[-5..-1]", [-3], [0]),
        ('["a".."f"]', ["c"], ["g", "A"]),
        # not
        ('not("a")', ["b", None], ["a", 5]),
        ('not("a", "b")', ["c"], ["a", "b"]),
        ("not(< 5)", [5], [4, None]),
        ("not([1..3])", [4], [1, 3]),
        ("not(]1..3[)", [1, 3], [2]),
        ("not(null)", [0, "a"], [None]),
        ("not(-5)", [5], [-5]),
        # lists and variables
        ('["a", "b"]', ["a", "b"], ["c"]),
        ("[1, 2, 3]", [2], [4]),
        ("[[1..2], [5..7]]", [1, 6], [3]),
        ("segments", ["vip", "new"], ["old"]),
        ("wished", ["vip"], ["new"]),
        ("missing", [None], ["a", 1]),
        # conditions about the value
        ("? > 3 and ? < 5", [4], [3, 5]),
        ("? = 3 or ? = 5", [3, 5], [4]),
        ("not(? > 3)", [3], [4]),
        ("not(? > 3) or ? = 9", [2, 9], [4]),
        ('contains(?, "оптом")', ["беруть оптом"], ["роздріб"]),
        ('starts with(?, "UA")', ["UA12"], ["PL12"]),
        ("? in [1..3]", [2], [4]),
        ("? in ]1..3[", [2], [3]),
        ("? between 1 and 3", [1, 3], [4]),
        ("?", [True], [False]),
        ("? * 2 > bound", [6], [5]),
        ("some s in segments satisfies s = ?", ["vip"], ["old"]),
        ('agreed, "x"', ["x", True], ["y"]),
        ("bound > 5", [1, "a", None], []),  # a condition that looks at something else
        ("bound > 50", [], [1, "a"]),
        # time
        ('date("2026-01-01")', [NEW_YEAR], [date(2026, 1, 2), None, NOON]),
        ('< date("2026-01-01")', [date(2025, 12, 31)], [NEW_YEAR]),
        ('[date("2026-01-01")..date("2026-12-31")]', [NEW_YEAR, date(2026, 6, 1)], [date(2027, 1, 1)]),
        ('@"2026-01-01"', [NEW_YEAR], [date(2026, 1, 2)]),
        ('>= date and time("2026-01-01T12:00:00Z")', [NOON], [NOON - timedelta(seconds=1)]),
        ('< time("18:00:00")', [time(17, 59)], [time(18)]),
        ('<= duration("P2D")', [timedelta(days=2)], [timedelta(days=2, seconds=1)]),
    ],
)  # fmt: skip
def test_a_cell_passes_what_it_means_and_nothing_else(cell: str, passing: list[Any], failing: list[Any]) -> None:
    assert [value for value in passing if not passes(cell, value)] == []
    assert [value for value in failing if passes(cell, value)] == []


@pytest.mark.parametrize(
    "cell",
    [
        "", " ", "> 1 and < 3", "> >", "1..3", "[1..3", "1..3]", "]1..3", "not(", "not(1", 'not("a"), "b"', "not()",
        "? + 1", "upper case(?)", "a b", '"a" "b"', '"a', "vip client", "5 %", "a -> b", "1 | 2", "-,1",
        "__class__", "?.__class__", "eval(1)", "import os", "{}", "a; b", "5,", ",5",
    ],
)  # fmt: skip
def test_what_is_no_unary_test_is_refused(cell: str) -> None:
    with pytest.raises(ExpressionRefused):
        compile_unary_tests(cell)


def test_a_cell_tells_what_it_reads_beside_its_own_value() -> None:
    assert compile_unary_tests("? > bound and wished").names == {"bound", "wished"}
    assert compile_unary_tests('"a", [1..3], not_known').names == {"not_known"}
    assert compile_unary_tests("-").names == frozenset()


@pytest.mark.parametrize(
    ("cell", "values"),
    [('"b", "a"', ("b", "a")), ("3, -1", (3, -1)), ("-", None), ("[1..3]", None), ('not("a")', None), ("a", None)],
)
def test_a_plain_list_of_values_is_known_in_its_order(cell: str, values: tuple[Any, ...] | None) -> None:
    assert compile_unary_tests(cell).values == values


def test_the_question_mark_stands_for_a_value_in_cells_only() -> None:
    from engine.bpmn.expressions import compile_expression  # noqa: PLC0415  # the other entrance

    with pytest.raises(ExpressionRefused):
        compile_expression("= ? > 5")
